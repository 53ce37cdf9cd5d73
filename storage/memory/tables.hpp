#pragma once

#include "storage/store.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

namespace cadenza::storage::memory {

/// Number or text of a pending row, whichever its kind is keyed by.
struct pending_key {
  pending_kind kind{};
  std::int64_t number = 0;
  std::string text;
  auto operator<=>(const pending_key&) const = default;

  static pending_key of(const pending_row& row) {
    const bool by_text = row.kind == pending_kind::timer || row.kind == pending_kind::signal_requested;
    return by_text ? pending_key{row.kind, 0, row.text} : pending_key{row.kind, row.number, {}};
  }
};

struct run_entry {
  std::int64_t version = 0;
  std::string header;
  std::string fixed;
  std::map<pending_key, std::string> pending;
};

/// Nodes of one branch: by first event id, and at the same event id the newest transaction first.
struct node_key {
  std::int64_t first_event_id = 0;
  std::int64_t txn_id = 0;

  bool operator<(const node_key& other) const {
    return first_event_id != other.first_event_id ? first_event_id < other.first_event_id : txn_id > other.txn_id;
  }
};

struct request_key {
  workflow_key workflow;
  request_kind kind{};
  std::int64_t version = 0;
  std::string request_id;
  auto operator<=>(const request_key&) const = default;

  static request_key of(const request_write& w) { return {w.workflow, w.kind, w.version, w.request_id}; }
};

struct request_entry {
  uuid run_id;
  std::int64_t expires_ns = 0;
};

struct tree_entry {
  std::int64_t version = 0;
  std::map<uuid, std::string> branches;
};

struct shard_tables {
  std::int64_t range_id = 0; ///< 0: there is no such shard
  std::string value;
  std::map<workflow_key, current_row> current;
  std::map<run_key, run_entry> runs;
  std::map<std::pair<uuid, uuid>, std::map<node_key, std::string>> nodes;
  std::map<uuid, tree_entry> trees;
  std::map<std::int64_t, std::string> transfer;
  std::map<std::pair<std::int64_t, std::int64_t>, std::string> timers;
  std::map<std::int64_t, std::string> replication;
  std::map<request_key, request_entry> requests;
};

struct task_list_tables {
  std::int64_t range_id = 0;
  std::string row;
  std::map<std::int64_t, std::string> tasks;
};

struct queue_tables {
  std::int64_t last_id = 0;
  std::map<std::int64_t, std::string> messages;
};

struct document_entry {
  std::int64_t version = 0;
  std::string value;
};

/// The newest entry of a domain sorts first.
struct audit_key {
  uuid domain_id;
  std::int64_t at_ns = 0;
  uuid id;

  bool operator<(const audit_key& other) const {
    if (domain_id != other.domain_id)
      return domain_id < other.domain_id;
    return at_ns != other.at_ns ? at_ns > other.at_ns : id < other.id;
  }
};

/// Every table of the store and the rules of what a transaction does to them: plain code without threads.
class tables {
public:
  commit_result apply(shard_transaction& tx);
  commit_result apply(shard_update& update);
  commit_result apply(const history_removal& what);
  commit_result apply(const shard_cleanup& what);
  commit_result apply(task_list_transaction& tx);
  commit_result apply(domain_transaction& tx);
  commit_result apply(queue_append& message);
  commit_result trim(int queue, std::int64_t up_to);
  commit_result apply(document_write& write);
  commit_result apply(lease_write& write);
  /// Writes the nodes of history of a transaction, and nothing else of it.
  void leave_history(const shard_transaction& tx);

  std::unordered_map<int, shard_tables> shards;
  std::map<task_list_key, task_list_tables> task_lists;
  std::map<uuid, domain_row> domains;
  std::map<std::string, uuid> domain_names;
  std::int64_t domain_version = 0;
  std::map<int, queue_tables> queues;
  std::map<int, document_entry> documents;
  std::map<std::pair<int, std::string>, std::map<std::int64_t, std::string>> dead_letters; ///< by shard and cluster
  std::map<std::pair<int, std::string>, std::int64_t> acks;                                ///< by queue and cluster
  std::map<std::string, node_lease> leases;
  std::map<audit_key, std::string> audit;
};

} // namespace cadenza::storage::memory
