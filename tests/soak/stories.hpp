#pragma once

#include "tests/soak/mixed_worker.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <random>
#include <string>

namespace cadenza::soak {

/// The clients of a soak: begin workflows of every kind at a steady pace and do to each what its kind asks for.
class stories {
public:
  stories(load::client& c, std::uint64_t seed) : client_(c), chance_(seed) {}

  /// Begins `per_second` stories each second until `until`, and calls `each_second` once a second. Blocks.
  void drive(double per_second, std::chrono::steady_clock::time_point until, const std::function<void()>& each_second);
  /// Carries out what begun stories still have to do; waits until nothing is under way. Blocks.
  void finish();

  [[nodiscard]] std::map<std::string, std::int64_t> begun() const;
  /// Answers that no story explains, by method and error.
  [[nodiscard]] std::map<std::string, std::int64_t> surprises() const;
  [[nodiscard]] std::int64_t calls() const { return calls_; }

private:
  using then = std::function<void()>;
  void begin();
  void later(double seconds, then what);
  void run_due();
  template <class Response, class Request>
  void ask(const char* method, const Request& request, std::function<void(const Response&)> ok);
  void start(const std::string& id, const std::string& input, then started,
             const std::function<void(api::StartWorkflowExecutionRequest&)>& change = {});
  void signal(const std::string& id, int left, double apart);
  void query(const std::string& id, bool strong);
  void terminate(const std::string& id);
  void cancel(const std::string& id);
  void reset(const std::string& id);
  void look(const std::string& id);
  void list();
  void signal_with_start(const std::string& id);

  load::client& client_;
  std::mt19937_64 chance_; ///< the driving thread's alone
  std::int64_t number_ = 0;
  std::atomic<std::int64_t> calls_{0};
  std::atomic<int> under_way_{0};
  mutable std::mutex mutex_;
  std::multimap<std::chrono::steady_clock::time_point, then> due_;
  std::map<std::string, std::int64_t> begun_;
  std::map<std::string, std::int64_t> surprises_;
};

} // namespace cadenza::soak
