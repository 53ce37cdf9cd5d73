#pragma once

#include "bridge/net/output.hpp"
#include "bridge/net/timers.hpp"
#include "bridge/net/turn.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace cadenza::bridge::net {

class loop;

/// Something with a descriptor that a loop watches.
class watched {
public:
  /// `events`: of epoll. On the loop's thread.
  virtual void on_events(std::uint32_t events) = 0;

protected:
  ~watched() = default;
};

/// Something that other threads bring to a loop. It must live until it was called.
class posted {
public:
  /// Under the loop's turn, but perhaps on the thread that posted, or on another one that did.
  virtual void on_posted() = 0;

protected:
  ~posted() = default;

private:
  friend class loop;
  posted* next_posted_ = nullptr;
};

/// Something whose output waits until the loop is through with what it is doing, so that many answers go out together.
class flushed {
public:
  virtual void flush() = 0; ///< as `on_posted`

protected:
  ~flushed() = default;

private:
  friend class loop;
  bool to_flush_ = false;
};

/// One thread that waits for many descriptors, and the time-outs, sockets and calls that belong to it.
///
/// Threads: everything that belongs to a loop is touched only under its turn. The loop's thread has the turn while it
/// works and gives it away while it waits; then whoever posts something takes the turn, does the work and writes to the
/// sockets itself, so that nobody is woken. While the turn is taken a post costs one exchange of a pointer.
/// Lifetime: what is posted or watched must not outlive it.
class loop {
public:
  loop();
  ~loop(); ///< stops
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  /// False when the system has no descriptors left for it.
  [[nodiscard]] bool usable() const { return epoll_ >= 0 && wake_ >= 0; }
  void start(const char* name);
  /// Ends the thread; what was posted before has run. Once.
  void stop();

  /// Any thread: calls `what`, soon or at once.
  void post(posted& what);

  // --- under the turn
  [[nodiscard]] bool watch(int descriptor, std::uint32_t events, watched& whom);
  void change(int descriptor, std::uint32_t events, watched& whom);
  void forget(int descriptor);
  void flush_later(flushed& whom) {
    if (!whom.to_flush_) {
      whom.to_flush_ = true;
      to_flush_.push_back(&whom);
    }
  }
  void flush_never(flushed& whom);
  /// Calls `whom` on the loop's own thread, soon.
  void run_on_own_thread(posted& whom) { own_.push_back(&whom); }
  /// Some other thread has the turn: it does no more than it must, and calls nobody back.
  [[nodiscard]] bool on_foreign_thread() const { return foreign_; }
  /// Deletes `what` when the present round of events, which may name it, is over. On the loop's thread.
  template <class T> void bury(std::unique_ptr<T> what) { buried_.push_back(std::shared_ptr<T>(std::move(what))); }

  [[nodiscard]] class timers& timers() { return timers_; }
  [[nodiscard]] std::int64_t now_ns() const { return now_ns_; } ///< steady; of the beginning of the present work
  [[nodiscard]] output& scratch() { return scratch_; }          ///< for `flush`; empty between calls
  static constexpr std::size_t read_bytes_max = 64 << 10;
  [[nodiscard]] std::uint8_t* read_buffer() { return read_buffer_.get(); }

private:
  void run();
  void wait_and_serve();
  void work_off(); ///< what was posted, then what is to be flushed
  bool run_posted();
  void run_flushes();
  void run_own();
  void wake();
  [[nodiscard]] int patience_ms() const;

  int epoll_ = -1;
  int wake_ = -1;
  turn turn_;
  std::atomic<posted*> posted_{nullptr}; ///< newest first
  std::atomic<bool> stopping_{false};

  // under the turn
  bool foreign_ = false;
  std::int64_t now_ns_;
  std::int64_t sleeps_until_ns_ = INT64_MAX;
  class timers timers_;
  std::vector<flushed*> to_flush_;
  std::vector<posted*> own_; ///< for the loop's own thread
  std::vector<std::shared_ptr<void>> buried_;
  output scratch_;
  std::unique_ptr<std::uint8_t[]> read_buffer_; ///< the loop's thread only
  std::thread thread_;
};

/// Steady time.
[[nodiscard]] std::int64_t steady_now_ns();

} // namespace cadenza::bridge::net
