#include "config/limit_warnings.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace cadenza;

BOOST_AUTO_TEST_CASE(warnings_are_counted_each_and_written_now_and_then) {
  metrics::registry registry;
  std::vector<std::string> lines;
  std::int64_t now_ns = 1'000'000'000;
  limit_warnings warnings(
      registry,
      [&](log::level, log::fields values, log::sentence says) { lines.push_back(log::text_of(values, says)); },
      [&] { return now_ns; });
  int notes = 0;
  const auto note = [&](limit_warning what) { warnings.note(what, {field::count(++notes)}, "line {count}"); };
  const auto count = [&](const char* limit) {
    return registry.value("cadenza_limit_warnings_total", {{"limit", limit}});
  };
  for (int i = 0; i < 3; ++i)
    note(limit_warning::blob_size);
  note(limit_warning::id_length); // another kind has a gap of its own
  BOOST_TEST(lines == (std::vector<std::string>{"line 1", "line 4"}), boost::test_tools::per_element());
  now_ns += 5'000'000'000;
  note(limit_warning::blob_size);
  BOOST_TEST(lines.back() == "line 5 (2 more like this left out)");
  BOOST_TEST(count("blob_size") == 4);
  BOOST_TEST(count("id_length") == 1);
  for (const auto* other : {"history_size", "history_count", "pending_activities", "decision_attempts"})
    BOOST_TEST(count(other) == 0);
}
