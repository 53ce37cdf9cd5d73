#include "bridge/net/loop.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace cadenza::bridge::net {

namespace {

constexpr int events_max = 64;
constexpr int events_between_answers = 8; ///< so many sockets are served before the answers that came meanwhile go out
constexpr int rounds_for_others_max = 4;  ///< so often a thread works for others before it leaves the rest to the loop

} // namespace

std::int64_t steady_now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

loop::loop()
  : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), now_ns_(steady_now_ns()),
    timers_(now_ns_), read_buffer_(new std::uint8_t[read_bytes_max]) {
  if (usable()) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = nullptr; // the one that is no `watched`
    epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event);
  }
}

loop::~loop() {
  stop();
  if (wake_ >= 0)
    ::close(wake_);
  if (epoll_ >= 0)
    ::close(epoll_);
}

void loop::start(const char* name) {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), name);
}

void loop::stop() {
  if (!thread_.joinable())
    return;
  stopping_.store(true);
  wake();
  thread_.join();
}

void loop::post(posted& what) {
  what.next_posted_ = posted_.load(std::memory_order_relaxed);
  while (!posted_.compare_exchange_weak(what.next_posted_, &what)) {
  }
  // Whoever has the turn looks at `posted_` after giving it away: it sees this one (see `turn`).
  for (int round = 0; turn_.try_take(); ++round) {
    now_ns_ = steady_now_ns();
    foreign_ = true;
    work_off();
    foreign_ = false;
    const bool leave = round + 1 == rounds_for_others_max;
    // The loop's thread waits for what was known when it began to.
    if (leave || !own_.empty() || timers_.next_ns() < sleeps_until_ns_)
      wake();
    turn_.give();
    if (leave || posted_.load() == nullptr)
      return;
  }
}

void loop::run() {
  turn_.take();
  while (!stopping_.load(std::memory_order_relaxed))
    wait_and_serve();
  work_off();
  run_own();
  buried_.clear();
  turn_.give();
}

void loop::wait_and_serve() {
  const auto patience = patience_ms();
  sleeps_until_ns_ = timers_.next_ns();
  turn_.give();
  std::array<epoll_event, events_max> events;
  // A post that found the turn taken relies on this look after it was given away.
  const int count = epoll_wait(epoll_, events.data(), events_max, posted_.load() != nullptr ? 0 : patience);
  turn_.take();
  now_ns_ = steady_now_ns();
  for (int i = 0; i < count; ++i) {
    if (auto* whom = static_cast<watched*>(events[static_cast<std::size_t>(i)].data.ptr)) {
      whom->on_events(events[static_cast<std::size_t>(i)].events);
    } else {
      std::uint64_t woken = 0;
      [[maybe_unused]] const auto got = ::read(wake_, &woken, sizeof woken);
    }
    if ((i + 1) % events_between_answers == 0)
      work_off();
  }
  timers_.run(now_ns_);
  work_off();
  run_own();
  buried_.clear(); // the events of this round may have named them; those of the next cannot
}

int loop::patience_ms() const {
  if (!to_flush_.empty() || !own_.empty() || !buried_.empty())
    return 0;
  const auto next = timers_.next_ns();
  if (next == INT64_MAX)
    return -1;
  const auto left_ms = (next - now_ns_) / 1'000'000 + 1;
  return static_cast<int>(std::clamp<std::int64_t>(left_ms, 0, 60'000));
}

void loop::work_off() {
  while (run_posted() || !to_flush_.empty())
    run_flushes();
}

bool loop::run_posted() {
  auto* newest = posted_.exchange(nullptr);
  if (!newest)
    return false;
  posted* oldest = nullptr;
  while (newest) {
    auto* const next = newest->next_posted_;
    newest->next_posted_ = oldest;
    oldest = newest;
    newest = next;
  }
  while (oldest) {
    auto* const next = oldest->next_posted_; // it may be posted again, or go, as soon as it is called
    oldest->on_posted();
    oldest = next;
  }
  return true;
}

void loop::run_flushes() {
  // Whoever is flushed may ask for another one later; those come in the next round.
  for (std::size_t i = 0; i < to_flush_.size(); ++i) {
    auto* const whom = to_flush_[i];
    if (!whom)
      continue;
    whom->to_flush_ = false;
    whom->flush();
  }
  to_flush_.clear();
}

void loop::flush_never(flushed& whom) {
  if (!whom.to_flush_)
    return;
  whom.to_flush_ = false;
  std::replace(to_flush_.begin(), to_flush_.end(), &whom, static_cast<flushed*>(nullptr));
}

void loop::run_own() {
  while (!own_.empty()) {
    const auto now = std::exchange(own_, {});
    for (auto* whom : now)
      whom->on_posted();
    work_off();
  }
}

bool loop::watch(int descriptor, std::uint32_t events, watched& whom) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &whom;
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void loop::change(int descriptor, std::uint32_t events, watched& whom) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &whom;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event);
}

void loop::forget(int descriptor) {
  epoll_event none{};
  epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, &none);
}

void loop::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto told = ::write(wake_, &one, sizeof one);
}

} // namespace cadenza::bridge::net
