#include "random_choices.hpp"

#include "messages/wire_time.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>

/// Random lives: legal commands, stale and repeated deliveries, in any order. After each step everything of
/// `engine::check_invariants` must hold. CADENZA_SEED plays one life again.
namespace cadenza::workflow::test {
namespace {

/// What the lives went through: a test of invariants that meets nothing proves nothing.
struct coverage {
  std::map<int, int> events;
  int resets = 0;
  int transients = 0; ///< completed decisions of a later attempt
  int buffered = 0;   ///< steps with events behind a started decision
};

class random_life : public random_choices {
public:
  explicit random_life(std::uint64_t seed) : random_choices(seed) {
    check_reload = true;
    limits.max_buffered_batches = 5;
    limits.max_signals_per_run = 40;
  }

  void live(int steps) {
    begin_somehow();
    for (int i = 0; i < steps && (state().open() || one_in(3)); ++i) {
      one_step();
      settle_sometimes();
      check_invariants();
      buffered_ += state().buffered().empty() ? 0 : 1;
    }
  }

  void add_to(coverage& covered) const {
    for (const auto& [id, stored] : runs_)
      for (const auto& batch : stored->history.batches())
        for (const auto& e : batch->events())
          ++covered.events[e.attributes_case()];
    covered.resets += resets_;
    covered.transients += transients_;
    covered.buffered += buffered_;
  }

private:
  void settle_sometimes() {
    if (one_in(2)) {
      note("settle");
      settle();
    }
  }

  void one_step() {
    advance_ms(below(1500));
    switch (below(24)) {
    case 0:
    case 1:
    case 2: return poll_some_decision();
    case 3:
    case 4:
    case 5:
    case 6:
    case 7: return answer_decision();
    case 8: return give_decision_back();
    case 9:
    case 10: return signal_somehow();
    case 11:
    case 12:
    case 13: return poll_some_activity();
    case 14:
    case 15:
    case 16:
    case 17: return answer_activity();
    case 18:
    case 19: return fire();
    case 20: return deliver_again();
    case 21: return one_in(6) ? cancel_somehow() : child_news();
    case 22: return one_in(6) ? end_or_reset() : maintain();
    default: return follow();
    }
  }

  // --- decisions

  void poll_some_decision() {
    if (!state().has_pending_decision())
      return;
    const auto schedule_id = state().head().decision().schedule_id();
    const bool again = !decisions_.empty() && one_in(4);
    const auto request_id = again ? decision_request_ : fresh();
    note("poll");
    auto got = step([&](transaction& tx) { return start_decision(tx, schedule_id, request_id, identity); });
    if (!got)
      return;
    decision_request_ = request_id;
    BOOST_REQUIRE_EQUAL(got->started_id, got->next_event_id - 1 + static_cast<std::int64_t>(got->synthetic.size()));
    decisions_.push_back(*got);
  }

  void answer_decision() {
    if (decisions_.empty())
      return poll_some_decision();
    // Mostly the newest one; an old one must be refused.
    const auto task = one_in(8) ? pick(decisions_) : decisions_.back();
    api::RespondDecisionTaskCompletedRequest answer;
    answer.set_identity(identity);
    answer.set_binary_checksum(one_in(4) ? "other" : "binary");
    const int n = below(4);
    for (int i = 0; i < n; ++i)
      *answer.add_decisions() = some_decision();
    if (one_in(12))
      *answer.add_decisions() = some_close();
    if (one_in(3)) {
      auto& sticky = *answer.mutable_sticky_attributes();
      sticky.mutable_worker_task_list()->set_name("sticky");
      set_seconds(*sticky.mutable_schedule_to_start_timeout(), 5);
    }
    answer.set_force_create_new_decision_task(one_in(5));
    answer.set_return_new_decision_task(one_in(4));
    note("answer" + std::to_string(answer.decisions_size()));
    const auto schedule_before = state().head().decision().schedule_id();
    const bool current = state().has_started_decision() && schedule_before == task.schedule_id &&
                         state().head().decision().attempt() == task.attempt;
    completion_input input;
    input.schedule_id = task.schedule_id;
    input.attempt = task.attempt;
    input.request = &answer;
    const auto done = step([&](transaction& tx) { return complete_decision(tx, input); });
    BOOST_REQUIRE_MESSAGE(bool(done) == current, (done ? "a stale decision was accepted"
                                                       : "a current decision was refused: " + done.error().message));
    if (done && task.attempt > 0 && !done->failed_cause)
      ++transients_;
    if (done && done->returned)
      decisions_.push_back(*done->returned);
  }

  void give_decision_back() {
    if (decisions_.empty())
      return;
    const auto task = decisions_.back();
    api::RespondDecisionTaskFailedRequest request;
    request.set_cause(api::DECISION_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE);
    request.set_identity(identity);
    note("giveback");
    (void)step([&](transaction& tx) { return fail_decision(tx, task.schedule_id, task.attempt, request); });
  }

  // --- activities

  void poll_some_activity() {
    if (!activity_waits())
      return;
    note("apoll");
    activities_.push_back(poll_activity());
  }

  void answer_activity() {
    if (activities_.empty())
      return poll_some_activity();
    const auto task = one_in(4) ? pick(activities_) : activities_.back();
    const auto* live = state().activities().find(task.schedule_id);
    const bool current =
        state().open() && live != nullptr && live->started_id() != no_event_id && live->attempt() == task.attempt;
    bool done = false;
    note("aanswer");
    switch (below(4)) {
    case 0: {
      api::RespondActivityTaskCompletedRequest r;
      r.set_identity(identity);
      done = bool(step([&](transaction& tx) { return complete_activity(tx, task.ref(), r); }));
      break;
    }
    case 1: {
      api::RespondActivityTaskFailedRequest r;
      r.mutable_failure()->set_reason("broken");
      r.set_identity(identity);
      done = bool(step([&](transaction& tx) { return fail_activity(tx, task.ref(), r); }));
      break;
    }
    case 2: {
      if (current && !live->cancel_requested())
        return;
      api::RespondActivityTaskCanceledRequest r;
      r.set_identity(identity);
      done = bool(step([&](transaction& tx) { return cancel_activity(tx, task.ref(), r); }));
      break;
    }
    default: {
      api::RecordActivityTaskHeartbeatRequest r;
      r.mutable_details()->set_data("beat");
      const auto beat = command([&](transaction& tx) { return record_heartbeat(tx, task.ref(), r); });
      done = bool(beat);
      if (beat)
        BOOST_REQUIRE_EQUAL(*beat, live_cancel_requested(task));
      break;
    }
    }
    BOOST_REQUIRE_MESSAGE(done == current, (done ? "a stale activity was accepted" : "a current activity was refused"));
  }

  bool live_cancel_requested(const activity_task& task) {
    const auto* live = state().activities().find(task.schedule_id);
    return live != nullptr && live->cancel_requested();
  }

  // --- the world

  void signal_somehow() {
    signal_input input;
    input.name = "s";
    input.identity = identity;
    if (one_in(2))
      input.request_id = one_in(3) && !signal_requests_.empty() ? pick(signal_requests_) : fresh();
    const bool seen = state().signal_requests().contains(input.request_id);
    note("signal");
    const auto done = step([&](transaction& tx) { return signal(tx, input); });
    if (seen)
      BOOST_REQUIRE(done && !*done);
    if (!input.request_id.empty())
      signal_requests_.push_back(input.request_id);
  }

  void cancel_somehow() {
    cancel_input input;
    input.identity = identity;
    input.request_id = one_in(2) ? "same" : fresh();
    note("cancel");
    (void)step([&](transaction& tx) { return request_cancel(tx, input); });
  }

  void child_news() {
    // Children have workers too.
    for (const auto& [initiated_id, child] : state().children()) {
      const auto started = uuid::parse(child.started_run_id());
      if (!started || !runs_.contains(*started) || !runs_.at(*started)->state->open() || *started == subject_)
        continue;
      const auto me = subject_;
      look_at(*started);
      if (one_in(4)) {
        stop("gone");
        check_invariants();
        look_at(me);
        return;
      }
      if (state().has_pending_decision() && !state().has_started_decision()) {
        note("child");
        respond(poll_decision(fresh()), {some_close()});
        check_invariants();
      }
      look_at(me);
      return;
    }
  }

  void fire() {
    // The end of the run is always among the timers: a life that jumps to it at once sees little.
    const auto soon = now_ns + 120 * ns_per_s;
    const bool near = std::any_of(outstanding_timers.begin(), outstanding_timers.end(),
                                  [&](const auto& t) { return t.fire_ns() < soon; });
    if (!near && !one_in(10))
      return signal_somehow();
    note("fire");
    fire_next();
    follow();
  }

  void deliver_again() {
    if (fired.empty())
      return;
    note("again");
    const auto task = pick(fired);
    const auto done = deliver(task);
    BOOST_REQUIRE(bool(done));
    follow();
  }

  /// The next run of the chain becomes the subject.
  void follow() {
    if (state().open() || state().head().close_status() != close_status::continued_as_new)
      return;
    note("follow");
    const auto last_event = events().back();
    look_at(last_event.workflow_execution_continued_as_new_event_attributes().new_execution_run_id());
    decisions_.clear();
    activities_.clear();
  }

  void end_or_reset() {
    if (one_in(2)) {
      terminate_input input;
      input.identity = identity;
      note("terminate");
      (void)step([&](transaction& tx) { return terminate(tx, input); });
      return;
    }
    if (current(state().key().workflow_id) != subject_)
      return;
    std::vector<std::int64_t> points;
    for (const auto& e : events())
      if (e.has_decision_task_completed_event_attributes() || e.has_decision_task_failed_event_attributes() ||
          e.has_decision_task_timed_out_event_attributes() || e.has_decision_task_started_event_attributes())
        points.push_back(e.event_id());
    if (points.empty())
      return;
    const auto point = pick(points);
    note("reset@" + std::to_string(point));
    const auto before = subject_;
    const auto made = try_reset(point, "undo");
    if (!made) {
      BOOST_REQUIRE_EQUAL(static_cast<int>(made.error().kind), static_cast<int>(error_kind::bad_request));
      BOOST_REQUIRE(subject_ == before);
      return;
    }
    ++resets_;
    decisions_.clear();
    activities_.clear();
  }

  void maintain() {
    // The owner of a domain that comes back with a higher version ends the decisions in flight first.
    if (one_in(3) && domain_row.failover_version() > 0 && !state().has_started_decision()) {
      note("failover");
      domain_row.set_failover_version(domain_row.failover_version() + 10);
      return;
    }
    if (one_in(2)) {
      note("unstick");
      (void)step([&](transaction& tx) { return clear_sticky(tx); });
      return;
    }
    note("refresh");
    if (one_in(2)) { // that is what it is for: tasks got lost
      const auto of_subject = [&](const auto& t) { return uuid::from_raw(t.run_id()) == subject_; };
      std::erase_if(outstanding_timers, of_subject);
      std::erase_if(outstanding_transfer, of_subject);
    }
    change([&](transaction& tx) { refresh_tasks(tx); });
  }

  int resets_ = 0;
  int transients_ = 0;
  int buffered_ = 0;
  std::vector<decision_started> decisions_;
  std::string decision_request_;
  std::vector<activity_task> activities_;
  std::vector<std::string> signal_requests_;
};

void play(std::uint64_t seed, coverage& covered) {
  random_life life(seed);
  try {
    life.live(60);
    life.add_to(covered);
  } catch (...) {
    BOOST_TEST_MESSAGE("CADENZA_SEED=" << seed << "\nsteps: " << life.log() << "\nhistory: " << life.shape());
    std::fprintf(stderr, "CADENZA_SEED=%llu\n  %s\n  %s\n", static_cast<unsigned long long>(seed), life.log().c_str(),
                 shape_of(life.events()).c_str());
    throw;
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(random_lives)

BOOST_AUTO_TEST_CASE(invariants_hold) {
  coverage covered;
  if (const char* one = std::getenv("CADENZA_SEED"); one != nullptr)
    return play(std::strtoull(one, nullptr, 10), covered);
  const char* many = std::getenv("CADENZA_SEEDS");
  const std::uint64_t lives = many != nullptr ? std::strtoull(many, nullptr, 10) : 2000;
  for (std::uint64_t seed = 1; seed <= lives; ++seed)
    play(seed, covered);

  BOOST_TEST_MESSAGE("resets " << covered.resets << ", transient decisions " << covered.transients << ", buffered "
                               << covered.buffered);
  const auto* attributes = api::HistoryEvent::descriptor()->FindOneofByName("attributes");
  for (int i = 0; i < attributes->field_count(); ++i) {
    const auto* field = attributes->field(i);
    BOOST_TEST_MESSAGE(field->name() << ' ' << covered.events[field->number()]);
    if (lives >= 2000)
      BOOST_CHECK_MESSAGE(covered.events[field->number()] > 0, "no life had an event " << field->name());
  }
  if (lives >= 2000)
    BOOST_CHECK(covered.resets > 0 && covered.transients > 0 && covered.buffered > 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::workflow::test
