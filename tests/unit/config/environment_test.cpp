#include "config/environment.hpp"
#include "config/load.hpp"

#include <filesystem>
#include <fstream>
#include <map>

#include <boost/test/unit_test.hpp>
#include <unistd.h>

using namespace cadenza;
using namespace cadenza::config;

namespace {

variables of(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

/// What a value becomes; the problem if there is one.
std::string put_in(const std::string& text, const variables& from) {
  auto value = tree::scalar(text);
  problems found;
  expand(value, from, found);
  if (!found.empty())
    return found.lines().front();
  return value.type == tree::kind::null ? "<nothing>" : value.text;
}

struct files {
  files() : path(std::filesystem::temp_directory_path() / ("cadenza-environment-test-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path);
  }
  ~files() { std::filesystem::remove_all(path); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name) << text;
    return (path / name).string();
  }
  std::filesystem::path path;
};

} // namespace

BOOST_AUTO_TEST_SUITE(environment_suite)

BOOST_AUTO_TEST_CASE(values_take_what_the_environment_has_and_else_their_default) {
  const auto env = of({{"PORT", "7000"}, {"HOST", "db"}, {"EMPTY", ""}, {"_x1", "y"}});
  for (const auto& [text, expected] : std::map<std::string, std::string>{
           {"${PORT}", "7000"},
           {"${PORT:1}", "7000"},
           {"${NONE:7833}", "7833"},
           {"${NONE:127.0.0.1:7833}", "127.0.0.1:7833"}, // the first colon ends the name
           {"$PORT", "7000"},
           {"$_x1", "y"},
           {"http://${HOST}:$PORT/x", "http://db:7000/x"},
           {"$HOST-$HOST", "db-db"},
           {"${EMPTY:1}", "<nothing>"}, // set, to nothing
           {"${NONE:\"\"}", "<nothing>"},
           {"a${NONE:\"\"}b", "ab"},
           {"pa$$word", "pa$word"},
           {"$$PORT", "$PORT"},
           {"$${PORT}", "${PORT}"},
           {"cost: 5$", "cost: 5$"},
           {"$0ne $ $-", "$0ne $ $-"},
           {"${PORT", "${PORT"},
           {"plain", "plain"},
       })
    BOOST_TEST(put_in(text, env) == expected, text << " became " << put_in(text, env));
}

BOOST_AUTO_TEST_CASE(what_the_environment_has_not_is_a_problem_unless_there_is_a_default) {
  const std::string end = " (a plain $ is written $$)";
  BOOST_TEST(put_in("x ${NONE}", of({})) == "defaults: the environment has no NONE, and no default is given: "
                                            "${NONE:default}, or ${NONE:\"\"} for an empty one" +
                                                end);
  BOOST_TEST(put_in("${NONE:}", of({})).starts_with("defaults: the environment has no NONE, and"));
  BOOST_TEST(put_in("pa$word", of({})).starts_with("defaults: the environment has no word, and"));
}

BOOST_AUTO_TEST_CASE(a_file_of_the_go_project_gets_its_ports_and_secrets_from_the_environment) {
  const files at;
  const auto base = at.write("base.yaml", R"(
services:
  frontend:
    rpc:
      port: ${FRONTEND_PORT:0}
      grpcPort: "${FRONTEND_PORT_GRPC:7833}"
      bindOnLocalHost: true
persistence:
  numHistoryShards: ${SHARDS}
  dataDirectory: ${DATA:/var/lib/cadenza}
)");
  const auto over = at.write("over.yaml", "persistence: {numHistoryShards: 8}\n");
  source from;
  from.files = {base, over};
  from.environment = of({{"FRONTEND_PORT_GRPC", "17833"}});
  const auto good = load(from);
  BOOST_REQUIRE_MESSAGE(good, (good ? std::string() : good.error().message));
  BOOST_TEST(good->values.frontend.grpc_port == 17833);
  BOOST_TEST(good->values.persistence.history_shards == 8); // what a later file replaces need not be there
  BOOST_TEST(good->values.persistence.main.rocksdb.directory == "/var/lib/cadenza/store");

  from.files = {base};
  const auto bad = load(from);
  BOOST_REQUIRE(!bad);
  BOOST_TEST(bad.error().message == base +
                                        ":9:21: the environment has no SHARDS, and no default is given: "
                                        "${SHARDS:default}, or ${SHARDS:\"\"} for an empty one (a plain $ is written "
                                        "$$)");
  from.environment = of({{"SHARDS", "many"}});
  const auto worse = load(from);
  BOOST_REQUIRE(!worse);
  BOOST_TEST(worse.error().message.find("found \"many\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(secrets_from_the_environment_stay_hidden_and_what_is_printed_loads_again) {
  const files at;
  source from;
  from.files = {at.write("base.yaml", R"(
log: {levelKey: "a$$b"}
persistence:
  datastores:
    pg: {sql: {pluginName: postgres, connectAddr: "127.0.0.1:5432", user: "${DB_USER:u}", password: "${DB_PASSWORD}"}}
)")};
  from.environment = of({{"DB_PASSWORD", "s3cr$t"}});
  const auto first = load(from);
  BOOST_REQUIRE_MESSAGE(first, (first ? std::string() : first.error().message));
  const auto text = print(*first);
  BOOST_TEST(text.find("s3cr") == std::string::npos);
  BOOST_TEST(text.find("password: \"***\"") != std::string::npos, text);
  BOOST_TEST(text.find(R"(levelKey: "a$$b")") != std::string::npos, text);
  const auto again = load_text(text);
  BOOST_REQUIRE_MESSAGE(again, (again ? std::string() : again.error().message));
  BOOST_TEST(print(*again) == text);
}

BOOST_AUTO_TEST_CASE(settings_of_the_command_line_are_taken_as_they_are) {
  source from;
  from.settings = {{"persistence.dataDirectory", "/data/$x"}};
  from.environment = of({{"x", "y"}});
  const auto got = load(from);
  BOOST_REQUIRE_MESSAGE(got, (got ? std::string() : got.error().message));
  BOOST_TEST(got->values.persistence.main.rocksdb.directory == "/data/$x/store");
}

BOOST_AUTO_TEST_SUITE_END()
