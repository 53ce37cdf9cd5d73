#pragma once

#include <chrono>
#include <csignal>

namespace cadenza {

/// What a server is told from outside.
enum class signal_kind { none, stop, reload };

/// Where a server hears it. One thread waits.
class signal_source {
public:
  virtual ~signal_source() = default;
  /// Waits for at most so long; `none` when nothing came.
  [[nodiscard]] virtual signal_kind wait(std::chrono::nanoseconds longest) = 0;
};

/// SIGTERM and SIGINT (stop) and SIGHUP (reload) of this process. Make it before any other thread exists: they are
/// blocked from then on, for all threads, and taken by `wait` alone. SIGPIPE is ignored from then on.
class process_signals final : public signal_source {
public:
  process_signals();
  [[nodiscard]] signal_kind wait(std::chrono::nanoseconds longest) override;

private:
  sigset_t set_;
};

} // namespace cadenza
