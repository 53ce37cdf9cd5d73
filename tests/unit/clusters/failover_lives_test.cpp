#include "../../simulation/dice.hpp"
#include "same.hpp"

#include <cstdlib>
#include <set>

/// Two clusters under random requests, fail-overs that either side begins and the other hears of, cut roads and deaths.
/// When all is healed, both have the same, no acknowledged signal is missing, and no run is stuck.
namespace cadenza::actors {
namespace {

constexpr int lives = 60;
constexpr int steps = 120;
constexpr int workflows = 4;

/// What has happened in all lives: a test that meets nothing proves nothing.
struct happened {
  int workflows = 0;
  int signals = 0;
  int refused = 0; ///< because the domain was active elsewhere
  int failovers = 0;
  int moved = 0;    ///< runs that both clusters have written
  int branched = 0; ///< runs whose history went two ways
};

class life : public two_clusters {
public:
  explicit life(std::uint64_t seed) : chance_(seed) { tells_domains = true; }

  void live() {
    put_domain("orders", "dc1");
    for (int i = 0; i < steps; ++i)
      step();
    heal();
    for (auto* one : {&dc1(), &dc2()})
      if (!one->engine)
        begin(*one);
    forget_workers();
  }

  /// Where the domain is active, once both clusters agree.
  side* agreed() {
    const bool agree =
        until([&] { return domain(dc1(), "orders")->version() == domain(dc2(), "orders")->version(); }, 120);
    BOOST_TEST(agree, "the clusters do not agree: " + std::to_string(domain(dc1(), "orders")->version()) + " and " +
                          std::to_string(domain(dc2(), "orders")->version()));
    if (!agree && std::getenv("CADENZA_SEED"))
      for (const auto& line : log)
        BOOST_TEST_MESSAGE(line);
    return agree ? (domain(dc1(), "orders")->version() % 10 == 1 ? &dc1() : &dc2()) : nullptr;
  }

  /// Workers take everything there is to be decided on, and complete every workflow.
  void complete_all(side& active) {
    ending_ = true;
    BOOST_TEST(until(
        [&] {
          work(active);
          return open(active).empty();
        },
        1200));
    for (const auto& id : open(active))
      BOOST_TEST(false, id + " is stuck in " + active.name + ":\n" + told(active, "orders", id));
  }

  void compare(happened& seen) {
    seen.workflows += static_cast<int>(started_.size());
    seen.signals += static_cast<int>(acknowledged_.size());
    seen.refused += refused_;
    seen.failovers += failovers_;
    for (const auto& id : started_) {
      std::string last;
      BOOST_TEST(until([&] { return (last = difference(*this, "orders", id)).empty(); }, 60),
                 id + " differs: " + last + "\ndc1:\n" + told(dc1(), "orders", id) + "dc2:\n" +
                     told(dc2(), "orders", id));
      const auto rows = stored(dc1(), "orders", id);
      record::v1::Run head;
      if (!rows || !head.ParseFromString(rows->header)) {
        BOOST_TEST(false, "dc1 has no run of " + id + ", dc2:\n" + told(dc2(), "orders", id));
        continue;
      }
      const auto& histories = head.version_histories();
      seen.moved += histories.branches(histories.current()).items_size() > 1 ? 1 : 0;
      seen.branched += histories.branches_size() > 1 ? 1 : 0;
    }
    for (const auto& [id, name] : acknowledged_)
      for (auto* one : {&dc1(), &dc2()})
        BOOST_TEST(until([&] { return signals_of(*one, id).contains(name); }, 60),
                   id + " has lost " + name + " in " + one->name + ":\n" + told(*one, "orders", id));
  }

private:
  std::string any_id() { return "order-" + std::to_string(chance_.below(workflows)); }
  side& any_side() { return chance_.permille(500) ? dc1() : dc2(); }

  void step() {
    auto& one = any_side();
    const auto what = chance_.below(100);
    if (what < 3)
      return cut();
    if (what < 9)
      return heal();
    if (!one.engine) {
      if (what < 40)
        begin(one);
      return;
    }
    if (what < 12)
      return kill_one(one);
    if (what < 17) {
      ++failovers_;
      return put_domain(one, "orders", one.name);
    }
    if (what < 30)
      return start_one(one);
    if (what < 50)
      return signal_one(one);
    if (what < 90)
      return work(one);
    (void)until([] { return false; }, chance_.between(1, 15));
  }

  void kill_one(side& one) {
    kill(one);
    forget_workers();
  }

  void forget_workers() {
    deciders_.clear();
    doers_.clear();
  }

  void start_one(side& one) {
    const auto id = any_id();
    if (!started_.contains(id) && problem_of(start(one, "orders", id)).empty())
      started_.insert(id);
  }

  void signal_one(side& one) {
    const auto id = any_id();
    const auto name = "signal " + std::to_string(++signals_);
    const auto sent = signal(one, "orders", id, name, name);
    if (sent->failure && sent->failure->kind == error_kind::domain_not_active)
      ++refused_;
    if (problem_of(sent).empty())
      acknowledged_.emplace_back(id, name);
  }

  void work(side& one) {
    auto& decider = deciders_[&one];
    if (!decider)
      decider = hang(one, "orders");
    auto& doer = doers_[&one];
    if (!doer)
      doer = hang_for_activity(one, "orders");
    if (const auto task = got(decider)) {
      decider.reset();
      (void)decide(one, "orders", *task, decisions());
    } else if (decider->bytes || decider->failure) {
      decider.reset();
    }
    if (const auto task = got<api::PollForActivityTaskResponse>(doer)) {
      doer.reset();
      (void)complete_activity(one, "orders", *task);
    } else if (doer->bytes || doer->failure) {
      doer.reset();
    }
  }

  std::vector<api::Decision> decisions() {
    if (ending_)
      return {completion()};
    switch (chance_.below(4)) {
    case 0: return {activity("activity " + std::to_string(++made_))};
    case 1: return {timer("timer " + std::to_string(++made_), chance_.between(1, 20))};
    default: return {};
    }
  }

  std::vector<std::string> open(side& active) {
    std::vector<std::string> out;
    for (const auto& id : started_) {
      const auto run = describe(active, "orders", id);
      if (!run || run->workflow_execution_info().close_status() == api::WORKFLOW_EXECUTION_CLOSE_STATUS_INVALID)
        out.push_back(id);
    }
    // A run without anything to decide on is asked to end.
    for (const auto& id : out)
      if (const auto run = describe(active, "orders", id);
          run && !run->has_pending_decision() && run->pending_activities().empty() && nudged_.insert(id).second)
        acknowledged_.emplace_back(id, nudge(active, id));
    return out;
  }

  std::string nudge(side& active, const std::string& id) {
    const auto name = "end " + id;
    BOOST_TEST(problem_of(signal(active, "orders", id, name, name)) == "");
    return name;
  }

  std::set<std::string> signals_of(side& of, const std::string& id) {
    std::set<std::string> out;
    for (const auto& event : history(of, "orders", id))
      if (event.has_workflow_execution_signaled_event_attributes())
        out.insert(event.workflow_execution_signaled_event_attributes().signal_name());
    return out;
  }

  simulation::dice chance_;
  bool ending_ = false;
  int signals_ = 0;
  int refused_ = 0;
  int failovers_ = 0;
  int made_ = 0;
  std::set<std::string> started_;
  std::set<std::string> nudged_;
  std::vector<std::pair<std::string, std::string>> acknowledged_; ///< workflow id, signal
  std::map<side*, asked> deciders_;
  std::map<side*, asked> doers_;
};

void live(std::uint64_t seed, happened& seen) {
  BOOST_TEST_CONTEXT("life " << seed << " (CADENZA_SEED=" << seed << ")") {
    life one(seed);
    one.live();
    if (auto* active = one.agreed()) {
      one.complete_all(*active);
      one.compare(seen);
    }
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(lives_with_failovers)

BOOST_AUTO_TEST_CASE(no_signal_is_lost_and_no_run_is_stuck) {
  happened seen;
  if (const char* seed = std::getenv("CADENZA_SEED"))
    return live(std::strtoull(seed, nullptr, 10), seen);
  const char* first = std::getenv("CADENZA_FIRST_SEED");
  const char* count = std::getenv("CADENZA_SEEDS");
  const std::uint64_t from = first != nullptr ? std::strtoull(first, nullptr, 10) : 1;
  const std::uint64_t many = count != nullptr ? std::strtoull(count, nullptr, 10) : lives;
  for (std::uint64_t seed = from; seed < from + many; ++seed)
    live(seed, seen);
  BOOST_TEST_MESSAGE(seen.workflows << " workflows, " << seen.signals << " signals, " << seen.refused << " refused, "
                                    << seen.failovers << " fail-overs, " << seen.moved << " runs written by both, "
                                    << seen.branched << " with branches");
  if (many >= lives) {
    BOOST_TEST(seen.signals > 100);
    BOOST_TEST(seen.refused > 20);
    BOOST_TEST(seen.moved > 20);
    BOOST_TEST(seen.branched > 5);
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
