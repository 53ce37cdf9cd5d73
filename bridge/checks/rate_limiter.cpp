#include "bridge/checks/rate_limiter.hpp"

#include <algorithm>

namespace cadenza::bridge {

namespace {

constexpr std::size_t buckets_max = 10'000;
constexpr double ns_per_second = 1e9;
constexpr std::size_t poll_stage = 1;
constexpr std::size_t list_stage = 4;

std::int64_t cost_of(double per_second) { return static_cast<std::int64_t>(ns_per_second / per_second); }
/// At most one second's worth of tokens, and always at least one.
std::int64_t depth_of(std::int64_t cost_ns) { return std::max(static_cast<std::int64_t>(ns_per_second), cost_ns); }

std::size_t stage_of(rate_class what) {
  switch (what) {
  case rate_class::none:
  case rate_class::user: return 0;
  case rate_class::worker:
  case rate_class::poll: return poll_stage;
  case rate_class::visibility: return 2;
  case rate_class::async: return 3;
  }
  return 0;
}

std::string list_key(std::string_view domain, std::string_view task_list) {
  std::string key(domain);
  key += '\0';
  key += task_list;
  return key;
}

} // namespace

bool rate_limiter::bucket::take(double per_second, std::int64_t now_ns) {
  if (per_second <= 0)
    return true;
  if (wait_ns(per_second, now_ns) > 0)
    return false;
  take_ahead(per_second, now_ns);
  return true;
}

std::int64_t rate_limiter::bucket::wait_ns(double per_second, std::int64_t now_ns) const {
  if (per_second <= 0)
    return 0;
  const auto cost_ns = cost_of(per_second);
  return std::max<std::int64_t>(std::max(full_at_ns, now_ns) - now_ns + cost_ns - depth_of(cost_ns), 0);
}

void rate_limiter::bucket::take_ahead(double per_second, std::int64_t now_ns) {
  if (per_second > 0)
    full_at_ns = std::max(full_at_ns, now_ns) + cost_of(per_second);
}

void rate_limiter::set(const rate_settings& settings) {
  const std::array budgets{settings.user, settings.worker, settings.visibility, settings.async, settings.lists};
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

rate_limiter::bucket* rate_limiter::find_keyed(std::map<std::string, bucket, std::less<>>& from, std::string_view key,
                                               std::int64_t now_ns) {
  auto at = from.find(key);
  if (at == from.end()) {
    // A full bucket is the same as none, so dropping those loses nothing.
    if (from.size() >= buckets_max)
      std::erase_if(from, [now_ns](const auto& entry) { return entry.second.full_at_ns <= now_ns; });
    if (from.size() >= buckets_max)
      return nullptr; // bounded memory beats an exact limit
    at = from.emplace(key, bucket{}).first;
  }
  return &at->second;
}

bool rate_limiter::take_keyed(std::map<std::string, bucket, std::less<>>& from, std::string_view key, double per_second,
                              std::int64_t now_ns) {
  if (per_second <= 0)
    return true;
  auto* found = find_keyed(from, key, now_ns);
  return found == nullptr || found->take(per_second, now_ns);
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
  if (admitted && !task_list.empty() && rates.task_list > 0)
    admitted = take_keyed(s.task_lists, list_key(domain, task_list), rates.task_list, now_ns);
  // Work that was already done must not be thrown away: answers of workers only use up the budget of polls.
  return admitted || what == rate_class::worker;
}

std::optional<std::int64_t> rate_limiter::admit_poll(std::string_view domain, std::string_view task_list,
                                                     std::int64_t wait_max_ns, std::int64_t now_ns) {
  auto& s = stages_[poll_stage];
  if (!s.limited.load(std::memory_order_relaxed))
    return 0;
  const std::lock_guard guard(s.lock);
  const auto rates = s.of ? s.of(poll_stage, domain, task_list) : s.rates;
  struct share {
    bucket* from;
    double per_second;
  };
  std::array<share, 3> shares{{{&s.host, rates.host}, {nullptr, rates.domain}, {nullptr, rates.task_list}}};
  if (rates.domain > 0)
    shares[1].from = find_keyed(s.domains, domain, now_ns);
  if (rates.task_list > 0 && !task_list.empty())
    shares[2].from = find_keyed(s.task_lists, list_key(domain, task_list), now_ns);
  std::int64_t wait_ns = 0;
  for (const auto& one : shares)
    if (one.from != nullptr)
      wait_ns = std::max(wait_ns, one.from->wait_ns(one.per_second, now_ns));
  if (wait_ns > wait_max_ns)
    return std::nullopt;
  for (const auto& one : shares)
    if (one.from != nullptr)
      one.from->take_ahead(one.per_second, now_ns);
  return wait_ns;
}

bool rate_limiter::admit_list(std::string_view domain, std::int64_t now_ns) {
  auto& s = stages_[list_stage];
  if (!s.limited.load(std::memory_order_relaxed))
    return true;
  const std::lock_guard guard(s.lock);
  return take_keyed(s.domains, domain, s.of ? s.of(list_stage, domain, {}).domain : s.rates.domain, now_ns);
}

} // namespace cadenza::bridge
