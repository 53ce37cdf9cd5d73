#include "world.hpp"

#include "kept_lists.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace cadenza::simulation {
namespace {

constexpr std::int64_t epoch = 1'700'000'000LL * ns_per_s;
constexpr std::int64_t strike_ns = 500 * ns_per_ms;
constexpr std::int64_t steps_max = 8'000'000;
constexpr std::size_t log_max = 400;

std::int64_t since_start(const caf::scheduler::test_coordinator& scheduler) {
  const auto& clock = const_cast<caf::scheduler::test_coordinator&>(scheduler).clock();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(clock.now().time_since_epoch()).count();
}

} // namespace

world::world(std::uint64_t seed, int shards, const std::function<void(actors::engine_options&)>& tune)
  : chance_(seed), engine_chance_(~seed), wire_(*this, seed) {
  config_.set("scheduler.policy", caf::atom("testing"));
  system_ = std::make_unique<caf::actor_system>(config_);
  system_->await_actors_before_shutdown(false);
  scheduler_ = &dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  epoch_ns_ = epoch;

  storage::memory_options store;
  store.post = [this](std::function<void()> answer, std::int64_t delay_ns) {
    if (peeking_)
      return answer();
    ++store_answers_;
    later(delay_ns, [this, answer = std::move(answer)] {
      --store_answers_;
      answer();
    });
  };
  store.fault_hook = [this](const storage::fault_point& point) { return fate(point); };
  store_ = std::make_unique<storage::memory_store>(std::move(store));

  auto lists = storage::open_visibility_store({});
  if (!lists)
    throw violation("no visibility store: " + lists.error().message);
  lists_ = *std::move(lists);

  options_.shard_count = shards;
  options_.detached_visibility = false;
  options_.others = &wire_;
  options_.settings.identity = "simulation";
  options_.settings.chaos = true;
  options_.live = live_;
  options_.warnings = &warnings_;
  options_.work = &work_;
  if (seed % 4 == 3)
    live_->partitions = 3;
  if (seed % 5 == 1) {
    workflow::rules rules;
    rules.strong_idempotency = true;
    set_rules(std::make_shared<const workflow::rules>(std::move(rules)));
  }
  if (seed % 3 == 2)
    options_.settings.transfer_held = 2; // of most unfinished tasks only the id is in memory
  if (tune)
    tune(options_);
  begin();
  later(strike_ns, [this] { strike(); });
}

world::~world() {
  closing_ = true;
  end();
  due_.clear();
  coming_.clear();
  store_.reset(); // answers that it keeps back hold actors of the engines
  engines_.clear();
}

void world::begin() {
  engines_.push_back(std::make_unique<actors::local_engine>(
      *system_, *store_, clock_, engine_chance_,
      [this](log::level level, log::fields values, log::sentence says) { log_line(level, values, says); },
      [this] {
        return outcome<std::unique_ptr<storage::visibility_store>>(
            std::make_unique<kept_lists>(*lists_, [this] { return fate_of_lists(); }));
      },
      options_));
  engines_.back()->begin();
}

std::int64_t world::now_ns() const { return epoch_ns_ + since_start(*scheduler_); }

workflow::domain_ptr world::domain(const std::string& name) { return engine().domains()->find(name); }

void world::later(std::int64_t delay_ns, std::function<void()> what) {
  if (closing_)
    return;
  if (delay_ns <= 0)
    due_.push_back(std::move(what));
  else
    coming_.emplace(now_ns() + delay_ns, std::move(what));
}

// ---------------------------------------------------------------- what happens next

void world::advance(std::int64_t ns) { scheduler_->advance_time(caf::timespan(ns)); }

void world::run_job(std::size_t index) {
  auto& jobs = scheduler_->jobs;
  std::rotate(jobs.begin(), jobs.begin() + static_cast<std::ptrdiff_t>(index),
              jobs.begin() + static_cast<std::ptrdiff_t>(index) + 1);
  scheduler_->run_once();
}

void world::step() {
  // The actor that met it is made anew and may do well from then on: that must not hide it.
  if (broken_invariants() != broken_at_first_)
    throw violation("an invariant of the code is broken; the log says which");
  ++steps_;
  while (!coming_.empty() && coming_.begin()->first <= now_ns()) {
    due_.push_back(std::move(coming_.begin()->second));
    coming_.erase(coming_.begin());
  }
  const auto jobs = scheduler_->jobs.size();
  const auto choices = jobs + due_.size();
  if (choices == 0) {
    std::int64_t next = INT64_MAX;
    if (!coming_.empty())
      next = coming_.begin()->first;
    const auto& timers = scheduler_->clock().schedule();
    if (!timers.empty())
      next = std::min(
          next,
          epoch_ns_ +
              std::chrono::duration_cast<std::chrono::nanoseconds>(timers.begin()->first.time_since_epoch()).count());
    if (next == INT64_MAX)
      throw violation("nothing can ever happen again");
    return advance(std::max<std::int64_t>(next - now_ns(), 0));
  }
  const auto pick = static_cast<std::size_t>(chance_.below(static_cast<std::int64_t>(choices)));
  mix(pick * 1000 + choices);
  mix(static_cast<std::uint64_t>(now_ns()));
  if (pick < jobs) {
    run_job(pick);
  } else {
    std::swap(due_[pick - jobs], due_.back());
    const auto what = std::move(due_.back());
    due_.pop_back();
    what();
  }
  if (weather_.deaths > 0 && chance_.below(10'000) < weather_.deaths)
    kill_something();
  if (chance_.permille(60))
    advance(chance_.between(1, ns_per_ms));
}

void world::run_until(const std::string& what, const std::function<bool()>& over, std::int64_t ns_max) {
  const auto until = now_ns() + ns_max;
  while (!over()) {
    if (now_ns() > until || steps_ > steps_max)
      throw violation("it took too long: " + what + "; open calls: " + open_call_names());
    step();
  }
}

// ---------------------------------------------------------------- bad weather

storage::fault world::fate(const storage::fault_point& point) {
  using kind = storage::fault::kind;
  storage::fault out;
  if (decide_)
    if (auto decided = decide_(point))
      return *std::move(decided);
  if (peeking_)
    return out;
  if (point.commit) {
    if (chance_.permille(weather_.refused)) {
      out.what = kind::unavailable;
      count("refused commits");
    } else if (chance_.permille(weather_.unknown)) {
      out.what = chance_.permille(500) ? kind::unknown_applied : kind::unknown_not_applied;
      count(out.what == kind::unknown_applied ? "unknown commits, applied" : "unknown commits, not applied");
    }
  } else if (chance_.permille(weather_.unreadable)) {
    out.what = kind::unavailable;
    count("failed reads");
  }
  if (out.what != kind::none)
    log(0, "store: " + std::string(point.operation) + " of shard " + std::to_string(point.shard) + " fails, kind " +
               std::to_string(static_cast<int>(out.what)));
  if (point.commit && chance_.permille(weather_.overtaken)) {
    out.apply_delay_ns = chance_.below(chance_.permille(900) ? 2 * ns_per_ms : 100 * ns_per_ms);
    count("commits that reads overtake");
  }
  out.delay_ns = chance_.below(2 * ns_per_ms);
  if (chance_.permille(weather_.slow)) {
    out.delay_ns = chance_.between(ns_per_ms, 3 * ns_per_s);
    count("slow answers of the store");
  }
  return out;
}

std::optional<error> world::fate_of_lists() {
  if (!lists_broken_)
    return std::nullopt;
  count("failures of the lists' store");
  if (chance_.permille(300))
    return error{error_kind::internal_data_inconsistency, "injected damage"};
  return unavailable("injected fault");
}

bool world::answer_lost() {
  if (closing_ || !chance_.permille(weather_.lost_answers))
    return false;
  count("lost answers");
  return true;
}

void world::answered(std::uint64_t id, std::function<void()> then) {
  later(chance_.below(2 * ns_per_ms), [this, id, then = std::move(then)] {
    open_calls_.erase(id);
    then();
  });
}

std::string world::open_call_names() const {
  std::string out;
  for (const auto& [id, what] : open_calls_)
    out += what + ", ";
  return out;
}

void world::strike() {
  if (look_)
    look_();
  if (chance_.permille(weather_.broken_lists))
    lists_broken_ = !lists_broken_;
  if (chance_.permille(weather_.kills))
    kill_something();
  if (chance_.permille(weather_.crashes))
    crash();
  later(strike_ns, [this] { strike(); });
}

void world::kill_something() {
  const auto shard = "node/shard_owner/history_shard:" + std::to_string(chance_.below(shards()));
  std::string path;
  switch (chance_.below(12)) {
  case 0: path = "node/domain_registry"; break;
  case 1: path = "node/shard_owner"; break;
  case 2: path = "node/matching_owner"; break;
  case 3: path = "node/visibility_writer"; break;
  case 4:
  case 5: path = shard; break;
  case 6:
  case 7: path = "node/matching_owner/task_list:*"; break;
  default: path = shard + "/workflow_run:*"; break;
  }
  log(0, "kill " + path);
  engine().kill_actor(path, [this](const std::string& problem) {
    if (problem.empty())
      count("killed actors");
  });
}

void world::crash() {
  log(0, "crash");
  count("crashes");
  engine().kill();
  drain();
  begin();
}

/// Lets killed actors end, without time going on.
void world::drain() {
  auto& jobs = scheduler_->jobs;
  for (std::int64_t i = 0; !jobs.empty(); ++i) {
    if (i > steps_max)
      throw violation("killed actors do not end");
    run_job(static_cast<std::size_t>(chance_.below(static_cast<std::int64_t>(jobs.size()))));
  }
  if (const auto left = system_->registry().running(); left != 0)
    throw violation(std::to_string(left) + " actors outlive their node");
}

void world::end() {
  engine().kill();
  drain();
  // What was sent to actors with a delay holds them: let all of it go.
  advance(24 * 3600 * ns_per_s);
  drain();
}

void world::end_and_check(const std::function<void(const actors::local_engine&)>& look) {
  end();
  for (const auto& engine : engines_)
    look(*engine);
}

// ---------------------------------------------------------------- what was said

void world::log_line(log::level level, log::fields values, log::sentence says) {
  log(static_cast<int>(level), log::text_of(values, says));
}

void world::log(int level, const std::string& text) {
  static const bool loud = std::getenv("CADENZA_SIMULATION_LOG") != nullptr;
  const auto at = (now_ns() - epoch) / ns_per_ms;
  auto line = std::to_string(at) + " ms  " + std::to_string(level) + "  " + text;
  if (loud)
    std::cerr << line << '\n';
  log_.push_back(std::move(line));
  if (log_.size() > log_max)
    log_.pop_front();
}

int world::count_in_log(const std::string& text) const {
  return static_cast<int>(
      std::count_if(log_.begin(), log_.end(), [&](const auto& line) { return line.find(text) != std::string::npos; }));
}

std::string world::tail() const {
  std::string out;
  for (const auto& line : log_)
    out += line + '\n';
  return out;
}

} // namespace cadenza::simulation
