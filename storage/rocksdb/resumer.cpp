#include "storage/rocksdb/resumer.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <unistd.h>

namespace cadenza::storage::rocks {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_pause(100);
constexpr milliseconds longest_pause(10'000);
constexpr int hopeless_most = 3;

/// Whether a file can be written and synced there.
bool disk_works(const std::string& directory) {
  const auto path = directory + "/PROBE";
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0)
    return false;
  const std::string some(4096, 'x');
  const bool worked = ::write(file, some.data(), some.size()) == static_cast<ssize_t>(some.size()) && fsync(file) == 0;
  close(file);
  unlink(path.c_str());
  return worked;
}

} // namespace

resumer::resumer(parts what, health& state) : parts_(std::move(what)), health_(state), thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "store-resume");
  health_.on_change([this](bool recovered) { hear(recovered); });
}

resumer::~resumer() {
  health_.on_change({});
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  woken_.notify_all();
  thread_.join();
}

void resumer::hear(bool recovered) {
  {
    const std::lock_guard guard(mutex_);
    (recovered ? recovered_ : stopped_) = true;
  }
  woken_.notify_all();
}

void resumer::run() {
  std::unique_lock guard(mutex_);
  auto pause = first_pause;
  while (!stopping_) {
    if (health_.accepts_writes()) {
      woken_.wait(guard, [this] { return stopped_ || stopping_; });
      stopped_ = false;
      pause = first_pause;
      continue;
    }
    woken_.wait_for(guard, pause, [this] { return recovered_ || stopping_; });
    if (stopping_)
      return;
    pause = std::min(2 * pause, longest_pause);
    guard.unlock();
    const bool works = resume();
    guard.lock();
    stopped_ = recovered_ = false; // what a try of ours brought about is no reason for the next one
    if (works)
      health_.recover();
  }
}

/// Whether writes work again.
bool resumer::resume() {
  auto done = parts_.db->Resume();
  if (done.ok())
    done = parts_.try_write();
  if (done.ok()) {
    hopeless_ = 0;
    return true;
  }
  look_at(done);
  return false;
}

void resumer::look_at(const rocksdb::Status& failure) {
  // Busy: the engine is at it by itself.
  const bool lasting = !failure.IsBusy() && !failure.IsCorruption() && !failure.IsNoSpace() &&
                       failure.severity() >= rocksdb::Status::Severity::kFatalError;
  hopeless_ = lasting && disk_works(parts_.directory) ? hopeless_ + 1 : 0;
  if (hopeless_ == hopeless_most)
    parts_.fatal("writes cannot be taken up again without a new start: " + failure.ToString());
}

} // namespace cadenza::storage::rocks
