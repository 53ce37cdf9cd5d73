#pragma once

#include "dice.hpp"
#include "far_wire.hpp"
#include "ledger.hpp"
#include "settings.hpp"

#include "actors/base/workload.hpp"
#include "actors/engine/local_engine.hpp"
#include "config/limit_warnings.hpp"
#include "config/metrics.hpp"
#include "messages/invariant.hpp"
#include "messages/outcome.hpp"
#include "storage/memory/memory_store.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace caf::scheduler {
class test_coordinator;
}

namespace cadenza::simulation {

/// How rough the weather is, in events per thousand.
struct weather {
  int refused = 0;          ///< commits that end `unavailable`
  int unknown = 0;          ///< commits of unknown outcome, half of them applied
  int unreadable = 0;       ///< reads that end `unavailable`
  int slow = 0;             ///< store calls answered late, up to three seconds
  int overtaken = 0;        ///< commits that reads do not see for a while, up to a tenth of a second
  int broken_lists = 0;     ///< of strikes: the lists' store fails until another such moment
  int lost_answers = 0;     ///< answers of requests that turn into UNAVAILABLE on their way
  int kills = 0;            ///< of strikes, one each 500 ms: an actor dies
  int deaths = 0;           ///< of ten thousand steps: an actor dies
  int lost_messages = 0;    ///< from run to run, and of matching where it crosses a wire
  int doubled_messages = 0; ///< the second comes up to ten seconds later
  int late_messages = 0;    ///< up to ten seconds, so that they overtake each other and come when nobody waits any more
  int crashes = 0;          ///< of strikes: all actors die at once and the engine begins anew over the store
};

/// One engine on virtual time, over a store in memory that fails now and then. Nothing happens but in `step`, on the
/// caller's thread, so that one seed is one course of events.
class world {
public:
  /// `tune` may change the engine's options before it begins.
  world(std::uint64_t seed, int shards, const std::function<void(actors::engine_options&)>& tune = {});
  ~world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  /// Decisions of the simulation itself; ids of the engine come from another generator.
  [[nodiscard]] dice& chance() { return chance_; }
  [[nodiscard]] std::int64_t now_ns() const;
  [[nodiscard]] actors::local_engine& engine() { return *engines_.back(); }
  [[nodiscard]] storage::memory_store& store() { return *store_; }
  [[nodiscard]] storage::embedded_visibility& lists() { return *lists_; }
  [[nodiscard]] int shards() const { return options_.shard_count; }
  /// Null while the engine does not know it.
  [[nodiscard]] workflow::domain_ptr domain(const std::string& name);

  /// Something outside the engine, `delay_ns` from now. Of what is due at one moment any may come first.
  void later(std::int64_t delay_ns, std::function<void()> what);

  /// One thing that can happen happens: a message is handled, something outside comes, or time goes on.
  void step();
  /// Steps until `over` says so. A violation, naming `what`, when that takes more than `steps_max` or `ns_max`.
  void run_until(const std::string& what, const std::function<bool()>& over, std::int64_t ns_max);

  /// A call whose answer comes through a network that may delay or lose it.
  template <class Response>
  actors::call_ptr call(std::string what, std::function<void(const outcome<Response>&)> then,
                        std::int64_t patience_ns = INT64_MAX) {
    const auto id = ++last_call_;
    open_calls_.emplace(id, std::move(what));
    const auto deadline = patience_ns == INT64_MAX ? INT64_MAX : now_ns() + patience_ns;
    return std::make_shared<actors::inner_call<Response>>(
        deadline, [this, id, then = std::move(then)](const Response* response, const error* reason) {
          std::shared_ptr<outcome<Response>> result;
          if (answer_lost())
            result = std::make_shared<outcome<Response>>(unavailable("the network lost the answer"));
          else if (response != nullptr)
            result = std::make_shared<outcome<Response>>(*response);
          else
            result = std::make_shared<outcome<Response>>(*reason);
          answered(id, [then, result] { then(*result); });
        });
  }
  [[nodiscard]] std::size_t open_calls() const { return open_calls_.size(); }
  [[nodiscard]] std::string open_call_names() const;

  /// While the guard lives, reads of the store are answered at once, without faults, chance or time.
  struct peeking {
    explicit peeking(bool& flag) : flag_(flag) { flag_ = true; }
    ~peeking() { flag_ = false; }
    peeking(const peeking&) = delete;
    peeking& operator=(const peeking&) = delete;

  private:
    bool& flag_;
  };
  [[nodiscard]] peeking peek() { return peeking(peeking_); }

  /// Nobody waits for an answer of the store: whoever writes while peeking is not behind somebody else.
  [[nodiscard]] bool store_is_still() const { return store_answers_ == 0; }

  /// Called at each strike, twice in a virtual second.
  void on_strike(std::function<void()> look) { look_ = std::move(look); }

  /// Rules of all runs from now on; the defaults before.
  void set_rules(actors::rules_ptr rules) { live_->run_rules = std::move(rules); }
  /// What the engine looks up.
  [[nodiscard]] simulation::settings& live() { return *live_; }

  void set_weather(const weather& now) { weather_ = now; }
  /// What becomes of calls of the store, besides the weather: where `decide` says something it counts.
  void set_fate(std::function<std::optional<storage::fault>(const storage::fault_point&)> decide) {
    decide_ = std::move(decide);
  }
  /// No more faults and deaths.
  void calm() {
    weather_ = {};
    lists_broken_ = false;
  }

  /// Kills every actor and lets them end; what they leave is looked at afterwards.
  void end();
  /// The same, and shows every engine there was.
  void end_and_check(const std::function<void(const actors::local_engine&)>& look);

  void log(int level, const std::string& text);
  void log_line(log::level level, log::fields values, log::sentence says);
  /// The last lines of the log.
  [[nodiscard]] std::string tail() const;
  /// How many of them have this text.
  [[nodiscard]] int count_in_log(const std::string& text) const;
  /// Equal for equal courses of events.
  [[nodiscard]] std::uint64_t digest() const { return digest_; }
  [[nodiscard]] std::int64_t steps() const { return steps_; }
  [[nodiscard]] const std::map<std::string, std::int64_t>& happened() const { return happened_; }
  void count(const std::string& what, std::int64_t times = 1) { happened_[what] += times; }

private:
  class virtual_clock final : public actors::clock {
  public:
    explicit virtual_clock(const world& of) : of_(of) {}
    [[nodiscard]] std::int64_t now_ns() const override { return of_.now_ns(); }

  private:
    const world& of_;
  };

  void begin();
  void strike();
  void kill_something();
  void crash();
  void drain();
  void run_job(std::size_t index);
  void advance(std::int64_t ns);
  [[nodiscard]] storage::fault fate(const storage::fault_point& point);
  [[nodiscard]] bool answer_lost();
  [[nodiscard]] std::optional<error> fate_of_lists();
  friend class far_wire;
  // --- what crosses a wire (wires.cpp)
  void carry(const actors::run_message_ptr& message);
  void carry(const actors::matching_message_ptr& message);
  template <class Message> void send_off(const std::shared_ptr<const Message>& message, const std::string& kind);
  template <class Message>
  void carry_later(const std::shared_ptr<const Message>& message, const std::string& kind, std::int64_t delay_ns);
  void answered(std::uint64_t id, std::function<void()> then);
  void mix(std::uint64_t value) { digest_ = (digest_ ^ value) * 0x100000001B3ULL + 0x9E3779B9; }

  std::int64_t store_answers_ = 0; ///< on their way
  dice chance_;
  dice engine_chance_;
  virtual_clock clock_{*this};
  far_wire wire_;
  weather weather_;
  bool lists_broken_ = false;
  metrics::registry registry_;
  limit_warnings warnings_{
      registry_, [this](log::level level, log::fields values, log::sentence says) { log_line(level, values, says); },
      [this] { return now_ns(); }};
  actors::workload work_{registry_, clock_};
  actors::engine_options options_;
  const config::dynamic_config dynamic_;
  const std::shared_ptr<simulation::settings> live_ = std::make_shared<simulation::settings>(dynamic_);
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator* scheduler_ = nullptr;
  std::int64_t epoch_ns_ = 0;

  std::multimap<std::int64_t, std::function<void()>> coming_; ///< by unix time in ns
  std::vector<std::function<void()>> due_;
  std::map<std::uint64_t, std::string> open_calls_;
  std::uint64_t last_call_ = 0;
  bool closing_ = false;
  bool peeking_ = false;
  std::function<void()> look_;
  std::function<std::optional<storage::fault>(const storage::fault_point&)> decide_;

  std::deque<std::string> log_;
  const long broken_at_first_ = broken_invariants();
  std::uint64_t digest_ = 0xCBF29CE484222325ULL;
  std::int64_t steps_ = 0;
  std::map<std::string, std::int64_t> happened_;

  std::unique_ptr<storage::memory_store> store_;
  std::unique_ptr<storage::embedded_visibility> lists_;
  /// The last is alive. The others are kept: answers of the store that are still on their way know them.
  std::vector<std::unique_ptr<actors::local_engine>> engines_;
};

} // namespace cadenza::simulation
