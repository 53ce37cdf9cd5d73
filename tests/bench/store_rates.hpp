#pragma once

#include <cstdint>
#include <memory>
#include <string>

/// Rates of the disk and of the embedded store alone: what every durable figure is held against.
namespace cadenza::bench {

/// Appends of 512 bytes, each followed by fdatasync, per second; measured for `seconds` in `directory`. Blocks.
[[nodiscard]] double sync_rate(const std::string& directory, double seconds);

struct store_rate {
  double transactions_per_s = 0;
  double syncs_per_s = 0;
  double sync_us = 0;   ///< mean time of one sync
  double per_group = 0; ///< transactions that shared one sync
  double megabytes_per_s = 0;
  double cpu_us = 0; ///< CPU of this process for one transaction
};

/// The embedded store on a directory of its own, and transactions shaped as a run's commits.
class store_under_test {
public:
  /// Opens or creates; throws std::runtime_error when it cannot.
  explicit store_under_test(const std::string& directory);
  ~store_under_test();
  store_under_test(const store_under_test&) = delete;
  store_under_test& operator=(const store_under_test&) = delete;

  /// Transactions of four rows with `at_once` under way for `seconds`. Blocks. Throws std::runtime_error when one
  /// fails.
  [[nodiscard]] store_rate measure(int at_once, double seconds);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace cadenza::bench
