#include "harness.hpp"

#include "messages/invariant.hpp"
#include "workflow/version_history.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace cadenza;
using namespace cadenza::workflow;
using namespace cadenza::workflow::test;

namespace {

/// A transaction on the subject of a bench.
struct open_step {
  explicit open_step(bench& b) : world(b.env()), tx(*b.subject().state, world, b.subject().history) {}
  environment world;
  transaction tx;
};

std::unique_ptr<successor> successor_of(const run_key& key) {
  auto out = std::make_unique<successor>();
  out->state = std::make_unique<run>(key);
  return out;
}

auto says(std::string text) {
  return [text = std::move(text)](const broken_invariant& e) {
    return std::string(e.what()).find(text) != std::string::npos;
  };
}

} // namespace

BOOST_AUTO_TEST_SUITE(broken_invariants_of_runs)

BOOST_AUTO_TEST_CASE(what_is_broken_is_told_in_words_and_with_its_place) {
  bench b;
  b.begin();
  open_step step(b);
  const auto before = broken_invariants();
  BOOST_CHECK_EXCEPTION(schedule_decision(step.tx), broken_invariant, says("a run has one decision at a time"));
  BOOST_CHECK_EXCEPTION(schedule_decision(step.tx), broken_invariant, says("workflow/decision_task.cpp:"));
  BOOST_TEST(broken_invariants() == before + 2);
}

BOOST_AUTO_TEST_CASE(a_run_is_as_it_was_after_a_step_that_broke_one) {
  bench b;
  b.begin();
  const auto before = b.state().head().SerializeAsString();
  const auto break_one = [&] {
    open_step step(b);
    step.tx.head().set_signal_count(7);
    schedule_decision(step.tx);
  };
  BOOST_CHECK_THROW(break_one(), broken_invariant);
  BOOST_TEST((b.state().head().SerializeAsString() == before));
}

BOOST_AUTO_TEST_CASE(a_transaction_that_has_closed_takes_nothing_more) {
  bench b;
  b.begin();
  open_step step(b);
  BOOST_REQUIRE(bool(step.tx.close(b.ids)));
  BOOST_CHECK_THROW(step.tx.add_transfer(rec::TRANSFER_UPSERT), broken_invariant);
  BOOST_CHECK_THROW(step.tx.add_timer(rec::TIMER_USER, 0), broken_invariant);
  BOOST_CHECK_THROW((void)step.tx.edit_fixed(), broken_invariant);
  BOOST_CHECK_THROW(step.tx.restart(), broken_invariant);
}

BOOST_AUTO_TEST_CASE(a_run_is_followed_by_one_other_run_of_its_workflow_id) {
  bench b;
  b.begin();
  open_step step(b);
  auto key = b.state().key();
  BOOST_CHECK_THROW(step.tx.set_successor(successor_of(key)), broken_invariant);
  key.run_id = b.chance.new_uuid();
  auto elsewhere = key;
  elsewhere.workflow_id += "x";
  BOOST_CHECK_THROW(step.tx.set_successor(successor_of(elsewhere)), broken_invariant);
  step.tx.set_successor(successor_of(key));
  key.run_id = b.chance.new_uuid();
  BOOST_CHECK_THROW(step.tx.set_successor(successor_of(key)), broken_invariant);
}

BOOST_AUTO_TEST_CASE(an_open_run_is_not_followed_by_another_one) {
  bench b;
  b.begin();
  open_step step(b);
  auto key = b.state().key();
  key.run_id = b.chance.new_uuid();
  step.tx.set_successor(successor_of(key));
  BOOST_CHECK_EXCEPTION((void)step.tx.close(b.ids), broken_invariant, says("only a run that has ended is followed"));
}

BOOST_AUTO_TEST_CASE(stored_events_are_not_replayed_behind_new_ones) {
  bench b;
  b.begin();
  open_step step(b);
  api::HistoryEvent e;
  e.mutable_workflow_execution_signaled_event_attributes()->set_signal_name("wake");
  step.tx.add(e);
  api::History stored;
  *stored.add_events() = std::move(e);
  BOOST_CHECK_THROW((void)step.tx.replay(stored), broken_invariant);
  BOOST_CHECK_THROW(step.tx.keep(), broken_invariant);
}

BOOST_AUTO_TEST_CASE(a_branch_shares_an_event_with_the_one_it_leaves) {
  bench b;
  b.begin();
  const auto& base = b.state().current_branch().branch();
  BOOST_CHECK_THROW((void)fork(base, first_event_id, first_event_id, "branch"), broken_invariant);
  BOOST_TEST(fork(base, first_event_id, first_event_id + 1, "branch").ancestors_size() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
