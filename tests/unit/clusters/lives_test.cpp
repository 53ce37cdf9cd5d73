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
    // Alike they may be before what only one of them has had is delivered again.
    (void)until(
        [&] {
          last = all_differences();
          if (last.empty())
            last = lost_signals();
          return last.empty();
        },
        180);
    for (auto* one : {&dc1(), &dc2()})
      if (last.empty() && !dead_letters_of(*one, other(*one).name).empty())
        last = one->name + " has dead letters: " + dead_letters_of(*one, other(*one).name).front().ShortDebugString();
    return last;
  }
  int delivered = 0; ///< signals
  int forked = 0;    ///< runs with more than one history, once the story was told

  /// What has happened, for whoever plays it.
  std::string story() {
    std::string out;
    for (const auto& [id, run] : runs_of(dc1())) {
      const auto rows = stored(dc1(), "orders", id, run);
      record::v1::Run head;
      if (!rows || !head.ParseFromString(rows->header))
        continue;
      forked += head.version_histories().branches_size() > 1 ? 1 : 0;
      out += "; " + id + " state " + std::to_string(head.state()) + " events " +
             std::to_string(head.next_event_id() - 1) + " branches";
      for (const auto& branch : head.version_histories().branches()) {
        out += " [";
        for (const auto& item : branch.items())
          out += " " + std::to_string(item.event_id()) + "@" + std::to_string(item.version());
        out += " ]";
      }
    }
    return out;
  }

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
      return begin_run(at);
    if (what < 18) {
      const auto name = "signal " + std::to_string(++signals_);
      const auto id = workflow();
      sent_.push_back({signal(at, "orders", id, name, name), id, name});
      return;
    }
    if (what == 18)
      return (void)terminate(at, "orders", workflow());
    work(at);
  }

  void begin_run(side& at) {
    (void)start(at, "orders", workflow(), "list", [this](auto& request) {
      request.set_request_id("start " + std::to_string(++named_));
      request.set_workflow_id_reuse_policy(api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE);
    });
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

  /// Signals that were acknowledged and are in no history; but for those that the log tells of. "": there are none.
  std::string lost_signals() {
    std::set<std::string> had;
    for (const auto& [id, run] : runs_of(dc1()))
      for (const auto& event : history(dc1(), "orders", id, run))
        if (event.has_workflow_execution_signaled_event_attributes())
          had.insert(event.workflow_execution_signaled_event_attributes().signal_name());
    int told = 0;
    for (const auto& line : log)
      if (const auto at = line.find(" signals of a run of workflow"); at != std::string::npos)
        told += std::atoi(line.c_str() + line.rfind(' ', at - 1));
    std::string out;
    int lost = 0;
    for (const auto& each : sent_)
      if (problem_of(each.call).empty() && !had.contains(each.name)) {
        ++lost;
        out += each.name + " to " + each.workflow + "; ";
      }
    delivered = static_cast<int>(had.size());
    return lost > told ? "lost: " + out : std::string();
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
  struct sent_signal {
    asked call;
    std::string workflow;
    std::string name;
  };
  std::vector<sent_signal> sent_;
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
  int forked = 0;
  int delivered = 0;
  for (int seed = 1; seed <= lives(); ++seed) {
    life one(static_cast<std::uint64_t>(seed));
    one.play(120);
    const auto wrong = one.end();
    BOOST_TEST_MESSAGE("seed " << seed << ": " << one.story());
    BOOST_TEST(wrong == "", "seed " << seed << ": " << wrong);
    forked += one.forked;
    delivered += one.delivered;
  }
  BOOST_TEST(forked > lives() / 2);
  BOOST_TEST(delivered > lives());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
