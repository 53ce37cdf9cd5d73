#include "config/load.hpp"
#include "config/typed_clusters.hpp"
#include "config/typed_node.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>

namespace cadenza::config {

namespace {

constexpr std::array<std::string_view, 8> datastore_names{"rocksdb", "memory",       "sqlite",        "sql",
                                                          "nosql",   "shardedNosql", "elasticsearch", "pinot"};

std::string below(const std::string& directory, const std::string& path) {
  return (std::filesystem::path(directory) / path).lexically_normal().string();
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out;
  std::string item;
  for (const char c : text + ',') {
    if (c != ',') {
      if (c != ' ')
        item += c;
    } else if (!item.empty()) {
      out.push_back(std::exchange(item, {}));
    }
  }
  return out;
}

tls_config tls_of(const reader& from, problems& out, bool server) {
  tls_config tls{from.flag("enabled"),
                 from.text("certFile"),
                 from.text("keyFile"),
                 from.list("caFiles"),
                 from.flag("enableHostVerification"),
                 from.flag("requireClientAuth"),
                 from.text("serverName")};
  if (const auto one = from.text("caFile"); !one.empty())
    tls.authority_files.push_back(one);
  if (tls.enabled && server && (tls.certificate_file.empty() || tls.key_file.empty()))
    out.add(fmt::format("{}: a server that speaks TLS needs certFile and keyFile", from.where()));
  if (tls.certificate_file.empty() != tls.key_file.empty())
    out.add(fmt::format("{}: certFile and keyFile belong together", from.where()));
  return tls;
}

log::options log_of(const reader& from) {
  log::options out;
  out.minimum = log::level_of(from.text("level")).value();
  out.standard_output = from.flag("stdout");
  out.file = from.text("outputFile");
  out.json = from.text("encoding") == "json";
  out.level_key = from.text("levelKey");
  out.file_bytes_max = static_cast<std::uint64_t>(from.bytes("rotateBytes"));
  out.files_kept_max = from.small("rotateKeep");
  return out;
}

frontend_config frontend_of(const reader& from, problems& out) {
  frontend_config frontend;
  frontend.grpc_port = from.small("rpc.grpcPort");
  frontend.http_port = from.small("rpc.http.port");
  frontend.tchannel_port = from.small("rpc.port");
  frontend.message_bytes_max = from.bytes("rpc.grpcMaxMsgSize");
  const bool local = from.flag("rpc.bindOnLocalHost");
  frontend.address = from.text("rpc.bindOnIP");
  if (frontend.address.empty())
    frontend.address = local ? "127.0.0.1" : "0.0.0.0";
  frontend.tls = tls_of(from.at("rpc.tls"), out, true);
  // Ignoring it would leave open what was meant to be closed.
  if (frontend.tls.enabled || from.flag("rpc.http.tls.enabled"))
    out.add(fmt::format("{}: this version does not speak TLS", from.where("rpc")));
  if (frontend.grpc_port != 0 && frontend.grpc_port == frontend.http_port)
    out.add(fmt::format("{}: gRPC and HTTP cannot share port {}", from.where("rpc.http.port"), frontend.http_port));
  return frontend;
}

network_config network_of(const reader& from, const frontend_config& frontend, problems& out) {
  network_config n;
  n.message_bytes_max = frontend.message_bytes_max;
  n.loops = from.small("loops");
  n.connections_max = from.small("connectionsMax");
  n.connections_per_address_max = from.small("connectionsPerAddressMax");
  n.connects_per_address = from.small("connectsPerAddress");
  n.calls_max = from.small("callsMax");
  n.calls_per_address_max = from.small("callsPerAddressMax");
  n.calls_per_connection_max = from.small("callsPerConnectionMax");
  n.http_body_bytes_max = from.bytes("httpBodyBytesMax");
  n.header_bytes_max = from.bytes("headerBytesMax");
  n.request_bytes_max = from.bytes("requestBytesMax");
  n.request_bytes_per_connection = from.bytes("requestBytesPerConnection");
  n.answer_bytes_max = from.bytes("answerBytesMax");
  n.answer_bytes_per_connection = from.bytes("answerBytesPerConnection");
  n.handshake_timeout = from.duration("handshakeTimeout");
  n.header_timeout = from.duration("headerTimeout");
  n.request_timeout = from.duration("requestTimeout");
  n.write_timeout = from.duration("writeTimeout");
  n.idle_timeout = from.duration("idleTimeout");
  n.keepalive_interval = from.duration("keepaliveInterval");
  n.keepalive_timeout = from.duration("keepaliveTimeout");
  n.resets_burst = from.small("resetsBurst");
  n.resets_per_second = from.small("resetsPerSecond");
  n.control_frames_burst = from.small("controlFramesBurst");
  n.control_frames_per_second = from.small("controlFramesPerSecond");
  n.offender_hold = from.duration("offenderHold");
  for (const auto& [option, bytes] :
       {std::pair("requestBytesMax", n.request_bytes_max), {"answerBytesMax", n.answer_bytes_max}})
    if (bytes != 0 && bytes < n.message_bytes_max)
      out.add(fmt::format("{}: a message of rpc.grpcMaxMsgSize must fit", from.where(option)));
  return n;
}

/// The password itself, or the first line of a file that has it.
std::string password_of(const reader& from, problems& out) {
  auto password = from.text("password");
  const auto file = from.text("passwordFile");
  if (file.empty())
    return password;
  if (!password.empty()) {
    out.add(fmt::format("{}: password is given, too", from.where("passwordFile")));
    return password;
  }
  const auto content = read_text_file(file);
  if (!content) {
    out.add(fmt::format("{}: {}", from.where("passwordFile"), content.error().message));
    return password;
  }
  return content->substr(0, content->find_first_of("\r\n"));
}

sql_config sql_of(const reader& from, problems& out) {
  sql_config sql;
  sql.plugin = from.text("pluginName");
  sql.connections_max = from.small("maxConns");
  sql.connection_life = from.duration("maxConnLifetime");
  sql.attributes = from.map("connectAttributes");
  const auto tls = from.at("tls");
  sql.tls.enabled = tls.flag("enabled");
  sql.tls.certificate_file = tls.text("certFile");
  sql.tls.key_file = tls.text("keyFile");
  sql.tls.authority_files = tls.list("caFiles");
  if (const auto one = tls.text("caFile"); !one.empty())
    sql.tls.authority_files.push_back(one);
  sql.tls.verify_host = tls.flag("enableHostVerification");
  sql.ssl_mode = tls.text("sslmode");
  if (sql.tls.authority_files.size() > 1)
    out.add(fmt::format("{}: one file of authorities is taken; it may hold several", tls.where("caFiles")));
  if (sql.tls.certificate_file.empty() != sql.tls.key_file.empty())
    out.add(fmt::format("{}: certFile and keyFile belong together", tls.where()));
  const sql_database_config only{from.text("databaseName"), from.text("connectAddr"), from.text("user"),
                                 password_of(from, out)};
  const int count = from.small("nShards");
  if (!from.flag("useMultipleDatabases")) {
    sql.databases.push_back(only);
    if (sql.plugin != "sqlite" && only.address.empty())
      out.add(fmt::format("{}: connectAddr is needed", from.where()));
    if (count > 1)
      out.add(fmt::format("{}: {} databases need useMultipleDatabases", from.where("nShards"), count));
    return sql;
  }
  for (const auto& one : from.at("multipleDatabasesConfig").items()) {
    sql.databases.push_back(
        {one.text("databaseName"), one.text("connectAddr"), one.text("user"), one.text("password")});
    if (one.text("connectAddr").empty() || one.text("databaseName").empty())
      out.add(fmt::format("{}: connectAddr and databaseName are needed", one.where()));
  }
  if (sql.databases.empty())
    out.add(fmt::format("{}: multipleDatabasesConfig is needed", from.where("useMultipleDatabases")));
  else if (from.given("nShards") && static_cast<std::size_t>(count) != sql.databases.size())
    out.add(fmt::format("{}: {} databases are listed", from.where("nShards"), sql.databases.size()));
  return sql;
}

nosql_config nosql_of(const reader& from, problems& out) {
  nosql_config nosql{from.text("pluginName"),
                     split(from.text("hosts")),
                     from.small("port"),
                     from.text("user"),
                     from.text("password"),
                     from.text("keyspace"),
                     from.text("datacenter"),
                     from.small("maxConns"),
                     from.duration("connectTimeout"),
                     from.duration("timeout"),
                     from.text("consistency"),
                     from.text("serialConsistency"),
                     tls_of(from.at("tls"), out, false)};
  if (nosql.hosts.empty())
    out.add(fmt::format("{}: hosts is needed", from.where()));
  return nosql;
}

/// `from` is null for the stores that exist without being declared.
datastore_config datastore_of(const std::string& name, datastore_kind kind, const reader& from, const std::string& data,
                              problems& out) {
  datastore_config store;
  store.name = name;
  store.kind = kind;
  switch (kind) {
  case datastore_kind::rocksdb: {
    const auto section = from.at("rocksdb");
    store.rocksdb = {below(data, section.text("path")), section.text("walRecovery") == "tolerate-torn-tail",
                     section.bytes("blockCacheBytes"), section.bytes("writeBufferBytes"),
                     section.small("commitGroupMax")};
    break;
  }
  case datastore_kind::sqlite: store.sqlite = {below(data, from.at("sqlite").text("path"))}; break;
  case datastore_kind::sql: store.sql = sql_of(from.at("sql"), out); break;
  case datastore_kind::nosql: store.nosql = nosql_of(from.at("nosql"), out); break;
  case datastore_kind::memory:
  case datastore_kind::sharded_nosql:
  case datastore_kind::elasticsearch:
  case datastore_kind::pinot: break;
  }
  return store;
}

std::map<std::string, datastore_config> datastores_of(const reader& from, const std::string& data, problems& out) {
  std::map<std::string, datastore_config> all;
  const auto section = from.at("datastores");
  for (const auto& [name, store] : section.named()) {
    std::vector<std::size_t> kinds;
    for (std::size_t i = 0; i < datastore_names.size(); ++i)
      if (store.given(datastore_names[i]))
        kinds.push_back(i);
    if (kinds.size() != 1) {
      out.add(fmt::format("{}: a datastore is exactly one of {}", store.where(), fmt::join(datastore_names, ", ")));
      continue;
    }
    all.emplace(name, datastore_of(name, static_cast<datastore_kind>(kinds.front()), store, data, out));
  }
  const tree nothing;
  const auto undeclared = reader(nothing).at("persistence.datastores.undeclared");
  for (const auto kind : {datastore_kind::rocksdb, datastore_kind::memory, datastore_kind::sqlite}) {
    const std::string name(name_of(kind));
    if (!all.contains(name))
      all.emplace(name, datastore_of(name, kind, undeclared, data, out));
  }
  return all;
}

persistence_config persistence_of(const reader& from, problems& out) {
  persistence_config persistence;
  persistence.history_shards = from.small("numHistoryShards");
  persistence.data_directory = from.text("dataDirectory");
  persistence.backup_directory = from.text("backupDirectory");
  if (persistence.backup_directory.empty())
    persistence.backup_directory = below(persistence.data_directory, "backups");
  const auto all = datastores_of(from, persistence.data_directory, out);
  const auto pick = [&](std::string_view key) {
    const auto name = from.text(key);
    if (const auto i = all.find(name); i != all.end())
      return i->second;
    std::vector<std::string> known;
    for (const auto& [has, ignored] : all)
      known.push_back(has);
    out.add(fmt::format("{}: expected the name of a datastore ({}), found \"{}\"", from.where(key),
                        fmt::join(known, ", "), name));
    return datastore_config{};
  };
  persistence.main = pick("defaultStore");
  persistence.search_store = from.text("advancedVisibilityStore");
  if (!persistence.search_store.empty())
    static_cast<void>(pick("advancedVisibilityStore"));
  // Cadence's files empty this one when only the search store is used.
  if (!from.text("visibilityStore").empty())
    persistence.visibility = pick("visibilityStore");
  else if (persistence.search_store.empty())
    out.add(fmt::format("{}: expected the name of a datastore, found none", from.where("visibilityStore")));
  // Lists that outlive what they list would be wrong lists.
  if (persistence.main.kind == datastore_kind::memory && persistence.visibility.kind == datastore_kind::sqlite)
    persistence.visibility.sqlite.file.clear();
  if (persistence.main.kind == datastore_kind::sqlite)
    out.add(fmt::format("{}: sqlite holds visibility only", from.where("defaultStore")));
  return persistence;
}

archival_config archival_of(const reader& from, const reader& defaults, problems& out) {
  archival_config archival;
  archival.status = from.text("status");
  archival.readable = from.flag("enableRead");
  for (const std::string_view name : {"filestore", "s3store", "gstorage"})
    if (from.given(fmt::format("provider.{}", name)))
      archival.providers.emplace_back(name);
  archival.domain_default_enabled = defaults.text("status") == "enabled";
  archival.domain_default_uri = defaults.text("URI");
  if (archival.status == "disabled" && archival.readable)
    out.add(fmt::format("{}: reading needs archival enabled", from.where("enableRead")));
  if (archival.status != "disabled" && archival.providers.empty())
    out.add(fmt::format("{}: a provider is needed", from.where("status")));
  if (archival.domain_default_enabled && archival.domain_default_uri.empty())
    out.add(fmt::format("{}: URI is needed", defaults.where("status")));
  return archival;
}

kafka_config kafka_of(const reader& from, problems& out) {
  kafka_config kafka;
  for (const auto& [name, cluster] : from.at("clusters").named())
    kafka.brokers_of_cluster[name] = cluster.list("brokers");
  for (const auto& [name, topic] : from.at("topics").named()) {
    const auto cluster = topic.text("cluster");
    if (!kafka.brokers_of_cluster.contains(cluster))
      out.add(fmt::format("{}: {} is not in kafka.clusters", topic.where("cluster"), cluster));
    kafka.cluster_of_topic[name] = cluster;
  }
  kafka.tls = tls_of(from.at("tls"), out, false);
  return kafka;
}

void check_authorization(const reader& from, problems& out) {
  if (!from.flag("oauthAuthorizer.enable"))
    return;
  out.add(fmt::format("{}: this version does not check tokens", from.where("oauthAuthorizer.enable")));
  if (from.flag("noopAuthorizer.enable"))
    out.add(fmt::format("{}: only one authorizer can be enabled", from.where()));
  if (from.integer("oauthAuthorizer.maxJwtTTL") == 0)
    out.add(fmt::format("{}: expected more than 0", from.where("oauthAuthorizer.maxJwtTTL")));
  if (from.text("oauthAuthorizer.jwtCredentials.publicKey").empty() &&
      from.text("oauthAuthorizer.provider.jwksURL").empty())
    out.add(fmt::format("{}: jwtCredentials.publicKey or provider.jwksURL is needed", from.where("oauthAuthorizer")));
}

} // namespace

std::string_view name_of(datastore_kind kind) { return datastore_names[static_cast<std::size_t>(kind)]; }

server_config typed(const tree& document, const std::string& root, problems& out, trace* asked) {
  const reader all(document, asked);
  server_config values;
  values.log = log_of(all.at("log"));
  values.frontend = frontend_of(all.at("services.frontend"), out);
  values.persistence = persistence_of(all.at("persistence"), out);
  const auto engine = all.at("engine");
  values.engine = {engine.small("schedulerThreads"), engine.bytes("memoryBytes"), engine.bytes("runCacheBytes"),
                   engine.duration("drainTimeout")};
  values.network = network_of(all.at("network"), values.frontend, out);
  values.node = node_of(all, values, out);
  const auto chaos = all.at("chaos");
  values.chaos = {chaos.flag("enabled"), chaos.duration("interval"), chaos.list("kinds"),
                  static_cast<std::uint64_t>(chaos.integer("seed"))};
  if (!values.chaos.enabled && values.chaos.interval.count() > 0)
    out.add(fmt::format("{}: needs chaos.enabled: true", chaos.where("interval")));
  values.clusters = clusters_of(all.at("clusterGroupMetadata"), values.frontend, out);
  values.cluster_links = cluster_links_of(all, values, out);
  values.history_archival = archival_of(all.at("archival.history"), all.at("domainDefaults.archival.history"), out);
  values.visibility_archival =
      archival_of(all.at("archival.visibility"), all.at("domainDefaults.archival.visibility"), out);
  values.kafka = kafka_of(all.at("kafka"), out);
  check_authorization(all.at("authorization"), out);
  const auto dynamic = all.at("dynamicconfig");
  if (dynamic.text("client") != "nop")
    if (const auto file = dynamic.text("filebased.filepath"); !file.empty())
      values.dynamic.file = below(root, file);
  values.dynamic.poll_interval = dynamic.duration("filebased.pollInterval");
  return values;
}

} // namespace cadenza::config
