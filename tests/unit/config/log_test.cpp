#include "config/log.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string_view>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

using namespace cadenza;

namespace {

/// A log in a file of its own, ended and removed with the test.
struct logging {
  explicit logging(log::options how = {}) {
    path = std::filesystem::temp_directory_path() / ("cadenza-log-test-" + std::to_string(::getpid()));
    std::filesystem::remove(path);
    how.file = path;
    BOOST_REQUIRE(log::start(how));
  }
  ~logging() {
    log::stop();
    log::set_level(log::level::info);
    std::filesystem::remove(path);
  }
  std::vector<std::string> lines() {
    log::stop();
    std::ifstream in(path);
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);)
      out.push_back(line);
    return out;
  }
  std::filesystem::path path;
};

/// Standard error as a pipe that only the test reads.
class unread_errors {
public:
  unread_errors() : before_(::dup(STDERR_FILENO)) {
    BOOST_REQUIRE(::pipe(ends_) == 0);
    ::dup2(ends_[1], STDERR_FILENO);
  }
  ~unread_errors() {
    log::stop();
    ::dup2(before_, STDERR_FILENO);
    for (const int one : {before_, ends_[0], ends_[1]})
      ::close(one);
  }
  unread_errors(const unread_errors&) = delete;
  unread_errors& operator=(const unread_errors&) = delete;
  [[nodiscard]] std::string read(std::size_t most) const {
    std::string out(most, '\0');
    const auto got = ::read(ends_[0], out.data(), most);
    out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return out;
  }

private:
  int before_;
  int ends_[2]{};
};

} // namespace

BOOST_AUTO_TEST_SUITE(log_suite)

BOOST_AUTO_TEST_CASE(a_line_below_the_level_is_not_written) {
  logging to;
  log::debug({field::count(1)}, "quiet {count}");
  log::info({field::count(2)}, "loud {count}");
  log::set_level(log::level::debug);
  log::debug({field::count(3)}, "now heard {count}");
  const auto lines = to.lines();
  BOOST_REQUIRE_EQUAL(lines.size(), 2u);
  BOOST_TEST(lines[0].ends_with(" info  loud 2"));
  BOOST_TEST(lines[1].ends_with(" debug now heard 3"));
}

BOOST_AUTO_TEST_CASE(a_line_is_bounded_and_is_text_whatever_it_quotes) {
  for (const bool json : {false, true}) {
    log::options how;
    how.json = json;
    logging to(how);
    const std::string endless(1 << 20, '\xFF');
    log::warn({field::workflow_id(endless), field::domain("na\x80me")}, "about {workflow_id}");
    log::warn({field::workflow_id(endless)}, "nothing is quoted");
    log::warn("bell\x07 and escape\x1b[2J");
    const auto lines = to.lines();
    BOOST_REQUIRE_EQUAL(lines.size(), 3u);
    for (const int at : {0, 1}) {
      BOOST_TEST(lines[at].size() < (40U << 10));
      BOOST_TEST(lines[at].find("(1048576 bytes)") != std::string::npos);
      BOOST_TEST(lines[at].find('\xFF') == std::string::npos);
    }
    BOOST_TEST(lines[0].find("na\uFFFDme") != std::string::npos);
    BOOST_TEST(lines[2].find('\x1b') == std::string::npos);
    BOOST_TEST(lines[2].find('\x07') == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(text_keeps_one_event_on_one_line_and_quotes_fields) {
  logging to;
  log::warn({field::domain("a b"), field::shard(3), field::reason("")}, "two\nlines");
  const auto lines = to.lines();
  BOOST_REQUIRE_EQUAL(lines.size(), 1u);
  BOOST_TEST(lines[0].ends_with(R"( warn  two lines domain="a b" shard=3)"), lines[0]);
}

BOOST_AUTO_TEST_CASE(values_stand_in_the_sentence_or_behind_it) {
  const log::fields none;
  BOOST_TEST(log::text_of(none, "nothing to quote") == "nothing to quote");
  BOOST_TEST(log::text_of({field::task_list("a b"), field::shard(-2), field::domain("{shard}")},
                          "{task_list} of {domain}!") == "a b of {shard}! shard=-2");
  BOOST_TEST(log::text_of({field::error("x")}, "{error}, {error}, {run_id}.") == "x, x, .");
  std::vector<std::string> told;
  const log::sink keep = [&](log::level, log::fields values, log::sentence says) {
    told.push_back(log::text_of(values, says));
  };
  log::write_after(keep, 0, log::level::warn, {field::domain("d")}, "once");
  log::write_after(keep, 3, log::level::warn, {field::domain("d")}, "often");
  BOOST_TEST(told == (std::vector<std::string>{"once domain=d", "often domain=d (3 more like this left out)"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_field_is_declared_once_and_explained) {
  std::set<std::string_view> names;
  for (const auto& one : log::field_table) {
    BOOST_TEST(names.insert(one.name).second, one.name);
    BOOST_TEST(!one.meaning.empty(), one.name);
    for (const auto taken : {"ts", "level", "msg"})
      BOOST_TEST(one.name != taken);
  }
  BOOST_TEST(std::is_sorted(log::field_table.begin(), log::field_table.end(),
                            [](const auto& a, const auto& b) { return a.name < b.name; }));
}

BOOST_AUTO_TEST_CASE(json_lines_parse_whatever_is_in_them) {
  logging to({.json = true, .level_key = "severity"});
  log::error({field::run_id("\"x\"\x01"), field::shard(7), field::reason("")},
             "quote \" slash \\ newline \n end {shard}");
  const auto lines = to.lines();
  BOOST_REQUIRE_EQUAL(lines.size(), 1u);
  const auto parsed = nlohmann::json::parse(lines[0]);
  BOOST_TEST(parsed["severity"] == "error");
  BOOST_TEST(parsed["msg"] == "quote \" slash \\ newline \n end 7");
  BOOST_TEST(parsed["run_id"] == "\"x\"\x01");
  BOOST_TEST(parsed["shard"] == 7); // a number, and also where the sentence quotes it
  BOOST_TEST(!parsed.contains("reason"));
  BOOST_TEST(parsed["ts"].get<std::string>().size() == std::string("2026-01-01T00:00:00.000Z").size());
}

BOOST_AUTO_TEST_CASE(stop_writes_everything_that_was_queued_by_any_thread) {
  logging to({.queue_lines_max = 16'384});
  const auto before = log::lines_lost();
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([t] {
      for (int i = 0; i < 1000; ++i)
        log::info({field::shard(t), field::count(i)}, "thread {shard} line {count}");
    });
  threads.clear();
  BOOST_TEST(log::lines_lost() == before);
  BOOST_TEST(to.lines().size() == 4000u);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_opened_is_an_error_and_changes_nothing) {
  logging to;
  const auto failed = log::start({.file = "/proc/no/such/place"});
  BOOST_TEST(!failed);
  log::info("still here");
  BOOST_TEST(to.lines().size() == 1u);
}

BOOST_AUTO_TEST_CASE(repeated_messages_are_counted_while_kept_quiet) {
  log::repeat_limit limit(std::chrono::seconds(1));
  BOOST_TEST(limit.admit(1'000'000'000).value() == 0u);
  BOOST_TEST(!limit.admit(1'500'000'000));
  BOOST_TEST(!limit.admit(1'999'999'999));
  BOOST_TEST(limit.admit(2'000'000'000).value() == 2u);
  BOOST_TEST(!limit.admit(2'000'000'001));

  logging to;
  log::repeat_limit hourly(std::chrono::hours(1));
  for (int i = 0; i < 10; ++i)
    log::limited(hourly, log::level::warn, {field::count(i)}, "again {count}");
  BOOST_TEST(to.lines().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_reader_of_standard_error_that_stalls_stops_nobody_and_not_the_end) {
  unread_errors errors;
  BOOST_REQUIRE(log::start({.queue_lines_max = 256}));
  const auto before = log::lines_lost();
  for (int i = 0; i < 5000; ++i)
    log::info({field::count(i), field::detail(std::string(200, 'x'))}, "line {count} {detail}");
  log::stop();
  BOOST_TEST(log::lines_lost() > before + 1000);
  const auto outside = log::lines_lost();
  log::info("after the end"); // straight to the stream
  BOOST_TEST(log::lines_lost() == outside + 1);
  BOOST_TEST(errors.read(100).find(" info  line ") != std::string::npos); // as much as the stream took
}

BOOST_AUTO_TEST_CASE(a_reader_of_standard_error_that_goes_on_gets_what_waited) {
  unread_errors errors;
  const auto before = log::lines_lost();
  BOOST_REQUIRE(log::start({}));
  for (int i = 0; i < 1000; ++i)
    log::info({field::count(i), field::detail(std::string(200, 'x'))}, "line {count} {detail}");
  std::string all;
  while (all.find("line 999 x") == std::string::npos)
    all += errors.read(4096);
  log::stop();
  BOOST_TEST(log::lines_lost() == before);
}

BOOST_AUTO_TEST_CASE(levels_are_read_as_cadence_spells_them) {
  BOOST_TEST((log::level_of("WARN") == log::level::warn));
  BOOST_TEST((log::level_of("warning") == log::level::warn));
  BOOST_TEST((log::level_of("fatal") == log::level::error));
  BOOST_TEST(!log::level_of("loud"));
}

BOOST_AUTO_TEST_SUITE_END()
