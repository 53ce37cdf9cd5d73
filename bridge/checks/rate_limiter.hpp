#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace cadenza::bridge {

/// What kind of work an RPC is, for rate limits.
enum class rate_class : std::uint8_t {
  none,       ///< not limited: health, domain calls
  user,       ///< starts, signals, describes…
  worker,     ///< answers and heartbeats of workers: counted, never refused
  poll,       ///< polls: share the budget of `worker`, and are refused
  visibility, ///< lists and counts
  async,      ///< asynchronous starts
};

/// Requests per second; 0 is unlimited. The defaults are unlimited, unlike the reference system's 1200 for users: they
/// would be far below what this server does. Bursts may be as large as one second's worth.
struct rate_settings {
  struct budget {
    double host = 0;      ///< all callers of this node together
    double domain = 0;    ///< each domain
    double task_list = 0; ///< each (domain, task list)
  };
  budget user;       ///< frontend.rps, domainrps, tasklistrps
  budget worker;     ///< frontend.workerrps, domainworkerrps, tasklistworkerrps
  budget visibility; ///< frontend.visibilityrps, domainvisibilityrps
  budget async;      ///< frontend.asyncrps, domainasyncrps, tasklistasyncrps
  budget lists;      ///< frontend.visibilityListMaxQPS: for each domain, lists without a query
  /// The limits of one domain and task list where they differ from those above; stage 0 user, 1 worker, 2 visibility,
  /// 3 async, 4 lists. Empty: all have the same. Called for every request while it is set: must be quick.
  std::function<budget(std::size_t stage, std::string_view domain, std::string_view task_list)> of;
};

/// Token buckets in three stages: a request needs a token of the host, its domain and its task list. Any thread. Costs
/// one relaxed load while a class of work is unlimited.
class rate_limiter {
public:
  explicit rate_limiter(const rate_settings& settings = {}) { set(settings); }

  /// Replaces the limits; every bucket starts full again.
  void set(const rate_settings& settings);

  /// Takes a token of each stage. False: refuse with ServiceBusy. `now_ns` is steady time.
  [[nodiscard]] bool admit(rate_class what, std::string_view domain, std::string_view task_list, std::int64_t now_ns);

  /// Takes a token of each stage for a poll, ahead of time when they will be there within `wait_max_ns`. How long to
  /// wait before going on, 0: not at all; nothing: refuse, and no token is gone.
  [[nodiscard]] std::optional<std::int64_t> admit_poll(std::string_view domain, std::string_view task_list,
                                                       std::int64_t wait_max_ns, std::int64_t now_ns);

  /// Takes a token for a list of `domain` that is about to be read from the store. False: refuse.
  [[nodiscard]] bool admit_list(std::string_view domain, std::int64_t now_ns);

private:
  /// Tokens are counted in time: the moment from which on the bucket is full.
  struct bucket {
    std::int64_t full_at_ns = INT64_MIN;
    bool take(double per_second, std::int64_t now_ns);
    /// How long until a token is there.
    [[nodiscard]] std::int64_t wait_ns(double per_second, std::int64_t now_ns) const;
    /// Takes one whether or not it is there yet.
    void take_ahead(double per_second, std::int64_t now_ns);
  };
  struct stage {
    std::atomic<bool> limited{false};
    std::mutex lock;
    rate_settings::budget rates;
    decltype(rate_settings::of) of;
    bucket host;
    std::map<std::string, bucket, std::less<>> domains;
    std::map<std::string, bucket, std::less<>> task_lists;
  };

  /// Null when there are too many.
  static bucket* find_keyed(std::map<std::string, bucket, std::less<>>& from, std::string_view key,
                            std::int64_t now_ns);
  static bool take_keyed(std::map<std::string, bucket, std::less<>>& from, std::string_view key, double per_second,
                         std::int64_t now_ns);

  std::array<stage, 5> stages_;
};

} // namespace cadenza::bridge
