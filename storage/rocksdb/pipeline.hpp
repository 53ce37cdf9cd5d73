#pragma once

#include "storage/open.hpp"
#include "storage/rocksdb/group.hpp"
#include "storage/rocksdb/health.hpp"
#include "storage/store.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cadenza::storage::rocks {

/// The commit pipeline: one thread takes what was submitted meanwhile, checks conditions in order, writes one batch,
/// syncs the log once and answers everything in the order of submission. The number of syncs does not grow with load.
class pipeline {
public:
  /// `log_sync_failed` is set by whoever watches the disk. All references outlive the pipeline.
  pipeline(const database& data, const rocksdb_options& options, health& state,
           const std::atomic<bool>& log_sync_failed);
  ~pipeline();

  /// Any thread. Refused with `unavailable` at once when the queue is full or the pipeline stopped.
  void submit(request what, done<commit_result> cb);

  /// Refuses what comes and returns when everything submitted is answered. Not from a callback.
  void stop();

private:
  struct submission {
    request what;
    done<commit_result> cb;
    std::size_t bytes = 0;
  };
  struct answer {
    done<commit_result> cb;
    commit_result result;
  };

  void run();
  void fill_group();
  void finish_group();
  void answer_all();
  [[nodiscard]] commit_result write_group();

  const database& data_;
  const rocksdb_options& options_;
  health& health_;
  const std::atomic<bool>& log_sync_failed_;
  group_builder group_; ///< the rest down to the mutex belongs to the committer's thread
  std::deque<submission> taken_;
  std::vector<answer> answers_;
  std::size_t in_group_ = 0;

  std::mutex mutex_; ///< guards what follows
  std::condition_variable arrived_;
  std::deque<submission> queue_;
  std::size_t queued_bytes_ = 0;
  bool stopping_ = false;

  std::thread thread_; ///< last: starts when everything above exists
};

} // namespace cadenza::storage::rocks
