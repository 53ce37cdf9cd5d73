#include "server/signals.hpp"

#include <algorithm>
#include <ctime>

namespace cadenza {

process_signals::process_signals() {
  sigemptyset(&set_);
  sigaddset(&set_, SIGTERM);
  sigaddset(&set_, SIGINT);
  sigaddset(&set_, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

signal_kind process_signals::wait(std::chrono::nanoseconds longest) {
  constexpr std::int64_t second = 1'000'000'000;
  const auto ns = std::max<std::int64_t>(longest.count(), 0);
  timespec time{};
  time.tv_sec = ns / second;
  time.tv_nsec = ns % second;
  switch (sigtimedwait(&set_, nullptr, &time)) {
  case SIGTERM:
  case SIGINT: return signal_kind::stop;
  case SIGHUP: return signal_kind::reload;
  default: return signal_kind::none;
  }
}

} // namespace cadenza
