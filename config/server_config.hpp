#pragma once

#include "config/log.hpp"
#include "config/network_config.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The static configuration as the server uses it. docs/configuration.md says what each option means.
namespace cadenza::config {

struct tls_config {
  bool enabled = false;
  std::string certificate_file;
  std::string key_file;
  std::vector<std::string> authority_files;
  bool verify_host = false;
  bool require_client_certificate = false;
  std::string server_name;
};

struct frontend_config {
  std::string address;   ///< to listen on
  int grpc_port = 0;     ///< 0: any free one
  int http_port = 0;     ///< 0: any free one
  int tchannel_port = 0; ///< where clients are told to use gRPC; 0: nowhere
  std::int64_t message_bytes_max = 0;
  tls_config tls;
};

struct rocksdb_config {
  std::string directory; ///< resolved against the data directory
  bool tolerate_torn_tail = true;
  std::int64_t block_cache_bytes = 0;
  std::int64_t write_buffer_bytes = 0;
  int commit_group_max = 0;
};

struct sqlite_config {
  std::string file; ///< resolved against the data directory; empty: in memory, as it is beside a memory store
};

/// One of the databases of a store.
struct sql_database_config {
  std::string database;
  std::string address; ///< host:port, several with commas between; the directory of a socket instead of a host
  std::string user;
  std::string password;
};

struct sql_config {
  std::string plugin;                         ///< postgres, mysql, sqlite
  std::vector<sql_database_config> databases; ///< one, or those of `multipleDatabasesConfig` in their order
  int connections_max = 0;                    ///< to each of them
  std::chrono::nanoseconds connection_life{0};
  std::map<std::string, std::string> attributes;
  tls_config tls;
  std::string ssl_mode; ///< as PostgreSQL calls it; empty: by `tls`
};

struct nosql_config {
  std::string plugin;
  std::vector<std::string> hosts;
  int port = 0;
  std::string user;
  std::string password;
  std::string keyspace;
  std::string datacenter;
  int connections_per_host = 0;
  std::chrono::nanoseconds connect_timeout{0};
  std::chrono::nanoseconds timeout{0};
  std::string consistency;
  std::string serial_consistency;
  tls_config tls;
};

enum class datastore_kind { rocksdb, memory, sqlite, sql, nosql, sharded_nosql, elasticsearch, pinot };
/// As the key in the file: "rocksdb", "shardedNosql".
[[nodiscard]] std::string_view name_of(datastore_kind kind);

/// One datastore; only the member of its kind is filled.
struct datastore_config {
  std::string name;
  datastore_kind kind = datastore_kind::rocksdb;
  rocksdb_config rocksdb;
  sqlite_config sqlite;
  sql_config sql;
  nosql_config nosql;
};

struct persistence_config {
  int history_shards = 0;
  std::string data_directory;
  std::string backup_directory;
  datastore_config main;       ///< what `defaultStore` names
  datastore_config visibility; ///< what `visibilityStore` names
  std::string search_store;    ///< name of the store for searches; empty: none
  bool migrate = false;        ///< of the command line: bring the schema of a database up to date at the start
};

struct engine_config {
  int scheduler_threads = 0;        ///< 0: one per core
  std::int64_t memory_bytes = 0;    ///< 0: what the container or the machine has
  std::int64_t run_cache_bytes = 0; ///< 0: a share of that; so with the two of the store
  std::chrono::nanoseconds drain_timeout{0};
};

/// The server as one node of several.
struct node_config {
  std::string name;
  std::string address;     ///< host:port for other nodes; empty: the server is alone, and nothing else here counts
  std::string listen_host; ///< where it listens for them
  int listen_port = 0;
  std::string client_address; ///< host:port of gRPC, as others reach it
  std::string http_address;
  std::vector<std::string> roles; ///< frontend, history, matching, worker; never empty
  std::chrono::nanoseconds lease{0};
  std::chrono::nanoseconds beat{0};
  std::string certificate_file; ///< PEM; all three, or none
  std::string key_file;
  std::string authority_file;

  [[nodiscard]] bool alone() const { return address.empty(); }
};

struct chaos_config {
  bool enabled = false;
  std::chrono::nanoseconds interval{0}; ///< mean time between kills; 0: none
  std::vector<std::string> kinds;       ///< of actor; empty: all
  std::uint64_t seed = 0;               ///< 0: random
};

struct cluster_member {
  std::string name;
  bool enabled = true;
  std::int64_t initial_failover_version = 0;
  std::optional<std::int64_t> new_initial_failover_version; ///< while a group moves to other initial versions
  std::string rpc_address; ///< host:port; with the transport `actor`, where the cluster takes links
  std::string transport;   ///< grpc, tchannel, actor; that of another enabled cluster is `actor`
};

struct cluster_config {
  std::int64_t failover_version_increment = 0;
  std::string primary;
  std::string current;
  std::vector<cluster_member> members; ///< in the order of the file
  std::string redirection_policy;

  /// There is another one that takes part.
  [[nodiscard]] bool several() const {
    return std::count_if(members.begin(), members.end(), [](const auto& one) { return one.enabled; }) > 1;
  }
  /// Null: no such member.
  [[nodiscard]] const cluster_member* find(std::string_view name) const {
    const auto at = std::find_if(members.begin(), members.end(), [&](const auto& one) { return one.name == name; });
    return at == members.end() ? nullptr : &*at;
  }
};

/// Where the links of other clusters come in. Empty when the cluster is alone.
struct cluster_links_config {
  std::string listen_host;
  int port = 0;
  std::string certificate_file; ///< PEM; all three, or none
  std::string key_file;
  std::string authority_file;
};

/// One of history and visibility.
struct archival_config {
  std::string status; ///< disabled, paused, enabled
  bool readable = false;
  std::vector<std::string> providers; ///< filestore, s3store, gstorage
  bool domain_default_enabled = false;
  std::string domain_default_uri;
};

struct kafka_config {
  std::map<std::string, std::vector<std::string>> brokers_of_cluster;
  std::map<std::string, std::string> cluster_of_topic;
  tls_config tls;
};

struct dynamic_source {
  std::string file; ///< resolved against the root directory; empty: none
  std::chrono::nanoseconds poll_interval{0};
};

struct server_config {
  log::options log;
  frontend_config frontend;
  persistence_config persistence;
  engine_config engine;
  network_config network;
  node_config node;
  chaos_config chaos;
  cluster_config clusters;
  cluster_links_config cluster_links;
  archival_config history_archival;
  archival_config visibility_archival;
  kafka_config kafka;
  dynamic_source dynamic;
};

} // namespace cadenza::config
