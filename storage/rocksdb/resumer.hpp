#pragma once

#include "storage/rocksdb/health.hpp"

#include <rocksdb/db.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace cadenza::storage::rocks {

/// Brings writes back after they stopped: tries again and again, with pauses that grow to ten seconds, until a write
/// with a sync has worked. When the disk works and the engine cannot go on without being opened anew, the process ends:
/// whoever watches over it starts it again. Damage is no such case: reads go on, and an operator decides.
///
/// Threads: one of its own, which sleeps while all is well.
class resumer {
public:
  struct parts {
    rocksdb::DB* db = nullptr;
    std::string directory;
    std::function<rocksdb::Status()> try_write;         ///< writes something, with a sync
    std::function<void(std::string_view reason)> fatal; ///< ends the process
  };

  /// `state` tells when writes stop. Both it and what `what` refers to outlive this.
  resumer(parts what, health& state);
  ~resumer();
  resumer(const resumer&) = delete;
  resumer& operator=(const resumer&) = delete;

private:
  void run();
  [[nodiscard]] bool resume();
  void look_at(const rocksdb::Status& failure);
  void hear(bool recovered);

  const parts parts_;
  health& health_;
  int hopeless_ = 0; ///< tries in a row at which the disk worked and the engine did not

  std::mutex mutex_; ///< guards what follows
  std::condition_variable woken_;
  bool stopped_ = true;    ///< writes have stopped, perhaps before there was anybody to hear it
  bool recovered_ = false; ///< the engine says that it works again
  bool stopping_ = false;

  std::thread thread_; ///< last: starts when everything above exists
};

} // namespace cadenza::storage::rocks
