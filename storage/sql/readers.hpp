#pragma once

#include "storage/sql/lane.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

namespace cadenza::storage::sql {

/// Threads with a connection each that carry out reads of one database: what waits is sent in one round trip.
class reader_pool {
public:
  /// Gets how the statement ended: `done` with its rows, or `refused`. On a reader's thread, or at once when refused.
  using taker = std::function<void(const exchange&)>;

  reader_pool(connector connect, int threads, std::string label, surroundings& around);
  ~reader_pool();
  reader_pool(const reader_pool&) = delete;
  reader_pool& operator=(const reader_pool&) = delete;

  /// Any thread. A name is a literal.
  void submit(const char* name, step what, taker take);

  /// Refuses what comes and returns when everything submitted is answered. Not from a callback.
  void stop();

private:
  using clock = std::chrono::steady_clock;
  struct question {
    const char* name;
    step what;
    taker take;
    clock::time_point since;
  };

  void run(std::uint64_t seed);
  void carry_out(std::unique_ptr<connection>& with, std::vector<question> asked, backoff& pauses);
  void answer(question& one, const exchange& how);
  [[nodiscard]] bool connect(std::unique_ptr<connection>& into, backoff& pauses, std::string& trouble);

  connector connect_;
  const std::string label_;
  surroundings& around_;
  std::mutex mutex_; ///< guards what follows
  std::condition_variable arrived_;
  std::deque<question> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_; ///< last
};

} // namespace cadenza::storage::sql
