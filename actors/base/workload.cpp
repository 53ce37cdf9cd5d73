#include "actors/base/workload.hpp"

#include "messages/invariant.hpp"

#include <algorithm>
#include <string_view>

namespace cadenza::actors {
namespace {

using metrics::declaration;
constexpr auto counter = metrics::kind::counter;
constexpr auto gauge = metrics::kind::gauge;
constexpr auto histogram = metrics::kind::histogram;

constexpr std::array declared{
    declaration{"cadenza_workflows_started_total", counter, "domain",
                "Workflow runs started, including those that continue others."},
    declaration{"cadenza_workflows_closed_total", counter, "domain,status",
                "Workflow runs closed, by status: completed, failed, timed_out, canceled, terminated, continued."},
    declaration{"cadenza_workflows_open", gauge, "domain",
                "Open workflow runs in the visibility store, counted at most every 15 s."},
    declaration{"cadenza_decisions_total", counter, "domain,outcome",
                "Decision tasks that ended, by outcome: completed, failed, timed_out."},
    declaration{"cadenza_activities_total", counter, "domain,outcome",
                "Activities that ended for good, by outcome: completed, failed, timed_out, canceled."},
    declaration{"cadenza_activity_retries_total", counter, "domain",
                "Activity attempts that failed or timed out and are retried."},
    declaration{"cadenza_decision_schedule_to_start_seconds", histogram, "domain",
                "Time that decision tasks waited for a worker."},
    declaration{"cadenza_activity_schedule_to_start_seconds", histogram, "domain",
                "Time that activity attempts waited for a worker."},
    declaration{"cadenza_timer_lateness_seconds", histogram, "", "How late timer tasks fired."},
    declaration{"cadenza_task_list_backlog", gauge, "domain,task_list,type",
                "Tasks waiting in the task list for a worker, stored ones included; only for task lists in memory."},
    declaration{"cadenza_task_list_backlog_age_seconds", gauge, "domain,task_list,type",
                "How long the oldest task has waited in the task list; 0: none is waiting."},
    declaration{"cadenza_task_list_pollers", gauge, "domain,task_list,type",
                "Polls waiting for a task; also 0 while all workers are busy."},
    declaration{"cadenza_task_list_last_poll_timestamp_seconds", gauge, "domain,task_list,type",
                "When a worker last polled the task list, in Unix time; 0: not since the task list was loaded."},
};

const declaration& find(std::string_view name) {
  const auto* found =
      std::find_if(declared.begin(), declared.end(), [&](const declaration& one) { return one.name == name; });
  CADENZA_ASSERT(found != declared.end(), "a metric that is shown is declared: " + std::string(name));
  return *found;
}

struct shown_count {
  std::string_view metric;
  std::string_view label; ///< empty: none beside the domain
  std::string_view value;
  counted what;
};

constexpr std::array shown_counts{
    shown_count{"cadenza_workflows_started_total", "", "", counted::workflow_started},
    shown_count{"cadenza_workflows_closed_total", "status", "completed", counted::workflow_completed},
    shown_count{"cadenza_workflows_closed_total", "status", "failed", counted::workflow_failed},
    shown_count{"cadenza_workflows_closed_total", "status", "timed_out", counted::workflow_timed_out},
    shown_count{"cadenza_workflows_closed_total", "status", "canceled", counted::workflow_canceled},
    shown_count{"cadenza_workflows_closed_total", "status", "terminated", counted::workflow_terminated},
    shown_count{"cadenza_workflows_closed_total", "status", "continued", counted::workflow_continued},
    shown_count{"cadenza_decisions_total", "outcome", "completed", counted::decision_completed},
    shown_count{"cadenza_decisions_total", "outcome", "failed", counted::decision_failed},
    shown_count{"cadenza_decisions_total", "outcome", "timed_out", counted::decision_timed_out},
    shown_count{"cadenza_activities_total", "outcome", "completed", counted::activity_completed},
    shown_count{"cadenza_activities_total", "outcome", "failed", counted::activity_failed},
    shown_count{"cadenza_activities_total", "outcome", "timed_out", counted::activity_timed_out},
    shown_count{"cadenza_activities_total", "outcome", "canceled", counted::activity_canceled},
    shown_count{"cadenza_activity_retries_total", "", "", counted::activity_retried},
};

constexpr double second_ns = 1e9;

} // namespace

domain_figures::domain_figures(metrics::registry& registry, const uuid& id, const std::string& name)
  : decision_waits(
        registry.histogram(find("cadenza_decision_schedule_to_start_seconds"), {{"domain", name}}, wait_buckets)),
    activity_waits(
        registry.histogram(find("cadenza_activity_schedule_to_start_seconds"), {{"domain", name}}, wait_buckets)),
    id_(id) {
  for (const auto& one : shown_counts) {
    metrics::labels labels{{"domain", name}};
    if (!one.label.empty())
      labels.emplace(one.label, one.value);
    counts_[static_cast<std::size_t>(one.what)] = &registry.counter(find(one.metric), labels);
  }
  CADENZA_ASSERT(std::find(counts_.begin(), counts_.end(), nullptr) == counts_.end(),
                 "whatever is counted of runs is shown");
}

void domain_figures::add(const run_tally& tally) noexcept {
  for (std::size_t i = 0; i < counted_kinds; ++i)
    if (const auto n = tally.of(i); n != 0)
      counts_[i]->add(n);
}

std::span<const declaration> workload::table() { return declared; }

workload::workload(metrics::registry& registry, const clock& time)
  : registry_(registry), time_(time), lateness_(registry.histogram(find("cadenza_timer_lateness_seconds"))),
    other_(registry, {}, "other") {
  show();
}

workload::~workload() {
  shown_.clear();
  for (auto& slot : by_domain_)
    delete slot.load();
}

domain_figures& workload::of(const workflow::domain_view& domain) {
  for (auto at = std::hash<uuid>{}(domain.id);; ++at) {
    auto& slot = by_domain_[at % slots];
    auto* known = slot.load(std::memory_order_acquire);
    if (known == nullptr) {
      if (domains_.load(std::memory_order_relaxed) >= domains_max)
        return other_;
      auto made = std::make_unique<domain_figures>(registry_, domain.id, domain.name);
      if (slot.compare_exchange_strong(known, made.get(), std::memory_order_acq_rel)) {
        domains_.fetch_add(1, std::memory_order_relaxed);
        return *made.release();
      }
    }
    if (known->id() == domain.id)
      return *known;
  }
}

std::shared_ptr<list_figures> workload::add_list(const std::string& domain, const std::string& list, int type) {
  auto made = std::make_shared<list_figures>();
  const std::lock_guard guard(lock_);
  lists_.push_back({{domain, list, type}, made});
  return made;
}

void workload::set_open(std::map<std::string, std::int64_t> by_domain) {
  const std::lock_guard guard(lock_);
  open_ = std::move(by_domain);
}

/// Under the lock: the lists that are there, those that have no label of their own under one key.
std::map<workload::list_key, workload::list_sum> workload::sums() {
  std::map<list_key, list_sum> out;
  std::set<list_key> there;
  for (auto i = lists_.begin(); i != lists_.end();) {
    const auto figures = i->figures.lock();
    if (!figures) {
      i = lists_.erase(i);
      continue;
    }
    const bool own = named_.contains(i->key) || (named_.size() < lists_max && named_.insert(i->key).second);
    there.insert(i->key);
    auto& sum = out[own ? i->key : list_key{"other", "other", std::get<int>(i->key)}];
    sum.backlog += figures->backlog.load(std::memory_order_relaxed);
    sum.polls += figures->polls.load(std::memory_order_relaxed);
    sum.last_poll_ns = std::max(sum.last_poll_ns, figures->last_poll_ns.load(std::memory_order_relaxed));
    if (const auto oldest = figures->oldest_ns.load(std::memory_order_relaxed);
        oldest != 0 && (sum.oldest_ns == 0 || oldest < sum.oldest_ns))
      sum.oldest_ns = oldest;
    ++i;
  }
  std::erase_if(named_, [&](const list_key& key) { return !there.contains(key); });
  return out;
}

metrics::samples workload::lists(double (*value)(const list_sum&, std::int64_t now_ns)) {
  const std::lock_guard guard(lock_);
  metrics::samples out;
  const auto now = time_.now_ns();
  for (const auto& [key, sum] : sums()) {
    const auto& [domain, list, type] = key;
    out.emplace_back(
        metrics::labels{{"domain", domain}, {"task_list", list}, {"type", type == 0 ? "decision" : "activity"}},
        value(sum, now));
  }
  return out;
}

void workload::show() {
  shown_.push_back(registry_.computed_gauges(find("cadenza_workflows_open"), [this] {
    const std::lock_guard guard(lock_);
    metrics::samples out;
    for (const auto& [domain, count] : open_)
      out.emplace_back(metrics::labels{{"domain", domain}}, static_cast<double>(count));
    return out;
  }));
  const auto by_list = [&](std::string_view name, double (*value)(const list_sum&, std::int64_t)) {
    shown_.push_back(registry_.computed_gauges(find(name), [this, value] { return lists(value); }));
  };
  by_list("cadenza_task_list_backlog", [](const auto& sum, auto) { return static_cast<double>(sum.backlog); });
  by_list("cadenza_task_list_backlog_age_seconds", [](const auto& sum, auto now) {
    return sum.oldest_ns == 0 ? 0 : static_cast<double>(std::max<std::int64_t>(0, now - sum.oldest_ns)) / second_ns;
  });
  by_list("cadenza_task_list_pollers", [](const auto& sum, auto) { return static_cast<double>(sum.polls); });
  by_list("cadenza_task_list_last_poll_timestamp_seconds",
          [](const auto& sum, auto) { return static_cast<double>(sum.last_poll_ns) / second_ns; });
}

} // namespace cadenza::actors
