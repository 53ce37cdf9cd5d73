#include "bridge/rate_limiter.hpp"

#include <algorithm>

namespace cadenza::bridge {

namespace {

constexpr std::size_t buckets_max = 10'000;
constexpr double ns_per_second = 1e9;

std::size_t stage_of(rate_class what) {
  switch (what) {
  case rate_class::none:
  case rate_class::user: return 0;
  case rate_class::worker:
  case rate_class::poll: return 1;
  case rate_class::visibility: return 2;
  case rate_class::async: return 3;
  }
  return 0;
}

} // namespace

bool rate_limiter::bucket::take(double per_second, std::int64_t now_ns) {
  if (per_second <= 0)
    return true;
  const auto cost_ns = static_cast<std::int64_t>(ns_per_second / per_second);
  // At most one second's worth of tokens, and always at least one.
  const auto depth_ns = std::max(static_cast<std::int64_t>(ns_per_second), cost_ns);
  const auto from = std::max(full_at_ns, now_ns);
  if (from - now_ns + cost_ns > depth_ns)
    return false;
  full_at_ns = from + cost_ns;
  return true;
}

void rate_limiter::set(const rate_settings& settings) {
  const std::array budgets{settings.user, settings.worker, settings.visibility, settings.async};
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    auto& s = stages_[i];
    const std::lock_guard guard(s.lock);
    s.rates = budgets[i];
    s.of = settings.of;
    s.host = {};
    s.domains.clear();
    s.task_lists.clear();
    s.limited = s.rates.host > 0 || s.rates.domain > 0 || s.rates.task_list > 0 || s.of;
  }
}

bool rate_limiter::take_keyed(std::map<std::string, bucket, std::less<>>& from, std::string_view key, double per_second,
                              std::int64_t now_ns) {
  if (per_second <= 0)
    return true;
  auto at = from.find(key);
  if (at == from.end()) {
    // A full bucket is the same as none, so dropping those loses nothing.
    if (from.size() >= buckets_max)
      std::erase_if(from, [now_ns](const auto& entry) { return entry.second.full_at_ns <= now_ns; });
    if (from.size() >= buckets_max)
      return true; // bounded memory beats an exact limit
    at = from.emplace(key, bucket{}).first;
  }
  return at->second.take(per_second, now_ns);
}

bool rate_limiter::admit(rate_class what, std::string_view domain, std::string_view task_list, std::int64_t now_ns) {
  if (what == rate_class::none)
    return true;
  auto& s = stages_[stage_of(what)];
  if (!s.limited.load(std::memory_order_relaxed))
    return true;
  const std::lock_guard guard(s.lock);
  const auto rates = s.of ? s.of(stage_of(what), domain, task_list) : s.rates;
  bool admitted = s.host.take(rates.host, now_ns);
  if (admitted)
    admitted = take_keyed(s.domains, domain, rates.domain, now_ns);
  if (admitted && !task_list.empty() && rates.task_list > 0) {
    std::string key(domain);
    key += '\0';
    key += task_list;
    admitted = take_keyed(s.task_lists, key, rates.task_list, now_ns);
  }
  // Work that was already done must not be thrown away: answers of workers only use up the budget of polls.
  return admitted || what == rate_class::worker;
}

} // namespace cadenza::bridge
