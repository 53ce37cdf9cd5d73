#include "config/metrics.hpp"

#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace metrics = cadenza::metrics;

namespace {
bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}
} // namespace

BOOST_AUTO_TEST_SUITE(metrics_suite)

BOOST_AUTO_TEST_CASE(the_same_name_and_labels_give_the_same_metric) {
  metrics::registry all;
  auto& first = all.counter("c_total", "help", {{"method", "Start"}});
  auto& again = all.counter("c_total", "help", {{"method", "Start"}});
  auto& other = all.counter("c_total", "help", {{"method", "Signal"}});
  BOOST_TEST(&first == &again);
  BOOST_TEST(&first != &other);
  first.add(3);
  BOOST_TEST(all.value("c_total", {{"method", "Start"}}) == 3.0);
  BOOST_TEST(all.value("c_total", {{"method", "Signal"}}) == 0.0);
  BOOST_TEST(all.value("unheard_of") == 0.0);
}

BOOST_AUTO_TEST_CASE(text_is_what_prometheus_reads) {
  metrics::registry all;
  all.counter("b_total", "Things done.", {{"kind", "a\"b\nc"}}).add(2);
  all.gauge("a_level", "Depth.").set(-7);
  const auto text = all.text();
  BOOST_TEST(has_line(text, "# HELP b_total Things done."), text);
  BOOST_TEST(has_line(text, "# TYPE b_total counter"));
  BOOST_TEST(has_line(text, R"(b_total{kind="a\"b\nc"} 2)"), text);
  BOOST_TEST(has_line(text, "# TYPE a_level gauge"));
  BOOST_TEST(has_line(text, "a_level -7"));
  BOOST_TEST(text.find("a_level") < text.find("b_total"));
}

BOOST_AUTO_TEST_CASE(buckets_hold_their_upper_bound_and_are_told_as_running_sums) {
  static constexpr metrics::bucket_bounds bounds{{1'000'000, 10'000'000}, 1e-9};
  metrics::registry all;
  auto& h = all.histogram("h_seconds", "Time.", {}, bounds);
  h.observe(std::chrono::milliseconds(1));
  h.observe(std::chrono::microseconds(1001));
  h.observe(std::chrono::seconds(2));
  BOOST_TEST(h.count() == 3u);
  BOOST_TEST(h.quantile_bound(0.3) == 1'000'000);
  BOOST_TEST(h.quantile_bound(0.5) == 10'000'000);
  const auto text = all.text();
  BOOST_TEST(has_line(text, R"(h_seconds_bucket{le="0.001"} 1)"), text);
  BOOST_TEST(has_line(text, R"(h_seconds_bucket{le="0.01"} 2)"), text);
  BOOST_TEST(has_line(text, R"(h_seconds_bucket{le="+Inf"} 3)"), text);
  BOOST_TEST(has_line(text, "h_seconds_count 3"), text);
  BOOST_TEST(text.find("h_seconds_sum 2.002001") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(computed_gauges_are_asked_at_scrape_time_until_their_handle_goes) {
  metrics::registry all;
  double depth = 1;
  {
    const auto handle = all.computed_gauge("depth", "Depth.", [&depth] { return depth; });
    depth = 5;
    BOOST_TEST(has_line(all.text(), "depth 5"));
    const auto lists = all.computed_gauges("backlog", "Tasks.", [] {
      return metrics::samples{{{{"list", "a"}}, 1}, {{{"list", "b"}}, 2}};
    });
    BOOST_TEST(has_line(all.text(), R"(backlog{list="b"} 2)"));
    BOOST_TEST(all.value("backlog", {{"list", "b"}}) == 2.0);
  }
  BOOST_TEST(all.text().find("depth 5") == std::string::npos);
  BOOST_TEST(all.text().find("backlog") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(label_sets_are_bounded) {
  metrics::registry all;
  for (std::size_t i = 0; i < metrics::registry::series_max + 10; ++i)
    all.counter("c_total", "help", {{"domain", std::to_string(i)}}).add();
  BOOST_TEST(all.value("c_total", {{"domain", "overflow"}}) == 10.0);
}

BOOST_AUTO_TEST_CASE(adding_from_many_threads_loses_nothing_while_being_scraped) {
  metrics::registry all;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&all] {
        auto& c = all.counter("c_total", "help");
        auto& h = all.histogram("h_seconds", "help");
        for (int i = 0; i < 10'000; ++i) {
          c.add();
          h.observe(i * 1000);
        }
      });
    for (int i = 0; i < 50; ++i)
      static_cast<void>(all.text());
  }
  BOOST_TEST(all.value("c_total") == 40'000.0);
  BOOST_TEST(all.value("h_seconds") == 40'000.0);
}

BOOST_AUTO_TEST_CASE(declared_metrics_render_as_a_table) {
  static constexpr metrics::declaration table[] = {
      {"cadenza_x_total", metrics::kind::counter, "method,code", "Things."},
  };
  metrics::registry all;
  all.counter(table[0], {{"method", "a"}, {"code", "OK"}}).add();
  BOOST_TEST(metrics::markdown_of(table) == "| Metric | Kind | Labels | Meaning |\n|---|---|---|---|\n"
                                            "| `cadenza_x_total` | counter | method,code | Things. |\n");
}

BOOST_AUTO_TEST_SUITE_END()
