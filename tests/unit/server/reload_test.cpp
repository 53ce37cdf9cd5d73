#include "server/reload.hpp"

#include "config/dynamic_keys.hpp"
#include "tests/unit/server/support.hpp"

#include <filesystem>

using namespace cadenza;
using namespace std::chrono_literals;

namespace {

namespace keys = config::keys;

/// A static and a dynamic configuration in files of their own.
struct files {
  load::scratch_directory directory;
  config::dynamic_config dynamic;
  std::vector<config::chaos_config> taken;

  [[nodiscard]] std::string path(const std::string& name) const { return directory.path() + "/" + name; }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path(name)) << text; }
  [[nodiscard]] outcome<config::loaded> load() const {
    config::source from;
    from.root = directory.path();
    from.files.push_back(path("config.yaml"));
    return config::load(from);
  }
  reloader begin() {
    auto first = load();
    BOOST_REQUIRE(first);
    if (!first->values.dynamic.file.empty())
      BOOST_REQUIRE(dynamic.load_file(first->values.dynamic.file));
    return reloader(
        *std::move(first), [this] { return load(); }, dynamic,
        [this](const config::server_config& read) { taken.push_back(read.chaos); });
  }
  [[nodiscard]] std::int64_t rps() const { return dynamic.current()->get(keys::frontend_rps); }
};

std::string rps_file(int value) { return "frontend.rps:\n- value: " + std::to_string(value) + "\n"; }

} // namespace

BOOST_AUTO_TEST_SUITE(reload_suite)

BOOST_AUTO_TEST_CASE(what_may_change_at_run_time_is_taken) {
  tests::logged_lines lines;
  files f;
  f.write("config.yaml", "log: {level: info}\n");
  auto reloading = f.begin();
  f.write("config.yaml", "log: {level: debug}\nchaos: {enabled: true, interval: 5s, kinds: [task_list]}\n");
  reloading.reload();
  BOOST_TEST((log::current_level() == log::level::debug));
  BOOST_REQUIRE(f.taken.size() == 1U);
  BOOST_TEST((f.taken[0].interval == 5s));
  BOOST_TEST((f.taken[0].kinds == std::vector<std::string>{"task_list"}));
  BOOST_TEST(lines.count("log.level has changed") == 1);
}

BOOST_AUTO_TEST_CASE(what_waits_for_the_next_start_is_logged_at_each_reload) {
  tests::logged_lines lines;
  files f;
  f.write("config.yaml", "persistence: {dataDirectory: a}\n");
  auto reloading = f.begin();
  f.write("config.yaml", "persistence: {dataDirectory: b}\n");
  reloading.reload();
  reloading.reload();
  BOOST_TEST(lines.count("persistence.dataDirectory has changed; it takes effect at the next start") == 2);
}

BOOST_AUTO_TEST_CASE(a_configuration_that_does_not_load_changes_nothing) {
  tests::logged_lines lines;
  files f;
  f.write("config.yaml", "log: {level: info}\n");
  auto reloading = f.begin();
  f.write("config.yaml", "log: {level: debug}\nnonsense: 1\n");
  reloading.reload();
  BOOST_TEST((log::current_level() == log::level::info));
  BOOST_TEST(f.taken.empty());
  BOOST_TEST(lines.count("configuration not reloaded") == 1);
}

BOOST_AUTO_TEST_CASE(another_dynamic_file_is_taken_and_a_broken_one_is_not) {
  files f;
  f.write("one.yaml", rps_file(11));
  f.write("two.yaml", rps_file(22));
  f.write("broken.yaml", "frontend.rps: [");
  const auto name = [&](const std::string& file) {
    f.write("config.yaml", "dynamicconfig: {filebased: {filepath: " + f.path(file) + "}}\n");
  };
  name("one.yaml");
  auto reloading = f.begin();
  BOOST_TEST(f.rps() == 11);
  name("two.yaml");
  reloading.reload();
  BOOST_TEST(f.rps() == 22);
  name("broken.yaml");
  reloading.reload();
  BOOST_TEST(f.rps() == 22);
  f.write("config.yaml", "{}\n");
  reloading.reload();
  BOOST_TEST(f.rps() == config::dynamic_config().current()->get(keys::frontend_rps));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(dynamic_watch_suite)

BOOST_AUTO_TEST_CASE(a_changed_file_is_taken_when_the_interval_is_over_and_not_before) {
  files f;
  f.write("dynamic.yaml", rps_file(11));
  BOOST_REQUIRE(f.dynamic.load_file(f.path("dynamic.yaml")));
  const dynamic_watch::time begun{};
  dynamic_watch watch(f.dynamic, 2s, begun);
  f.write("dynamic.yaml", rps_file(2222));
  watch.tick(begun + 1999ms);
  BOOST_TEST(f.rps() == 11);
  BOOST_TEST((watch.due() == begun + 2s));
  watch.tick(begun + 2s);
  BOOST_TEST(f.rps() == 2222);
  BOOST_TEST((watch.due() == begun + 4s));
}

BOOST_AUTO_TEST_CASE(a_file_that_stays_away_is_told_once_until_it_is_back) {
  tests::logged_lines lines;
  files f;
  f.write("dynamic.yaml", rps_file(11));
  BOOST_REQUIRE(f.dynamic.load_file(f.path("dynamic.yaml")));
  dynamic_watch::time now{};
  dynamic_watch watch(f.dynamic, 1s, now);
  std::filesystem::remove(f.path("dynamic.yaml"));
  for (int i = 0; i < 5; ++i)
    watch.tick(now += 1s);
  BOOST_TEST(f.rps() == 11);
  BOOST_TEST(lines.count("dynamic configuration not reloaded") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
