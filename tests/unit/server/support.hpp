#pragma once

#include "config/log.hpp"
#include "server/signals.hpp"
#include "tests/load/server_process.hpp"

#include <boost/test/unit_test.hpp>

#include <condition_variable>
#include <deque>
#include <fstream>
#include <mutex>
#include <string>
#include <vector>

namespace cadenza::tests {

/// Signals that the test sends; any thread.
class sent_signals final : public signal_source {
public:
  void send(signal_kind which) {
    const std::lock_guard guard(lock_);
    sent_.push_back(which);
    arrived_.notify_all();
  }
  [[nodiscard]] signal_kind wait(std::chrono::nanoseconds longest) override {
    std::unique_lock guard(lock_);
    if (!arrived_.wait_for(guard, longest, [this] { return !sent_.empty(); }))
      return signal_kind::none;
    const auto out = sent_.front();
    sent_.pop_front();
    return out;
  }

private:
  std::mutex lock_;
  std::condition_variable arrived_;
  std::deque<signal_kind> sent_;
};

/// The lines logged while it lives.
class logged_lines {
public:
  explicit logged_lines(log::level least = log::level::info) {
    BOOST_REQUIRE(log::start({.minimum = least, .file = directory_.path() + "/log"}));
  }
  ~logged_lines() {
    log::stop();
    log::set_level(log::level::info);
  }
  logged_lines(const logged_lines&) = delete;
  logged_lines& operator=(const logged_lines&) = delete;

  /// Ends the log. How many lines have this text in them.
  int count(const std::string& text) {
    log::stop();
    std::ifstream in(directory_.path() + "/log");
    int out = 0;
    for (std::string line; std::getline(in, line);)
      out += line.find(text) != std::string::npos ? 1 : 0;
    return out;
  }

private:
  load::scratch_directory directory_;
};

} // namespace cadenza::tests
