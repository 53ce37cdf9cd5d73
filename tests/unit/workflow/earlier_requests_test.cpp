#include "engine.hpp"

#include "workflow/close.hpp"
#include "workflow/earlier_requests.hpp"

#include <boost/test/unit_test.hpp>

namespace cadenza::workflow::test {
namespace {

/// A signal that names no run.
outcome<bool> send(engine& e, const std::string& request_id, const std::string& input, bool to_current = true) {
  signal_input in;
  in.name = "s";
  in.input = input;
  in.identity = "client";
  in.request_id = request_id;
  in.to_current = to_current;
  return e.step([&](transaction& tx) { return signal(tx, in); });
}

outcome<bool> ask_cancel(engine& e, const std::string& request_id, const std::string& cause, bool to_current = true) {
  cancel_input in;
  in.identity = "client";
  in.cause = cause;
  in.request_id = request_id;
  in.to_current = to_current;
  return e.step([&](transaction& tx) { return request_cancel(tx, in); });
}

/// The run after the subject becomes the subject.
void go_on(engine& e) {
  api::Decision d;
  d.mutable_continue_as_new_workflow_execution_decision_attributes();
  e.decide({d});
  const auto next = e.events().back().workflow_execution_continued_as_new_event_attributes().new_execution_run_id();
  BOOST_REQUIRE(!next.empty());
  e.look_at(next);
}

/// Another start ends the subject; its run becomes the subject.
void start_in_its_place(engine& e, const api::StartWorkflowExecutionRequest& request,
                        const std::optional<first_signal>& signal = {}) {
  const auto next = e.chance.new_uuid();
  const auto done =
      e.step([&](transaction& tx) { return terminate_and_start(tx, request, 0, next, signal, std::nullopt); });
  BOOST_REQUIRE_MESSAGE(bool(done), (done ? "" : done.error().message));
  e.look_at(next);
}

std::optional<uuid> start_known(engine& e, const api::StartWorkflowExecutionRequest& request) {
  const auto current = current_record(e.state());
  return answered_before(current.earlier_requests(), rec::REQUEST_START, request.request_id(), content_of(request));
}

} // namespace

BOOST_AUTO_TEST_SUITE(requests_of_earlier_runs)

BOOST_AUTO_TEST_CASE(a_start_and_its_event_have_one_fingerprint) {
  engine e;
  auto request = e.request();
  request.mutable_input()->set_data("input");
  request.set_cron_schedule("@every 5s");
  e.begin(request);
  BOOST_TEST(e.state().fixed().create_content() == content_of(request));
  for (const auto& change : std::vector<std::function<void(api::StartWorkflowExecutionRequest&)>>{
           [](auto& r) { r.mutable_input()->set_data("other"); }, [](auto& r) { r.clear_input(); },
           [](auto& r) { r.mutable_workflow_type()->set_name("other"); }, [](auto& r) { r.set_identity("other"); },
           [](auto& r) { r.mutable_task_list()->set_name("other"); }, [](auto& r) { r.clear_cron_schedule(); }}) {
    auto other = request;
    change(other);
    BOOST_TEST(content_of(other) != content_of(request));
  }
}

BOOST_AUTO_TEST_CASE(a_start_sent_again_when_its_run_has_gone_on_is_answered_with_that_run) {
  engine e;
  const auto request = e.request();
  e.begin(request);
  const auto first = e.subject_id();
  go_on(e);
  BOOST_TEST((start_known(e, request) == first));
  go_on(e);
  BOOST_TEST((start_known(e, request) == first));
  // Somebody who uses the id for something else means something else.
  auto other = request;
  other.mutable_workflow_type()->set_name("other");
  BOOST_TEST(!start_known(e, other));
  // Nobody can have sent the request ids of the runs between.
  BOOST_TEST(e.state().fixed().earlier_requests_size() == 1);
}

BOOST_AUTO_TEST_CASE(two_clients_that_start_in_each_others_place_end_nothing_when_they_try_again) {
  engine e;
  auto one = e.request();
  one.set_workflow_id_reuse_policy(api::WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING);
  e.begin(one);
  const auto first = e.subject_id();
  auto two = one;
  two.set_request_id("the other's");
  start_in_its_place(e, two);
  BOOST_TEST((start_known(e, one) == first));
  BOOST_TEST(current_record(e.state()).create_request_id() == "the other's");
}

BOOST_AUTO_TEST_CASE(a_start_behind_a_closed_run_knows_what_that_run_has_had) {
  engine e;
  const auto request = e.request();
  e.begin(request);
  const auto first = e.subject_id();
  BOOST_TEST(*send(e, "r", "x"));
  BOOST_TEST(*ask_cancel(e, "c", "why"));
  e.decide({complete_workflow()});
  BOOST_REQUIRE(e.state().closed());
  carried_over carried;
  carried.earlier = requests_after(*e.subject().current);
  auto second = request;
  second.set_request_id("second");
  e.begin(second, 0, carried);
  BOOST_TEST((start_known(e, request) == first));
  BOOST_TEST(!*send(e, "r", "x"));
  BOOST_TEST(!*ask_cancel(e, "c", "why"));
  BOOST_TEST(e.shape() == "Started DScheduled");
}

BOOST_AUTO_TEST_CASE(a_signal_sent_again_does_not_reach_the_next_run) {
  engine e;
  e.begin();
  const auto first = e.subject_id();
  BOOST_TEST(*send(e, "r1", "x"));
  go_on(e);
  BOOST_TEST(!*send(e, "r1", "x"));
  BOOST_TEST((signalled_before(e.state(), "r1", content_of_signal("s", "x")) == first));
  go_on(e);
  BOOST_TEST(!*send(e, "r1", "x"));
  BOOST_TEST(e.shape() == "Started DScheduled");
  // Another signal under the id, and one that names this run, are meant for it.
  BOOST_TEST(*send(e, "r1", "y"));
  BOOST_TEST(*send(e, "r2", "x"));
  BOOST_TEST(!*send(e, "r2", "x"));
  go_on(e);
  BOOST_TEST(*send(e, "r2", "x", false));
  BOOST_TEST(e.shape() == "Started DScheduled Signaled");
}

BOOST_AUTO_TEST_CASE(a_closed_run_answers_for_signals_of_the_runs_before_it) {
  engine e;
  e.begin();
  BOOST_TEST(*send(e, "r1", "x"));
  go_on(e);
  e.decide({complete_workflow()});
  BOOST_TEST(!*send(e, "r1", "x"));
  BOOST_TEST((send(e, "r1", "y").error().kind == error_kind::workflow_already_completed));
}

BOOST_AUTO_TEST_CASE(a_cancel_request_sent_again_does_not_end_the_next_run) {
  engine e;
  auto request = e.request();
  request.set_cron_schedule("@every 5s");
  e.begin(request);
  BOOST_TEST(*ask_cancel(e, "c1", "why"));
  auto other = e.request();
  other.set_request_id("other");
  start_in_its_place(e, other);
  BOOST_TEST(!*ask_cancel(e, "c1", "why"));
  BOOST_TEST(!e.state().head().cancel_requested());
  BOOST_TEST(*ask_cancel(e, "c1", "another reason"));
  BOOST_TEST(!*ask_cancel(e, "c1", "another reason"));
}

BOOST_AUTO_TEST_CASE(requests_that_named_their_run_are_not_handed_on) {
  engine e;
  e.begin();
  BOOST_TEST(*send(e, "r", "x", false));
  BOOST_TEST(*ask_cancel(e, "c", "why", false));
  BOOST_TEST(!*send(e, "r", "x", false));
  auto other = e.request();
  other.set_request_id("other");
  start_in_its_place(e, other);
  BOOST_TEST(e.state().fixed().earlier_requests_size() == 1); // the start
  BOOST_TEST(*send(e, "r", "x"));
  BOOST_TEST(*ask_cancel(e, "c", "why"));
}

BOOST_AUTO_TEST_CASE(a_reset_run_answers_for_the_start_and_the_reset) {
  engine e;
  const auto request = e.request();
  e.begin(request);
  BOOST_TEST(*send(e, "r1", "x"));
  e.decide();
  BOOST_TEST(*send(e, "r2", "x"));
  e.decide();
  const auto made = e.try_reset(5, "undo");
  BOOST_REQUIRE(bool(made));
  e.check_invariants();
  const auto current = current_record(e.state());
  BOOST_TEST(current.create_request_id() == request.request_id());
  BOOST_TEST((decide_reuse(current, request.request_id(), api::WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING) ==
              reuse_decision::use_existing));
  BOOST_TEST((answered_before(current.earlier_requests(), rec::REQUEST_RESET, e.last_reset_request, 0) == *made));
  // Both signals came before the reset, one of them is told again without its id.
  BOOST_TEST(e.shape() == "Started DScheduled Signaled DStarted DFailed Signaled DScheduled");
  BOOST_TEST(!*send(e, "r1", "x"));
  BOOST_TEST(!*send(e, "r2", "x"));
  // Also when the reset run is reset in turn.
  const auto again = e.try_reset(5, "once more");
  BOOST_REQUIRE(bool(again));
  BOOST_TEST((answered_before(current_record(e.state()).earlier_requests(), rec::REQUEST_RESET,
                              current.earlier_requests().rbegin()->request_id(), 0) == *made));
  BOOST_TEST(!*send(e, "r2", "x"));
}

BOOST_AUTO_TEST_CASE(so_many_requests_are_remembered_and_no_more) {
  engine e;
  e.begin();
  const auto first = e.subject_id();
  for (int i = 0; i < earlier_signals_max + 10; ++i)
    BOOST_REQUIRE(*send(e, "r" + std::to_string(i), "x"));
  go_on(e);
  BOOST_TEST(e.state().fixed().earlier_requests_size() == earlier_signals_max + 1);
  const auto known = [&](int i) {
    return signalled_before(e.state(), "r" + std::to_string(i), content_of_signal("s", "x")) == first;
  };
  BOOST_TEST(!known(9));
  BOOST_TEST(known(10)); // the newest
  BOOST_TEST(known(earlier_signals_max + 9));
  for (int i = 0; i < 2 * earlier_others_max; ++i) {
    auto request = e.request();
    request.set_request_id("start" + std::to_string(i));
    start_in_its_place(e, request);
  }
  BOOST_TEST(e.state().fixed().earlier_requests_size() == earlier_signals_max + earlier_others_max);
  auto request = e.request();
  request.set_request_id("start" + std::to_string(2 * earlier_others_max - 2));
  BOOST_TEST(bool(start_known(e, request)));
  request.set_request_id("start0");
  BOOST_TEST(!start_known(e, request));
}

BOOST_AUTO_TEST_CASE(a_signal_with_start_that_replaces_a_run_needs_no_request_id) {
  engine e;
  e.begin();
  auto request = e.request();
  request.clear_request_id();
  first_signal signal;
  signal.name = "s";
  start_in_its_place(e, request, signal);
  BOOST_TEST(e.shape() == "Started Signaled DScheduled");
  // A start does.
  const auto next = e.chance.new_uuid();
  const auto refused =
      e.step([&](transaction& tx) { return terminate_and_start(tx, request, 0, next, std::nullopt, std::nullopt); });
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().message == "Missing request ID.");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::workflow::test
