#include "config/load.hpp"
#include "config/typed_node.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <boost/test/unit_test.hpp>
#include <unistd.h>

using namespace cadenza;
using namespace cadenza::config;
using namespace std::chrono_literals;

namespace {

loaded good(const std::string& text) {
  auto out = load_text(text, "f.yaml");
  BOOST_REQUIRE_MESSAGE(out, (out ? std::string() : out.error().message));
  return *std::move(out);
}

std::string refusal(const std::string& text) {
  const auto out = load_text(text, "f.yaml");
  BOOST_REQUIRE_MESSAGE(!out, text);
  return out.error().message;
}

struct directory {
  directory() : path(std::filesystem::temp_directory_path() / ("cadenza-load-test-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path / "config");
  }
  ~directory() { std::filesystem::remove_all(path); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path / name) << text; }
  std::filesystem::path path;
};

} // namespace

BOOST_AUTO_TEST_SUITE(load_suite)

BOOST_AUTO_TEST_CASE(without_a_file_the_defaults_run_one_node) {
  const auto c = good("").values;
  BOOST_TEST(c.frontend.address == "127.0.0.1");
  BOOST_TEST(c.frontend.grpc_port == 7833);
  BOOST_TEST(c.frontend.http_port == 8088);
  BOOST_TEST(c.frontend.message_bytes_max == 64 << 20);
  BOOST_TEST(c.persistence.history_shards == 16);
  BOOST_TEST((c.persistence.main.kind == datastore_kind::rocksdb));
  BOOST_TEST(c.persistence.main.rocksdb.directory == "data/store");
  BOOST_TEST(c.persistence.main.rocksdb.tolerate_torn_tail);
  BOOST_TEST(c.persistence.visibility.sqlite.file == "data/visibility.db");
  BOOST_TEST(c.persistence.backup_directory == "data/backups");
  BOOST_TEST(c.clusters.current == "cluster0");
  BOOST_REQUIRE(c.clusters.members.size() == 1u);
  BOOST_TEST(c.clusters.members[0].rpc_address == "127.0.0.1:7833");
  BOOST_TEST(!c.chaos.enabled);
  BOOST_TEST((c.log.minimum == log::level::info));
  BOOST_TEST(c.dynamic.file.empty());
  // What tests without a file work with is what the table says, but for memory, of which a server takes a share.
  network_config without_memory;
  without_memory.request_bytes_max = without_memory.answer_bytes_max = 0;
  BOOST_TEST((c.network == without_memory));
}

constexpr const char* written_for_cadence = R"(
log: {stdout: true, level: warning}
persistence:
  defaultStore: pg
  visibilityStore: pg-visibility
  advancedVisibilityStore: es
  numHistoryShards: 4
  datastores:
    pg:
      sql: {pluginName: postgres, databaseName: cadence, connectAddr: "127.0.0.1:5432", user: u, password: secret1,
            maxConns: 7, maxConnLifetime: "1h30m", connectAttributes: {sslmode: disable}, tls: {enabled: true, caFile: ca.pem}}
    pg-visibility:
      sql: {pluginName: postgres, connectAddr: "127.0.0.1:5432"}
    cass:
      cassandra: {hosts: "a, b", keyspace: k, connectTimeout: 2s}
    es:
      elasticsearch: {url: {scheme: http, host: "127.0.0.1:9200"}, indices: {visibility: idx}}
ringpop: {name: cadence, bootstrapMode: hosts, bootstrapHosts: ["127.0.0.1:7933"], maxJoinDuration: 30s}
services:
  frontend:
    rpc: {port: 7933, grpcPort: 17833, bindOnLocalHost: false, grpcMaxMsgSize: 33554432}
    metrics: {statsd: ~, prometheus: {timerType: histogram, listenAddress: "127.0.0.1:8000"}}
    pprof: {port: 7936}
  history:
    rpc: {port: 7934, grpcPort: 7834, bindOnLocalHost: true}
clusterGroupMetadata:
  failoverVersionIncrement: 10
  masterClusterName: dc1
  currentClusterName: dc2
  clusterGroup:
    dc1: {enabled: false, initialFailoverVersion: 0, rpcName: cadence-frontend, rpcAddress: "dc1:7833", rpcTransport: grpc}
    dc2: {enabled: true, initialFailoverVersion: 1, rpcAddress: "dc2:7833"}
dcRedirectionPolicy: {policy: noop, toDC: ""}
archival:
  history: {status: enabled, enableRead: true, provider: {filestore: {fileMode: "0666", dirMode: "0766"}}}
domainDefaults:
  archival: {history: {status: enabled, URI: "file:///tmp/a"}}
kafka:
  tls: {enabled: false}
  clusters: {test: {brokers: ["127.0.0.1:9092"]}}
  topics: {cadence.visibility: {cluster: test}}
  applications: {visibility: {topic: cadence.visibility, dlq-topic: x}}
publicClient: {hostPort: "127.0.0.1:7933"}
dynamicconfig: {client: filebased, filebased: {filepath: "dynamic.yaml", pollInterval: 10s}}
)";

BOOST_AUTO_TEST_CASE(a_file_written_for_cadence_loads) {
  const auto all = good(written_for_cadence);
  const auto& c = all.values;
  BOOST_TEST(c.frontend.address == "0.0.0.0");
  BOOST_TEST(c.frontend.grpc_port == 17833);
  BOOST_TEST(c.frontend.message_bytes_max == 33554432);
  BOOST_TEST((c.persistence.main.kind == datastore_kind::sql));
  BOOST_TEST(c.persistence.main.sql.connections_max == 7);
  BOOST_TEST((c.persistence.main.sql.connection_life == 90min));
  BOOST_TEST(c.persistence.main.sql.attributes.at("sslmode") == "disable");
  BOOST_TEST(c.persistence.main.sql.tls.authority_files == std::vector<std::string>{"ca.pem"},
             boost::test_tools::per_element());
  BOOST_TEST(c.persistence.search_store == "es");
  BOOST_TEST(c.clusters.primary == "dc1");
  BOOST_TEST(c.clusters.members[1].initial_failover_version == 1);
  BOOST_TEST(c.history_archival.status == "enabled");
  BOOST_TEST(c.history_archival.domain_default_uri == "file:///tmp/a");
  BOOST_TEST(c.kafka.cluster_of_topic.at("cadence.visibility") == "test");
  BOOST_TEST(c.dynamic.file == "dynamic.yaml");
  BOOST_TEST((c.log.minimum == log::level::warn));
  const auto has_warning = [&](const std::string& text) {
    for (const auto& line : all.warnings)
      if (line.find(text) != std::string::npos)
        return true;
    return false;
  };
  BOOST_TEST(has_warning("clusterGroupMetadata.masterClusterName is an old name"));
  BOOST_TEST(has_warning("cassandra is an old name of nosql"));
  BOOST_TEST(has_warning("dcRedirectionPolicy is an old name"));
  BOOST_TEST(has_warning("persistence.datastores.es.elasticsearch"));
  BOOST_TEST(!has_warning("persistence.datastores.pg.sql"));
}

BOOST_AUTO_TEST_CASE(an_unknown_key_is_refused_with_its_place_and_a_proposal) {
  BOOST_TEST(refusal("persistance:\n  numHistoryShards: 4\n") ==
             "f.yaml:1:1: persistance: unknown key; did you mean persistence?");
  BOOST_TEST(refusal("log:\n  colour: red\n").starts_with("f.yaml:2:11: log.colour: unknown key; known here: level, "));
  BOOST_TEST(refusal("services: {frontend: {rpc: {grpcport: 1}}}\n").find("did you mean grpcPort?") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_wrong_value_is_refused_with_what_was_expected) {
  BOOST_TEST(refusal("persistence:\n  numHistoryShards: many\n") ==
             "f.yaml:2:21: persistence.numHistoryShards: expected an integer from 1 to 16384, found \"many\"");
  BOOST_TEST(refusal("persistence: {numHistoryShards: 0}\n").find("from 1 to 16384") != std::string::npos);
  BOOST_TEST(refusal("log: {level: loud}\n").find("expected one of debug, info, warn, error, off, found \"loud\"") !=
             std::string::npos);
  BOOST_TEST(refusal("log: [1]\n") == "f.yaml:1:1: log: expected a section with keys, found a list");
  BOOST_TEST(refusal("chaos: {enabled: maybe}\n").find("expected true or false") != std::string::npos);
  BOOST_TEST(refusal("engine: {drainTimeout: 10}\n").find("expected a duration like") != std::string::npos);
  BOOST_TEST(refusal("services: {frontend: {rpc: {grpcPort: \"${NO_SUCH_PORT}\"}}}\n").find("has no NO_SUCH_PORT") !=
             std::string::npos);
  BOOST_TEST(refusal("chaos: {enabled: true, kinds: [workflow_run, gremlin]}\n").find("\"gremlin\"") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(all_problems_are_told_at_once) {
  const auto lines = refusal("log: {level: loud}\nengine: {schedulerThreads: -1}\nnope: 1\n");
  BOOST_TEST(std::count(lines.begin(), lines.end(), '\n') == 2);
}

BOOST_AUTO_TEST_CASE(options_that_contradict_each_other_are_refused) {
  for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
           {"persistence: {defaultStore: nowhere}",
            "expected the name of a datastore (memory, rocksdb, sqlite), found \"nowhere\""},
           {"persistence: {defaultStore: sqlite}", "sqlite holds visibility only"},
           {"persistence: {datastores: {a: {rocksdb: {}, memory: {}}}}", "a datastore is exactly one of"},
           {"persistence: {datastores: {a: {nosql: {keyspace: k}}}}", "hosts is needed"},
           {"persistence: {datastores: {a: {sql: {databaseName: d}}}}", "connectAddr is needed"},
           {"persistence: {datastores: {a: {sql: {useMultipleDatabases: true}}}}", "multipleDatabasesConfig is needed"},
           {"persistence: {datastores: {a: {sql: {connectAddr: \"x:1\", nShards: 3}}}}", "3 databases need"},
           {"persistence: {datastores: {a: {sql: {useMultipleDatabases: true, nShards: 3, multipleDatabasesConfig: "
            "[{connectAddr: \"x:1\", databaseName: d}]}}}}",
            "1 databases are listed"},
           {"services: {frontend: {rpc: {grpcPort: 9, http: {port: 9}}}}", "cannot share port 9"},
           {"services: {frontend: {rpc: {tls: {enabled: true}}}}", "needs certFile and keyFile"},
           {"clusterGroupMetadata: {clusterGroup: {a: {rpcAddress: \"x:1\"}}}", "cluster0 is not in clusterGroup"},
           {"clusterGroupMetadata: {clusterGroup: {cluster0: {initialFailoverVersion: 10, rpcAddress: \"x:1\"}}}",
            "expected less than failoverVersionIncrement (10), found 10"},
           {"clusterGroupMetadata: {clusterGroup: {cluster0: {rpcAddress: \"x:1\"}, b: {rpcAddress: \"y:1\"}}}",
            "another cluster has the version 0"},
           {"clusterGroupMetadata: {clusterGroup: {cluster0: {}}}", "rpcAddress is needed"},
           {"archival: {history: {enableRead: true}}", "reading needs archival enabled"},
           {"archival: {visibility: {status: enabled}}", "a provider is needed"},
           {"domainDefaults: {archival: {history: {status: enabled}}}", "URI is needed"},
           {"kafka: {topics: {t: {cluster: c}}}", "c is not in kafka.clusters"},
           {"authorization: {oauthAuthorizer: {enable: true}}", "this version does not check tokens"},
           {"services: {frontend: {rpc: {tls: {enabled: true, certFile: c, keyFile: k}}}}", "does not speak TLS"},
           {"authorization: {oauthAuthorizer: {enable: true, maxJwtTTL: 5}}", "jwtCredentials.publicKey"},
           {"{services: {frontend: {rpc: {grpcMaxMsgSize: 100MiB}}}, network: {requestBytesMax: 64MiB}}",
            "a message of rpc.grpcMaxMsgSize must fit"},
           {"chaos: {interval: 1s}", "needs chaos.enabled"}}) {
    const auto message = refusal(text);
    BOOST_TEST(message.find(expected) != std::string::npos, message);
    BOOST_TEST(message.starts_with("f.yaml:1:"), message);
  }
}

BOOST_AUTO_TEST_CASE(files_are_laid_over_each_other_as_cadence_does) {
  const directory at;
  at.write("config/base.yaml", "log: {level: info, encoding: json}\npersistence: {numHistoryShards: 4}\n");
  at.write("config/production.yaml", "log: {level: warn}\n");
  at.write("config/production_eu1.yaml", "persistence: {numHistoryShards: 8}\n");
  const auto files = files_of(at.path.string(), "config", "production", "eu1");
  BOOST_REQUIRE(files);
  BOOST_TEST(files->size() == 3u);
  source from{*files, {{"services.frontend.rpc.grpcPort", "0"}}, at.path.string()};
  const auto all = load(from);
  BOOST_REQUIRE(all);
  BOOST_TEST((all->values.log.minimum == log::level::warn));
  BOOST_TEST(all->values.log.json);
  BOOST_TEST(all->values.persistence.history_shards == 8);
  BOOST_TEST(all->values.frontend.grpc_port == 0);

  BOOST_TEST(files_of(at.path.string(), "config", "production", "")->size() == 2u);
  BOOST_TEST(files_of(at.path.string(), "config", "elsewhere", "")->size() == 1u);
  BOOST_TEST(!files_of(at.path.string(), "nowhere", "production", ""));

  at.write("config/production_eu1.yaml", "persistence: {numHistoryShards: x}\n");
  const auto failed = load(from);
  BOOST_REQUIRE(!failed);
  BOOST_TEST(failed.error().message.find("production_eu1.yaml:1:33: persistence.numHistoryShards") != std::string::npos,
             failed.error().message);

  from.settings = {{"services.frontend.rpc.grpcPort", "x"}};
  from.files = {};
  BOOST_TEST(load(from).error().message.starts_with("command line:1:1: services.frontend.rpc.grpcPort: expected"));
}

BOOST_AUTO_TEST_CASE(what_is_printed_loads_to_the_same_configuration) {
  const std::string text = "persistence:\n  defaultStore: own\n  datastores:\n    own:\n      sql:\n"
                           "        connectAddr: \"h:1\"\n        password: hush\nlog: {level: debug}\n";
  const auto printed = print(good(text));
  BOOST_TEST(printed.find("hush") == std::string::npos);
  BOOST_TEST(printed.find("level: debug") != std::string::npos);
  BOOST_TEST(printed.find("grpcPort: 7833") != std::string::npos);
  BOOST_TEST(print(good(printed)) == printed);
}

BOOST_AUTO_TEST_CASE(several_databases_come_in_their_order) {
  const auto c = good("persistence:\n  defaultStore: pg\n  datastores:\n    pg:\n      sql:\n"
                      "        useMultipleDatabases: true\n        nShards: 2\n        multipleDatabasesConfig:\n"
                      "        - {connectAddr: \"a:1\", databaseName: one, user: u, password: p}\n"
                      "        - {connectAddr: \"b:2,c:3\", databaseName: two}\n")
                     .values.persistence.main.sql;
  BOOST_TEST_REQUIRE(c.databases.size() == 2U);
  BOOST_TEST(c.databases[0].address == "a:1");
  BOOST_TEST(c.databases[0].user == "u");
  BOOST_TEST(c.databases[0].password == "p");
  BOOST_TEST(c.databases[1].address == "b:2,c:3");
  BOOST_TEST(c.databases[1].database == "two");
  BOOST_TEST(c.connections_max == 20);
}

BOOST_AUTO_TEST_CASE(a_password_is_read_from_its_file) {
  const directory at;
  at.write("password", "hush\nand what else stands there\n");
  const std::string text = "persistence: {defaultStore: pg, datastores: {pg: {sql: {connectAddr: \"h:1\", ";
  const auto read = good(text + "passwordFile: \"" + at.path.string() + "/password\"}}}}\n");
  BOOST_TEST(read.values.persistence.main.sql.databases.at(0).password == "hush");
  BOOST_TEST(print(read).find("hush") == std::string::npos);
  const auto both = load_text(text + "password: p, passwordFile: \"" + at.path.string() + "/password\"}}}}\n");
  BOOST_REQUIRE(!both);
  BOOST_TEST(both.error().message.find("passwordFile: password is given, too") != std::string::npos);
  BOOST_TEST(!load_text(text + "passwordFile: \"" + at.path.string() + "/none\"}}}}\n"));
}

BOOST_AUTO_TEST_CASE(lists_are_in_memory_beside_a_store_in_memory) {
  const auto c = good("persistence: {defaultStore: memory}\n").values;
  BOOST_TEST((c.persistence.main.kind == datastore_kind::memory));
  BOOST_TEST(c.persistence.visibility.sqlite.file.empty());
}

BOOST_AUTO_TEST_CASE(a_reload_tells_what_takes_effect_and_what_waits_for_a_restart) {
  const auto before = good("log: {level: info}\npersistence: {numHistoryShards: 4}\n");
  const auto after = good("log: {level: warn}\npersistence: {numHistoryShards: 8}\n");
  const auto found = changes(before, after);
  BOOST_REQUIRE(found.size() == 2u);
  BOOST_TEST(found[0].path == "log.level");
  BOOST_TEST(found[0].reloadable);
  BOOST_TEST(found[1].path == "persistence.numHistoryShards");
  BOOST_TEST(!found[1].reloadable);
  BOOST_TEST(changes(before, before).empty());
}

BOOST_AUTO_TEST_CASE(every_option_said_to_have_an_effect_is_read) {
  const auto document = parse_yaml("persistence: {datastores: {a: {rocksdb: {}}, b: {sqlite: {}}, c: {memory: {}},\n"
                                   "  d: {sql: {connectAddr: \"x:1\"}},\n"
                                   "  e: {sql: {useMultipleDatabases: true, multipleDatabasesConfig:\n"
                                   "    [{connectAddr: \"x:1\", databaseName: one}]}}}}\n"
                                   "clusterGroupMetadata: {clusterGroup: {cluster0: {rpcAddress: \"x:1\"}}}\n",
                                   "f.yaml");
  BOOST_REQUIRE(document);
  problems found;
  trace asked;
  static_cast<void>(typed(*document, ".", found, &asked));
  BOOST_TEST(found.empty());
  for (const auto& o : options())
    if (o.effect == option_effect::active && o.kind != option_kind::anything)
      BOOST_TEST(asked.contains(&o), o.path);
  for (const auto* o : asked)
    BOOST_TEST((o->effect != option_effect::inert), o->path);
}

BOOST_AUTO_TEST_CASE(defaults_of_the_table_are_valid_values) {
  for (const auto& o : options())
    if (!o.fallback.empty())
      BOOST_TEST(is_valid(o, o.fallback), o.path);
}

BOOST_AUTO_TEST_CASE(a_node_has_an_address_and_everything_else_follows_from_it) {
  const std::string store = "persistence: {defaultStore: pg, datastores: {pg: {sql: {connectAddr: 'db:5432', "
                            "databaseName: v}}}}\n";
  BOOST_TEST(good("").values.node.alone());
  const auto node = good(store + "node: {address: 'a.example:7900'}\n").values.node;
  BOOST_TEST(!node.alone());
  BOOST_TEST(node.name == "a.example:7900");
  BOOST_TEST(node.listen_host == "a.example");
  BOOST_TEST(node.listen_port == 7900);
  BOOST_TEST(node.client_address == "a.example:7833");
  BOOST_TEST(node.http_address == "a.example:8088");
  BOOST_TEST(node.roles.size() == 4u);
  BOOST_TEST((node.lease == 5s && node.beat == 1s));
  const auto other = good(store + "node: {address: 'a:7900', name: n1, bindAddress: ':7901', clientAddress: 'lb:443', "
                                  "lease: 9s, beat: 3s}\n")
                         .values.node;
  BOOST_TEST(other.name == "n1");
  BOOST_TEST(other.listen_host == "0.0.0.0");
  BOOST_TEST(other.listen_port == 7901);
  BOOST_TEST(other.client_address == "lb:443");
  BOOST_TEST(other.http_address == "lb:8088");
}

BOOST_AUTO_TEST_CASE(roles_of_a_node_are_the_services_of_the_file) {
  const std::string node = "persistence: {defaultStore: pg, datastores: {pg: {sql: {connectAddr: 'db:5432', "
                           "databaseName: v}}}}\nnode: {address: 'a:7900'}\n";
  const auto some = good(node + "services: {history: {rpc: {port: 7934}}}\n").values.node.roles;
  BOOST_TEST((some == std::vector<std::string>{"frontend", "history"}));
  BOOST_TEST(good(node + "services: {frontend: {rpc: {grpcPort: 7000}}}\n").values.node.roles.size() == 4u);
  BOOST_TEST(
      refusal(node + "services: {histroy: {rpc: {port: 7934}}}\n").find("services.histroy: a node has no such role") !=
      std::string::npos);
  BOOST_TEST((*roles_of({"frontend,history", "frontend"}) == std::vector<std::string>{"frontend", "history"}));
  BOOST_TEST(roles_of({})->size() == 4u);
  BOOST_TEST(roles_of({"matching,wroker"}).error().message.find("no service \"wroker\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_a_node_cannot_be_is_refused_with_the_reason) {
  const std::string store = "persistence: {defaultStore: pg, datastores: {pg: {sql: {connectAddr: 'db:5432', "
                            "databaseName: v}}}}\n";
  const auto says = [](const std::string& text, const std::string& part) {
    const auto why = refusal(text);
    BOOST_TEST(why.find(part) != std::string::npos, why);
  };
  says("node: {address: 'a:7900'}\n", "several nodes share one store, and rocksdb (rocksdb) belongs to one process");
  says("node: {address: 'a:7900'}\npersistence: {defaultStore: memory}\n", "memory (memory) belongs to one process");
  says("node: {name: n1}\n", "node.name: needs node.address");
  says(store + "node: {address: ':7900'}\n", "node.address: other nodes need a host");
  says(store + "node: {address: 'a:7900', beat: 2s}\n", "node.beat: expected a third of node.lease (5s) at most");
  says(store + "node: {address: 'a:7900', tls: {certFile: a.pem}}\n", "certFile, keyFile and caFile belong together");
  says(store + "node: {address: 'a:7833'}\n", "gRPC listens at port 7833 already");
  says(store + "node: {address: 'a:7900'}\nservices: {frontend: {rpc: {grpcPort: 0}}}\n",
       "services.frontend.rpc.grpcPort: a node tells others where it listens");
}

BOOST_AUTO_TEST_SUITE_END()
