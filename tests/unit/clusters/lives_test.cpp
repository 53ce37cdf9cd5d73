#include "same.hpp"

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>

/// Lives of two clusters in which chance chooses: roads that are cut, processes that are killed, answers that are lost,
/// fail-overs that one side does not hear of. When all is well again, both have the same. CADENZA_CLUSTER_LIVES plays
/// more of them.
namespace cadenza::actors {
namespace {

class life : public two_clusters {
public:
  explicit life(std::uint64_t seed) : random_(seed) {
    put_domain("orders", "dc1");
    answer_passes = [this](const std::string&, const std::string&, std::uint32_t) { return !unsure_ || !one_in(4); };
  }

  void play(int steps) {
    for (int i = 0; i < steps; ++i) {
      step();
      if (one_in(3))
        pass_tenth();
    }
  }

  /// All is well again; what is not the same then.
  std::string end() {
    unsure_ = false;
    for (auto* one : {&dc1(), &dc2()})
      if (!one->engine)
        begin(*one);
    mend();
    std::string last = "nothing was compared";
    (void)until([&] { return (last = all_differences()).empty(); }, 180);
    for (auto* one : {&dc1(), &dc2()})
      if (last.empty() && !dead_letters_of(*one, other(*one).name).empty())
        last = one->name + " has dead letters: " + dead_letters_of(*one, other(*one).name).front().ShortDebugString();
    return last;
  }
  int conflicts = 0;

private:
  [[nodiscard]] int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
  [[nodiscard]] bool one_in(int n) { return below(n) == 0; }
  side& any() { return one_in(2) ? dc1() : dc2(); }
  /// Mostly the side that is active as far as it knows itself.
  side& writer() {
    auto& one = any();
    if (one.engine && domain(one, "orders")->row.domain().active_cluster_name() == one.name)
      return one;
    return one_in(5) ? one : other(one);
  }
  std::string workflow() { return "order-" + std::to_string(below(4)); }

  void step() {
    auto& at = writer();
    const auto what = below(40);
    if (what == 0)
      return cut_off();
    if (what == 1)
      return mend();
    if (what == 2)
      return end_process(any());
    if (what == 3)
      return fail_over();
    if (what == 4) {
      unsure_ = !unsure_;
      return;
    }
    if (!at.engine)
      return begin(at);
    if (what < 10)
      return (void)start(at, "orders", workflow(), "list", [](auto& request) { request.set_request_id(""); });
    if (what < 18) {
      const auto name = "signal " + std::to_string(++signals_);
      return (void)signal(at, "orders", workflow(), name, name);
    }
    if (what == 18)
      return (void)terminate(at, "orders", workflow());
    work(at);
  }

  void cut_off() {
    if (std::exchange(is_cut_, true))
      return;
    cut();
  }
  /// The road is there again, and who has not heard of a fail-over does now.
  void mend() {
    is_cut_ = false;
    heal();
    if (const auto target = std::exchange(untold_, std::nullopt))
      put_domain(*target == "dc1" ? dc2() : dc1(), "orders", *target);
  }
  void end_process(side& which) {
    hung_[which.name].clear();
    kill(which);
    if (one_in(2))
      begin(which);
  }
  void fail_over() {
    if (untold_)
      return; // one at a time is enough for two histories
    const auto target = active_ == "dc1" ? "dc2" : "dc1";
    active_ = target;
    if (!is_cut_)
      return put_domain("orders", active_);
    ++conflicts;
    put_domain(active_ == "dc1" ? dc1() : dc2(), "orders", active_);
    untold_ = active_;
  }

  void work(side& of) {
    auto& hung = hung_[of.name];
    if (hung.size() < 2)
      hung.push_back({hang(of, "orders"), hang_for_activity(of, "orders")});
    pass_tenth();
    std::vector<std::pair<asked, asked>> left;
    for (auto& [decision, task] : std::exchange(hung, {})) {
      if (const auto got_one = got(decision); got_one && !one_in(6))
        (void)decide(of, "orders", *got_one, decisions());
      if (const auto got_one = got<api::PollForActivityTaskResponse>(task); got_one && !one_in(6))
        (void)complete_activity(of, "orders", *got_one);
      if (!decision->answered() && !task->answered())
        left.emplace_back(std::move(decision), std::move(task));
    }
    auto& still = hung_[of.name];
    still.insert(still.end(), left.begin(), left.end());
  }
  std::vector<api::Decision> decisions() {
    const auto name = std::to_string(++named_);
    switch (below(6)) {
    case 0: return {completion()};
    case 1: {
      api::Decision again;
      again.mutable_continue_as_new_workflow_execution_decision_attributes()->set_initiator(
          api::CONTINUE_AS_NEW_INITIATOR_DECIDER);
      return {again};
    }
    case 2: return {activity("a" + name)};
    case 3: return {activity("a" + name), timer("t" + name, 1 + below(30))};
    case 4: return {timer("t" + name, 1 + below(30))};
    default: return {};
    }
  }

  std::set<std::pair<std::string, std::string>> runs_of(side& in) {
    std::set<std::pair<std::string, std::string>> out;
    for (int shard = 0; shard < in.shards; ++shard)
      in.store.shards().scan_runs(shard, {}, 10'000, [&](storage::page<std::pair<run_key, run_rows>> page) {
        for (const auto& [key, rows] : page.rows)
          out.emplace(key.workflow_id, key.run_id.str());
      });
    return out;
  }
  std::string all_differences() {
    const auto one = runs_of(dc1());
    const auto two = runs_of(dc2());
    if (one != two) {
      std::vector<std::pair<std::string, std::string>> only;
      std::set_symmetric_difference(one.begin(), one.end(), two.begin(), two.end(), std::back_inserter(only));
      return "run " + only.front().second + " of " + only.front().first + " is only in " +
             (one.contains(only.front()) ? "dc1" : "dc2");
    }
    for (const auto& [id, run] : one) {
      if (auto out = difference(*this, "orders", id, run); !out.empty())
        return id + " run " + run + ": " + out;
      if (auto out = difference(*this, "orders", id); !out.empty())
        return id + ": " + out;
    }
    return {};
  }

  std::mt19937_64 random_;
  std::map<std::string, std::vector<std::pair<asked, asked>>> hung_;
  std::string active_ = "dc1";
  std::optional<std::string> untold_; ///< only this cluster knows that it is active
  bool is_cut_ = false;
  bool unsure_ = false; ///< answers are lost
  int signals_ = 0;
  int named_ = 0;
};

int lives() {
  const auto* wanted = std::getenv("CADENZA_CLUSTER_LIVES");
  return wanted == nullptr ? 20 : std::max(1, std::atoi(wanted));
}

} // namespace

BOOST_AUTO_TEST_SUITE(lives_of_two_clusters)

BOOST_AUTO_TEST_CASE(both_have_the_same_when_all_is_well_again) {
  int conflicts = 0;
  for (int seed = 1; seed <= lives(); ++seed) {
    life one(static_cast<std::uint64_t>(seed));
    one.play(120);
    const auto wrong = one.end();
    BOOST_TEST(wrong == "", "seed " << seed << ": " << wrong);
    conflicts += one.conflicts;
  }
  BOOST_TEST(conflicts > 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
