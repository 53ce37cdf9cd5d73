#pragma once

#include "../../simulation/dice.hpp"

#include "actors/base/troubles.hpp"
#include "actors/nodes/membership.hpp"
#include "storage/memory/memory_store.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace cadenza::actors {

/// Nodes of one cluster on virtual time over one store that fails; each has a clock of its own. One seed is one course
/// of events.
class fleet {
public:
  struct weather {
    int refused = 0; ///< calls of the store per thousand
    int unknown = 0;
    int slow = 0;     ///< answered up to three seconds late
    bool out = false; ///< the store refuses everything
  };
  struct ship {
    std::string name;
    std::int64_t skew_ns = 0;
    std::int64_t drift_ppm = 0;
    std::int64_t incarnation = 0;
    bool frozen = false;
    bool dead = true;
    bool woken = false; ///< has not handled anything since it was frozen
    std::unique_ptr<clock> time;
    actor_context env;
    std::unique_ptr<cluster_views> views;
    caf::actor actor;
    int views_seen = 0;
  };

  fleet(std::uint64_t seed, int ships) : chance(seed) {
    config_.set("scheduler.policy", caf::atom("testing"));
    system_ = std::make_unique<caf::actor_system>(config_);
    system_->await_actors_before_shutdown(false);
    scheduler_ = &dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
    storage::memory_options options;
    options.post = [this](std::function<void()> answer, std::int64_t delay_ns) {
      if (peeking_)
        return answer();
      coming_.emplace(true_ns() + delay_ns, std::move(answer));
    };
    options.fault_hook = [this](const storage::fault_point& point) { return fate(point); };
    store_ = std::make_unique<storage::memory_store>(std::move(options));
    for (int i = 0; i < ships; ++i) {
      auto& one = ships_.emplace_back(std::make_unique<ship>());
      one->name = "n" + std::to_string(i);
    }
  }
  ~fleet() {
    for (auto& one : ships_)
      sink(*one);
    for (auto& one : ships_)
      one->frozen = false;
    coming_.clear();
    scheduler_->run();
    scheduler_->advance_time(std::chrono::hours(24));
    scheduler_->run();
  }

  [[nodiscard]] ship& at(int i) { return *ships_[static_cast<std::size_t>(i)]; }
  [[nodiscard]] int size() const { return static_cast<int>(ships_.size()); }
  [[nodiscard]] std::int64_t true_ns() const {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(scheduler_->clock().now().time_since_epoch()).count();
  }

  /// A process begins.
  void launch(ship& one, const std::string& address = {}, std::uint64_t incarnation = 0) {
    if (incarnation == 0)
      incarnation = static_cast<std::uint64_t>(++one.incarnation);
    one.dead = false;
    one.frozen = false;
    if (!one.time)
      one.time = std::make_unique<ship_clock>(*this, one);
    one.env.time = one.time.get();
    one.env.store = store_.get();
    one.env.wrong = &wrong_;
    one.env.counters = &counters_;
    one.env.log = [this, &one](log::level, log::fields values, log::sentence says) {
      log.push_back(std::to_string(true_ns() / 1'000'000) + " " + one.name + ": " + log::text_of(values, says));
    };
    retired_.push_back(std::move(one.views));
    one.views = std::make_unique<cluster_views>(one.name, 16);
    begin(one, address, static_cast<std::int64_t>(incarnation));
  }
  /// The actor begins (again), in a process that goes on.
  void begin(ship& one, const std::string& address, std::int64_t incarnation) {
    membership_options options;
    options.card.name = one.name;
    options.card.incarnation = incarnation;
    options.card.link_address = address.empty() ? one.name + ":1" : address;
    options.card.lease_ns = 5'000'000'000;
    options.shard_count = 16;
    options.views = one.views.get();
    options.changed = [&one](const cluster_view_ptr&) { ++one.views_seen; };
    if (tune)
      tune(options);
    one.actor = system_->spawn<membership>(one.env, options);
  }
  /// A process is killed.
  void sink(ship& one) {
    one.dead = true;
    if (one.actor)
      caf::anon_send_exit(one.actor, caf::exit_reason::kill);
    one.actor = nullptr;
  }

  /// One thing that can happen happens.
  void step() {
    std::vector<std::size_t> able;
    for (std::size_t i = 0; i < scheduler_->jobs.size(); ++i)
      if (const auto* one = ship_of(scheduler_->jobs[i]); one == nullptr || !one->frozen)
        able.push_back(i);
    std::vector<decltype(coming_)::iterator> due;
    for (auto i = coming_.begin(); i != coming_.end() && i->first <= true_ns(); ++i)
      due.push_back(i);
    const auto choices = static_cast<std::int64_t>(able.size() + due.size());
    if (choices == 0)
      return advance();
    const auto pick = static_cast<std::size_t>(chance.below(choices));
    if (pick < able.size()) {
      auto& jobs = scheduler_->jobs;
      if (auto* one = ship_of(jobs[able[pick]]))
        one->woken = false;
      std::rotate(jobs.begin(), jobs.begin() + static_cast<std::ptrdiff_t>(able[pick]),
                  jobs.begin() + static_cast<std::ptrdiff_t>(able[pick]) + 1);
      scheduler_->run_once();
    } else {
      auto what = std::move(due[pick - able.size()]->second);
      coming_.erase(due[pick - able.size()]);
      what();
    }
    look();
  }
  /// Steps for so long.
  void sail(std::int64_t ns) {
    const auto until = true_ns() + ns;
    coming_.emplace(until, [] {});
    while (true_ns() < until)
      step();
  }

  void thaw(ship& one) {
    one.woken = one.frozen;
    one.frozen = false;
  }

  [[nodiscard]] std::map<std::string, node_card> rows() {
    std::map<std::string, node_card> out;
    peeking_ = true;
    store_->cluster().read_leases([&](const storage::page<storage::node_lease>& leases) {
      for (const auto& row : leases.rows)
        if (auto card = decode_card(row.node, row.value))
          out.emplace(row.node, *std::move(card));
    });
    peeking_ = false;
    return out;
  }

  void send(ship& to, membership_mail content) {
    if (to.actor)
      caf::anon_send(to.actor, std::make_shared<membership_mail>(std::move(content)));
  }

  /// "" when all that live agree on who they are, else what is not so.
  [[nodiscard]] std::string disagreement() {
    std::vector<std::string> alive;
    for (auto& one : ships_)
      if (!one->dead)
        alive.push_back(one->name);
    for (auto& one : ships_) {
      if (one->dead)
        continue;
      const auto view = one->views->get();
      std::vector<std::string> known;
      for (const auto& member : view->members())
        known.push_back(member.name);
      if (known != alive)
        return one->name + " knows " + std::to_string(known.size()) + " members of " + std::to_string(alive.size());
      if (view->fingerprint() != ships_[index_of(alive.front())]->views->get()->fingerprint())
        return one->name + " sees another cluster than " + alive.front();
    }
    return {};
  }

  simulation::dice chance;
  weather now;
  std::vector<std::string> log;
  std::function<void(membership_options&)> tune;
  bool hints_lie = false; ///< a node may be dropped while it lives

private:
  class ship_clock final : public clock {
  public:
    ship_clock(const fleet& of, const ship& mine) : of_(of), mine_(mine) {}
    [[nodiscard]] std::int64_t now_ns() const override {
      const auto passed = of_.true_ns();
      return 1'700'000'000'000'000'000 + passed + passed / 1'000'000 * mine_.drift_ppm + mine_.skew_ns;
    }

  private:
    const fleet& of_;
    const ship& mine_;
  };

  [[nodiscard]] std::size_t index_of(const std::string& name) const {
    for (std::size_t i = 0; i < ships_.size(); ++i)
      if (ships_[i]->name == name)
        return i;
    throw std::logic_error("no ship " + name);
  }
  ship* ship_of(const caf::resumable* job) {
    for (auto& one : ships_)
      if (one->actor && dynamic_cast<caf::resumable*>(caf::actor_cast<caf::abstract_actor*>(one->actor)) == job)
        return one.get();
    return nullptr;
  }
  void advance() {
    std::int64_t next = true_ns() + 1'000'000'000;
    if (!coming_.empty())
      next = std::min(next, coming_.begin()->first);
    const auto& timers = scheduler_->clock().schedule();
    if (!timers.empty())
      next = std::min<std::int64_t>(
          next, std::chrono::duration_cast<std::chrono::nanoseconds>(timers.begin()->first.time_since_epoch()).count());
    scheduler_->advance_time(caf::timespan(std::max<std::int64_t>(next - true_ns(), 0)));
  }
  storage::fault fate(const storage::fault_point& point) {
    using kind = storage::fault::kind;
    storage::fault out;
    if (peeking_)
      return out;
    if (now.out || chance.permille(now.refused))
      out.what = kind::unavailable;
    else if (point.commit && chance.permille(now.unknown))
      out.what = chance.permille(500) ? kind::unknown_applied : kind::unknown_not_applied;
    out.delay_ns = chance.below(5'000'000);
    if (chance.permille(now.slow))
      out.delay_ns = chance.below(3'000'000'000);
    return out;
  }
  /// Whoever believes that it is a member has its lease in the store.
  void look() {
    if (hints_lie)
      return;
    const auto stored = rows();
    for (auto& one : ships_) {
      if (one->dead || one->frozen || one->woken || !one->views->get()->self_belongs())
        continue;
      const auto row = stored.find(one->name);
      if (row == stored.end())
        throw std::logic_error(one->name + " believes that it is a member, and its lease is gone");
    }
  }

  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator* scheduler_ = nullptr;
  std::unique_ptr<storage::memory_store> store_;
  std::multimap<std::int64_t, std::function<void()>> coming_; ///< by true time
  std::vector<std::unique_ptr<ship>> ships_;
  std::vector<std::unique_ptr<cluster_views>> retired_; ///< actors that end may still hold them
  bool peeking_ = false;
  struct still_clock final : clock {
    [[nodiscard]] std::int64_t now_ns() const override { return 1; }
  } still_;
  engine_counters counters_;
  troubles wrong_{still_, [this](log::level, log::fields values, log::sentence says) {
                    log.push_back(log::text_of(values, says));
                  }};
};

} // namespace cadenza::actors
