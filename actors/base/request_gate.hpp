#pragma once

#include "messages/outcome.hpp"
#include "workflow/domain_view.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace cadenza::actors {

/// Requests per second to runs; 0 is unlimited.
struct request_rates {
  double host = 0;     ///< history.rps: all callers, all runs
  double external = 0; ///< history.workflowIDExternalRPS: starts, signals and descriptions of one workflow id
  double internal = 0; ///< history.workflowIDInternalRPS: decisions and activities of one workflow id
};

/// Token buckets before the runs: one for the host, two for each workflow id. Any thread. Costs one relaxed load while
/// nothing is limited. Bursts may be as large as one second's worth. Of more than 10,000 workflow ids that are not at
/// rest the further ones are not limited.
class request_gate {
public:
  /// The rates of a domain where they differ from the common ones. Must be quick.
  using rates_of = std::function<request_rates(std::string_view domain)>;

  /// Replaces the rates; every bucket starts full again. `of` empty: all domains have the same.
  void set(const request_rates& common, rates_of of = {});

  /// Takes a token for a caller's request to `workflow_id`; `by_id`: also of the id's bucket. service_busy tells the
  /// caller to come again.
  [[nodiscard]] outcome<void> admit(const workflow::domain_view& domain, std::string_view workflow_id, bool by_id,
                                    std::int64_t now_ns) {
    if (!requests_limited_.load(std::memory_order_relaxed))
      return {};
    return take_request(domain, workflow_id, by_id, now_ns);
  }

  /// Whether `admit_task` may refuse.
  [[nodiscard]] bool tasks_limited() const { return tasks_limited_.load(std::memory_order_relaxed); }
  /// Takes a token for a task of `workflow_id` that is to go to its list. False: it must wait.
  [[nodiscard]] bool admit_task(const workflow::domain_view& domain, std::string_view workflow_id, std::int64_t now_ns);

private:
  /// Tokens are counted in time: the moment from which on the bucket is full.
  struct bucket {
    std::int64_t full_at_ns = INT64_MIN;
    bool take(double per_second, std::int64_t now_ns);
  };
  using buckets = std::map<std::string, bucket, std::less<>>;

  static bool take_keyed(buckets& from, const workflow::domain_view& domain, std::string_view workflow_id,
                         double per_second, std::int64_t now_ns);
  outcome<void> take_request(const workflow::domain_view& domain, std::string_view workflow_id, bool by_id,
                             std::int64_t now_ns);

  std::atomic<bool> requests_limited_{false};
  std::atomic<bool> tasks_limited_{false};
  std::mutex lock_; // guards what follows
  request_rates common_;
  rates_of of_;
  bucket host_;
  buckets external_;
  buckets internal_;
};

} // namespace cadenza::actors
