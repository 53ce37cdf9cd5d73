#pragma once

#include "messages/uuid.hpp"
#include "storage/result.hpp"

#include <cstdint>
#include <string>

namespace cadenza::storage {

/// One change of the domain table: exactly one domain, and the table's notification version goes up by one.
struct domain_transaction {
  std::int64_t expected_notification_version = 0;
  enum class kind { create, update, remove } operation = kind::create;
  uuid id;
  std::string name;
  std::string value; ///< record.v1.DomainRow; its notification_version is expected_notification_version
};

struct domain_row {
  uuid id;
  std::string name;
  std::string value; ///< record.v1.DomainRow
};

/// Appends to a cluster-wide queue (domain replication and its dead letters). The store gives the message id: 1 for the
/// first, then one more each; trimming does not bring ids back.
struct queue_append {
  int queue = 0; ///< 1 domain replication, -1 its dead letters; other numbers are free
  std::string payload;
};

struct queue_row {
  std::int64_t message_id = 0;
  std::string payload;
};

/// How far a cluster has read a queue: every message with an id up to `level` is done there.
struct queue_ack {
  int queue = 0;
  std::string cluster;
  std::int64_t level = 0;
};

/// Writes version `expected_version` + 1 of a cluster-wide document. Condition: the highest stored is
/// `expected_version`.
struct document_write {
  int document = 0; ///< 0 dynamic configuration, 1 isolation groups, 2 operational configuration, 3 cluster row
  std::int64_t expected_version = 0;
  std::string value; ///< record.v1.ConfigRow, or ClusterRow for document 3
};

/// What a node says of itself to the others, and until when that counts. The store does not look at the time: whoever
/// reads a lease does.
struct node_lease {
  std::string node; ///< name of the node, unique in the cluster
  std::int64_t version = 0;
  std::int64_t expires_ns = 0;
  std::string value; ///< record.v1.NodeLease
};

/// Writes or drops the lease of one node, whose version goes up by one. Condition: the stored version is
/// `expected_version`, 0 when there is no lease.
struct lease_write {
  std::string node;
  std::int64_t expected_version = 0;
  std::int64_t expires_ns = 0;
  std::string value;
  bool drop = false; ///< the lease goes; its version begins anew with the next one
};

/// Something an operator or the system did that is to be told later.
struct audit_row {
  uuid domain_id; ///< of what it was done to; all zeros: the whole cluster
  std::int64_t at_ns = 0;
  uuid id;           ///< tells entries of one moment apart
  std::string value; ///< record.v1.AuditEntry
};

/// A stretch of the audit of one domain, newest first.
struct audit_query {
  uuid domain_id;
  std::int64_t from_ns = 0;
  std::int64_t to_ns = INT64_MAX; ///< exclusive
  int limit = 1000;
  std::string page;
};

/// A version of the schema, or data format, that the store has had. The newest is the one it has.
struct schema_row {
  int version = 0;
  std::int64_t since_ns = 0; ///< unix time; 0: not known
  std::string by;            ///< the program that made it so
};

/// What the whole cluster shares. Commits of the domain table, of one queue, of one document and of one node's lease
/// take effect, and are answered, in the order of their calls; others in any.
class cluster_store {
public:
  virtual ~cluster_store() = default;

  virtual void commit(domain_transaction tx, done<commit_result> cb) = 0;
  /// In order of their ids. The pages are not of one moment: whoever needs that reads the version before and after.
  virtual void read_domains(std::string page, int limit, done<cadenza::storage::page<domain_row>> cb) = 0;
  virtual void read_domain_version(done<read_result<std::int64_t>> cb) = 0; ///< notification version, 0 at first

  virtual void append(queue_append message, done<commit_result> cb) = 0; ///< current_value: the message id given
  virtual void read_queue(int queue, std::int64_t after, int limit, done<page<queue_row>> cb) = 0;
  virtual void trim_queue(int queue, std::int64_t up_to, done<commit_result> cb) = 0;
  /// Raises a cluster's level; one that is not above the stored one changes nothing.
  virtual void acknowledge(queue_ack ack, done<commit_result> cb) = 0;
  virtual void read_acks(int queue, done<page<queue_ack>> cb) = 0; ///< by cluster, all of them

  virtual void write_document(document_write write, done<commit_result> cb) = 0;
  virtual void read_document(int document, done<read_result<std::string>> cb) = 0; ///< highest version

  virtual void write_lease(lease_write write, done<commit_result> cb) = 0;
  virtual void read_leases(done<page<node_lease>> cb) = 0; ///< by node, all of them

  virtual void append_audit(audit_row row, done<commit_result> cb) = 0;
  virtual void read_audit(audit_query query, done<page<audit_row>> cb) = 0;
  /// Drops entries of a domain with at_ns < before_ns. Idempotent.
  virtual void trim_audit(uuid domain_id, std::int64_t before_ns, done<commit_result> cb) = 0;

  virtual void read_schema(done<page<schema_row>> cb) = 0; ///< oldest first
};

} // namespace cadenza::storage
