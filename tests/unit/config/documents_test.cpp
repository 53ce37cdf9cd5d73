#include "config/documents.hpp"

#include "tests/documents.hpp"

#include "config/dynamic.hpp"
#include "config/load.hpp"
#include "config/log_line.hpp"
#include "config/process_metrics.hpp"

#include <sstream>

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::config;
using namespace cadenza::test;

BOOST_AUTO_TEST_SUITE(documents_suite)

BOOST_AUTO_TEST_CASE(the_configuration_page_tells_every_option_and_key) {
  expect_part("docs/configuration.md", "static options", static_options_markdown());
  expect_part("docs/configuration.md", "dynamic keys", dynamic_keys_markdown());
}

BOOST_AUTO_TEST_CASE(the_page_of_the_log_tells_every_field) {
  expect_part("docs/guides/logs.md", "fields", log::fields_markdown());
}

BOOST_AUTO_TEST_CASE(the_sample_file_holds_every_default) {
  expect_file("config/sample/cadenza.yaml", sample_static_yaml());
  const auto sample = load_text(sample_static_yaml(), "sample");
  BOOST_REQUIRE_MESSAGE(sample, (sample ? std::string() : sample.error().message));
  const auto nothing = load_text("");
  BOOST_REQUIRE(nothing);
  BOOST_TEST(print(*sample) == print(*nothing));
}

BOOST_AUTO_TEST_CASE(commented_options_of_the_sample_file_are_options) {
  // Taking the # away gives a file that names every option but the ones that do nothing.
  std::string opened;
  std::string line;
  std::istringstream in(sample_static_yaml());
  while (std::getline(in, line)) {
    const auto mark = line.find_first_not_of(' ');
    if (mark == std::string::npos || (line[mark] == '#' && line[mark + 1] == ' '))
      continue;
    opened += line[mark] == '#' ? line.substr(0, mark) + line.substr(mark + 1) : line;
    opened += '\n';
  }
  const auto document = parse_yaml(opened, "opened sample");
  BOOST_REQUIRE_MESSAGE(document, (document ? std::string() : document.error().message));
  problems found;
  check(*document, found);
  for (const auto& problem : found.lines())
    BOOST_TEST(problem.find("expected") != std::string::npos, problem);
}

BOOST_AUTO_TEST_CASE(the_sample_of_dynamic_configuration_holds_every_default) {
  expect_file("config/sample/dynamicconfig.yaml", sample_dynamic_yaml());
  dynamic_config sample;
  const auto read = sample.set_overrides(sample_dynamic_yaml());
  BOOST_REQUIRE_MESSAGE(read, (read ? std::string() : read.error().message));
  const dynamic_config plain;
  for (std::size_t i = 0; i < dynamic_keys().size(); ++i) {
    const auto type = dynamic_keys()[i].type;
    BOOST_TEST(to_json(sample.current()->unrestricted(i), type) == to_json(plain.current()->unrestricted(i), type),
               dynamic_keys()[i].name);
  }
}

BOOST_AUTO_TEST_CASE(the_files_in_the_repository_load) {
  for (const auto* environment : {"development", "docker"}) {
    const auto files = files_of(path_of(""), "config", environment, "");
    BOOST_REQUIRE(files);
    const auto all = load({*files, {}, path_of("")});
    BOOST_REQUIRE_MESSAGE(all, (all ? std::string() : all.error().message));
    if (!all->values.dynamic.file.empty()) {
      dynamic_config dynamic;
      const auto read = dynamic.load_file(all->values.dynamic.file);
      BOOST_TEST(static_cast<bool>(read), (read ? std::string() : read.error().message));
    }
  }
}

BOOST_AUTO_TEST_CASE(process_metrics_are_told) {
  metrics::registry all;
  const auto handles = register_process_metrics(all);
  BOOST_TEST(all.value("process_resident_memory_bytes") > 1e6);
  BOOST_TEST(all.value("process_threads") >= 1);
  BOOST_TEST(all.text().find("# TYPE process_cpu_seconds_total counter") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
