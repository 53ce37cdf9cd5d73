#include "actors/base/request_gate.hpp"

#include "messages/invariant.hpp"

#include <algorithm>

namespace cadenza::actors {

namespace {

constexpr std::size_t buckets_max = 10'000;
constexpr double second_ns = 1e9;

} // namespace

bool request_gate::bucket::take(double per_second, std::int64_t now_ns) {
  if (per_second <= 0)
    return true;
  const auto cost_ns = static_cast<std::int64_t>(second_ns / per_second);
  // At most one second's worth of tokens, and always at least one.
  const auto depth_ns = std::max(static_cast<std::int64_t>(second_ns), cost_ns);
  // The clock may have been set back: a bucket is never emptier than empty.
  full_at_ns = std::min(full_at_ns, now_ns + depth_ns);
  const auto from = std::max(full_at_ns, now_ns);
  if (from - now_ns + cost_ns > depth_ns)
    return false;
  full_at_ns = from + cost_ns;
  return true;
}

void request_gate::set(const request_rates& common, rates_of of) {
  const std::lock_guard guard(lock_);
  common_ = common;
  of_ = std::move(of);
  host_ = {};
  external_.clear();
  internal_.clear();
  requests_limited_ = common_.host > 0 || common_.external > 0 || of_;
  tasks_limited_ = common_.internal > 0 || of_;
}

bool request_gate::take_keyed(buckets& from, const workflow::domain_view& domain, std::string_view workflow_id,
                              double per_second, std::int64_t now_ns) {
  if (per_second <= 0)
    return true;
  std::string key = domain.id.raw();
  key += workflow_id;
  auto at = from.find(key);
  if (at == from.end()) {
    // A full bucket is the same as none, so dropping those loses nothing.
    if (from.size() >= buckets_max)
      std::erase_if(from, [now_ns](const auto& entry) { return entry.second.full_at_ns <= now_ns; });
    if (from.size() >= buckets_max)
      return true; // bounded memory beats an exact limit
    at = from.emplace(std::move(key), bucket{}).first;
    CADENZA_ASSERT(from.size() <= buckets_max, "a limit by workflow id remembers a bounded number of ids");
  }
  return at->second.take(per_second, now_ns);
}

outcome<void> request_gate::take_request(const workflow::domain_view& domain, std::string_view workflow_id, bool by_id,
                                         std::int64_t now_ns) {
  const std::lock_guard guard(lock_);
  if (by_id && !take_keyed(external_, domain, workflow_id, (of_ ? of_(domain.name) : common_).external, now_ns))
    return service_busy("Too many requests for the workflow ID", "external-workflow-id-rate-limit");
  if (!host_.take(common_.host, now_ns))
    return service_busy("History host rps exceeded");
  return {};
}

bool request_gate::admit_task(const workflow::domain_view& domain, std::string_view workflow_id, std::int64_t now_ns) {
  const std::lock_guard guard(lock_);
  return take_keyed(internal_, domain, workflow_id, (of_ ? of_(domain.name) : common_).internal, now_ns);
}

} // namespace cadenza::actors
