#include "server/configuration.hpp"

#include "server/serve.hpp"
#include "tests/unit/server/support.hpp"

#include <sstream>

using namespace cadenza;

namespace {

/// What `server start --check-config` says of a configuration.
struct checked {
  explicit checked(const std::string& text, bool strict = false, const std::string& dynamic = {}) {
    const load::scratch_directory directory;
    std::ofstream(directory.path() + "/dynamic.yaml") << dynamic;
    std::ofstream(directory.path() + "/config.yaml") << text;
    cli::server_options options;
    options.root = directory.path();
    options.config_file = directory.path() + "/config.yaml";
    options.check_config = true;
    options.strict = strict;
    std::ostringstream written;
    std::ostringstream told;
    code = serve(options, written, told);
    out = written.str();
    err = told.str();
  }
  [[nodiscard]] bool says(const std::string& text) const { return err.find(text) != std::string::npos; }
  int code = 0;
  std::string out;
  std::string err;
};

const std::string stores = "persistence:\n"
                           "  datastores:\n"
                           "    pg: {sql: {pluginName: postgres, connectAddr: 'db:5432', databaseName: v, user: u}}\n"
                           "    my: {sql: {pluginName: mysql, connectAddr: 'db:3306', databaseName: v, user: u}}\n"
                           "    es: {elasticsearch: {url: {scheme: http, host: 'es:9200'}}}\n";

} // namespace

BOOST_AUTO_TEST_SUITE(configuration_suite)

BOOST_AUTO_TEST_CASE(a_configuration_that_can_be_used_is_valid) {
  const checked plain("log: {level: warn}\n");
  BOOST_TEST(plain.code == 0, plain.err);
  BOOST_TEST(plain.out == "The configuration is valid.\n");
  BOOST_TEST(plain.err.empty());
}

BOOST_AUTO_TEST_CASE(a_store_that_this_version_does_not_have_is_refused_and_not_replaced) {
  const checked lists(stores + "  visibilityStore: pg\n");
  BOOST_TEST(lists.code == 1);
  BOOST_TEST(lists.says("persistence.visibilityStore: pg is of kind sql (postgres)"), lists.err);
  const checked main(stores + "  defaultStore: my\n");
  BOOST_TEST(main.code == 1);
  BOOST_TEST(main.says("config.yaml:6:17: persistence.defaultStore: my is of kind sql (mysql)"), main.err);
  const checked there(stores + "  defaultStore: pg\n");
  BOOST_TEST(there.code == 0, there.err);
  const checked beside(stores + "  defaultStore: pg\n  visibilityStore: pg\n");
  BOOST_TEST(beside.code == 0, beside.err);
  for (const auto* other : {"my", "sqlite"}) {
    const checked apart(stores + "  defaultStore: pg\n  visibilityStore: " + other + "\n");
    BOOST_TEST(apart.code == 1);
    BOOST_TEST(apart.says("persistence.visibilityStore: the lists of a store on databases are in the same databases"),
               apart.err);
  }
  const checked search(stores + "  advancedVisibilityStore: es\n");
  BOOST_TEST(search.code == 1);
  BOOST_TEST(search.says("persistence.advancedVisibilityStore"), search.err);
}

BOOST_AUTO_TEST_CASE(everything_that_cannot_be_used_is_named_at_once) {
  const checked all(stores +
                    "  advancedVisibilityStore: es\n"
                    "archival:\n"
                    "  history: {status: enabled, provider: {filestore: {fileMode: '0666', dirMode: '0766'}}}\n");
  BOOST_TEST(all.code == 1);
  BOOST_TEST(all.says("config.yaml:6:28: persistence.advancedVisibilityStore: "), all.err);
  BOOST_TEST(all.says("config.yaml:8:21: archival.history.status: "), all.err);
}

BOOST_AUTO_TEST_CASE(archival_without_an_archiver_is_refused_where_it_is_switched_on) {
  const std::string provider = "provider: {filestore: {fileMode: '0666', dirMode: '0766'}}";
  for (const std::string what : {"history", "visibility"}) {
    const checked enabled("archival:\n  " + what + ":\n    status: enabled\n    " + provider + "\n");
    BOOST_TEST(enabled.code == 1);
    BOOST_TEST(
        enabled.says("config.yaml:3:13: archival." + what + ".status: enabled, but this version has no archiver"),
        enabled.err);
    const checked paused("archival: {" + what + ": {status: paused, " + provider + "}}\n");
    BOOST_TEST(paused.code == 0, paused.err);
  }
}

BOOST_AUTO_TEST_CASE(a_dynamic_file_that_cannot_be_read_is_found_by_the_check) {
  const std::string text = "dynamicconfig: {filebased: {filepath: dynamic.yaml}}\n";
  BOOST_TEST(checked(text, false, "frontend.rps:\n- value: 5\n").code == 0);
  const checked broken(text, false, "frontend.rps: [");
  BOOST_TEST(broken.code == 1);
  BOOST_TEST(broken.says("the dynamic configuration is not valid"), broken.err);
  BOOST_TEST(checked("dynamicconfig: {filebased: {filepath: elsewhere.yaml}}\n").code == 1);
}

BOOST_AUTO_TEST_CASE(warnings_are_printed_and_are_errors_where_that_is_wanted) {
  const std::string text = "services: {frontend: {metrics: {statsd: {hostPort: 'a:1'}}}}\n";
  const checked warned(text);
  BOOST_TEST(warned.code == 0);
  BOOST_TEST(warned.says("Warning: "), warned.err);
  const checked strict(text, true);
  BOOST_TEST(strict.code == 1);
  BOOST_TEST(strict.says("with --strict, warnings are errors"), strict.err);
}

BOOST_AUTO_TEST_SUITE_END()
