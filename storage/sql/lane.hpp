#pragma once

#include "config/log_line.hpp"
#include "storage/probes.hpp"
#include "storage/sql/connection.hpp"
#include "storage/sql/group.hpp"
#include "storage/sql/requests.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace cadenza::storage::sql {

struct limits {
  std::size_t group_transactions = 512; ///< at most so many share a commit
  std::size_t group_bytes = std::size_t{8} << 20;
  std::size_t queued_commits = 100'000; ///< of a lane; beyond either of these two, commits are answered `unavailable`
  std::size_t queued_bytes = std::size_t{256} << 20;
  std::size_t queued_reads = 100'000;

  /// So long a request waits for a database that cannot be reached. Then what waits is answered `unavailable`, and what
  /// was on its way when the connection broke `unknown_outcome`; and until there is a connection again everything is
  /// refused at once.
  std::chrono::milliseconds patience{10'000};
  std::chrono::nanoseconds connection_life{0}; ///< a connection is made anew after it; 0: never
};

/// What the lanes and readers of a store share.
struct surroundings {
  limits bounds;
  store_probes probes;
  log::sink log;                  ///< may be empty
  std::atomic<int> lanes_down{0}; ///< that cannot reach their database
};

/// Pauses between attempts to reach a database: they double, and no two lanes wait equally long.
class backoff {
public:
  explicit backoff(std::uint64_t seed) : random_(seed) {}
  [[nodiscard]] std::chrono::milliseconds next();
  void reset() { step_ = 0; }

private:
  std::mt19937_64 random_;
  int step_ = 0;
};

/// A thread with one connection that commits what it is given, in its order: what was submitted meanwhile becomes one
/// transaction of the database, sent in one round trip with the conditions it rests on. When one of them does not hold,
/// nothing has been done; then the rows are read and locked first, and everything is judged one by one.
///
/// Whether a transaction took effect whose connection broke is known for sure: it raises a number in the lane's row,
/// and the next connection, by raising another one in the same row, waits for it and keeps it from coming later.
class lane {
public:
  lane(connector connect, const uuid& name, std::string label, surroundings& around);
  ~lane();
  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;

  /// Any thread. Refused with `unavailable` at once when the queue is full, the database away or the lane stopped.
  void submit(request what, done<commit_result> cb);

  /// Refuses what comes and returns when everything submitted is answered. Not from a callback.
  void stop();

private:
  using clock = std::chrono::steady_clock;
  struct submission {
    request what;
    done<commit_result> cb;
    std::size_t bytes = 0;
    clock::time_point since;
  };
  enum class settled { committed, not_done, condition_failed, refused, unknown };

  void run();
  [[nodiscard]] bool take_queue();
  [[nodiscard]] bool ready();
  [[nodiscard]] bool connect();
  void pause(std::chrono::milliseconds how_long);

  void commit_group();
  [[nodiscard]] settled try_group(bool carefully, std::size_t& count);
  std::size_t fill(group& into, std::size_t limit);
  void commit_alone();
  [[nodiscard]] settled try_alone(commit_result& result);

  /// Begins a transaction and reads.
  [[nodiscard]] settled load(std::vector<step> steps, std::vector<row_set>& found);
  /// Sends what ends in a commit and finds out how it ended.
  [[nodiscard]] settled finish(std::vector<step> steps, bool begun);
  [[nodiscard]] settled settle(const exchange& ended, bool begun);
  void roll_back();

  void answer(std::size_t count, settled how);
  void answer_one(submission& one, commit_result result);
  void refuse_waiting();
  void say(log::sentence what) const;

  connector connect_;
  const uuid name_;
  const std::string label_;
  surroundings& around_;
  backoff backoff_;

  std::unique_ptr<connection> connection_; ///< the rest down to the mutex belongs to the lane's thread
  clock::time_point connected_at_;
  std::int64_t epoch_ = 0;
  std::int64_t sequence_ = 0;        ///< of the transaction sent last
  std::int64_t stored_sequence_ = 0; ///< as found when the connection was made
  std::deque<submission> taken_;
  std::vector<commit_result> results_;
  std::size_t group_bytes_ = 0;
  double refusals_ = 0; ///< how many of the last groups had one, from 0 to 1
  std::string trouble_;

  std::mutex mutex_; ///< guards what follows
  std::condition_variable arrived_;
  std::deque<submission> queue_;
  std::size_t queued_bytes_ = 0;
  bool down_ = false;
  bool stopping_ = false;

  std::thread thread_; ///< last: starts when everything above exists
};

} // namespace cadenza::storage::sql
