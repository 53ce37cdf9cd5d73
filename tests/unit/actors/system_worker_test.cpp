#include "actors/system/system_worker.hpp"

#include "actors/base/task_token.hpp"
#include "actors/base/troubles.hpp"
#include "tests/unit/bridge/fake_engine.hpp"
#include "workflow/system_kinds.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

namespace cadenza::actors {
namespace {

namespace api = uber::cadence::api::v1;
using tests::seen_request;

class set_clock final : public clock {
public:
  [[nodiscard]] std::int64_t now_ns() const override { return at_ns; }
  std::int64_t at_ns = ns_per_s;
};

/// A worker of one list before an engine whose answers the test gives. Time passes only when told to.
struct worker_world {
  worker_world() {
    config.set("scheduler.policy", caf::atom("testing"));
    system = std::make_unique<caf::actor_system>(config);
    system->await_actors_before_shutdown(false);
    scheduler = &dynamic_cast<caf::scheduler::test_coordinator&>(system->scheduler());
    env.live = &live;
    env.wrong = &wrong;
    env.counters = &counters;
    env.time = &time;
    env.settings.identity = "here";
    env.log = [](log::level, log::fields, log::sentence) {};
    domain = engine.add_domain("system");
    engine.react([this](seen_request seen) { seen_.push_back(std::move(seen)); });
    link = std::make_shared<engine_link>(engine);
    auto all = std::make_shared<std::vector<system_list>>();
    auto& list = all->emplace_back();
    list.domain = "system";
    list.task_list = "work";
    auto& rule = list.workflows["type"];
    rule.decide = [](const events& history) {
      std::vector<api::Decision> out(1);
      out[0].mutable_complete_workflow_execution_decision_attributes()->mutable_result()->set_data(
          std::to_string(history.size()));
      return out;
    };
    rule.queries["size"] = [](const events& history, const std::string& input) -> outcome<std::string> {
      return input + std::to_string(history.size());
    };
    list.activities["echo"] = [](const activity_ptr& work) { work->finish(work->input() + "!"); };
    list.activities["hold"] = [this](activity_ptr work) { held.push_back(std::move(work)); };
    lists = all;
  }
  ~worker_world() {
    held.clear();
    link->close();
    end();
    seen_.clear();
  }

  void begin() {
    worker = system->spawn<system_worker>(env, engine, link, lists);
    scheduler->run();
  }
  void end() {
    if (worker)
      caf::anon_send_exit(worker, caf::exit_reason::kill);
    worker = nullptr;
    scheduler->run();
  }
  void pass(std::int64_t ns) {
    time.at_ns += ns;
    scheduler->advance_time(std::chrono::nanoseconds(ns));
    scheduler->run();
  }

  /// The oldest request for `function` that was not looked at; its call is null when there is none.
  seen_request take(const std::string& function) {
    for (auto i = seen_.begin(); i != seen_.end(); ++i) {
      if (i->function != function)
        continue;
      auto out = std::move(*i);
      seen_.erase(i);
      return out;
    }
    return {};
  }
  std::size_t count(const std::string& function) const {
    return static_cast<std::size_t>(
        std::count_if(seen_.begin(), seen_.end(), [&](const auto& one) { return one.function == function; }));
  }
  void answer(const seen_request& seen, const google::protobuf::Message& response) {
    seen.call->reply_bytes(response.SerializeAsString());
    scheduler->run();
  }

  std::string token() const {
    task_token out;
    out.domain_id = domain->id;
    out.workflow_id = "w";
    out.run_id = uuid::v4(1, 2);
    out.schedule_id = 2;
    return encode(out);
  }
  api::PollForDecisionTaskResponse decision() const {
    api::PollForDecisionTaskResponse out;
    out.set_task_token(token());
    out.mutable_workflow_type()->set_name("type");
    out.mutable_history()->add_events()->set_event_id(1);
    return out;
  }
  api::PollForActivityTaskResponse activity(const std::string& type) const {
    api::PollForActivityTaskResponse out;
    out.set_task_token(token());
    out.mutable_activity_type()->set_name(type);
    out.mutable_input()->set_data("in");
    return out;
  }

  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  caf::scheduler::test_coordinator* scheduler = nullptr;
  set_clock time;
  actor_context env;
  engine_counters counters;
  troubles wrong{time, [](log::level, log::fields, log::sentence) {}};
  const config::dynamic_config dynamic;
  const live_settings live{dynamic};
  tests::fake_engine engine;
  workflow::domain_ptr domain;
  std::shared_ptr<engine_link> link;
  std::shared_ptr<const std::vector<system_list>> lists;
  std::vector<activity_ptr> held;
  std::vector<seen_request> seen_;
  caf::actor worker;
};

template <class T> const T& body_of(const seen_request& seen) { return dynamic_cast<const T&>(*seen.request); }

} // namespace

BOOST_FIXTURE_TEST_SUITE(worker_of_the_system, worker_world)

BOOST_AUTO_TEST_CASE(one_poll_of_each_kind_waits) {
  begin();
  BOOST_TEST(seen_.size() == 2u);
  const auto decisions = take("poll_decision");
  BOOST_TEST((decisions.domain == domain));
  BOOST_TEST(body_of<api::PollForDecisionTaskRequest>(decisions).task_list().name() == "work");
  BOOST_TEST(body_of<api::PollForDecisionTaskRequest>(decisions).identity() == "system-worker@here");
  time.at_ns += 60 * ns_per_s;
  answer(decisions, api::PollForDecisionTaskResponse());
  BOOST_TEST(count("poll_decision") == 1u); // and again
  BOOST_TEST(count("poll_activity") == 1u);
}

BOOST_AUTO_TEST_CASE(polls_that_fail_or_come_back_at_once_are_not_repeated_at_once) {
  begin();
  answer(take("poll_decision"), api::PollForDecisionTaskResponse());
  BOOST_TEST(count("poll_decision") == 0u);
  pass(ns_per_s);
  BOOST_TEST(count("poll_decision") == 1u);
  for (const std::int64_t pause_ms : {50, 100, 200, 400, 800, 1600, 3200, 5000, 5000}) {
    take("poll_decision").call->reject(unavailable("away"));
    scheduler->run();
    pass((pause_ms - 1) * ns_per_ms);
    BOOST_TEST(count("poll_decision") == 0u);
    pass(ns_per_ms);
    BOOST_TEST(count("poll_decision") == 1u);
  }
  take("poll_decision"); // lost: its call is dropped
  scheduler->run();
  pass(5 * ns_per_s);
  BOOST_TEST(count("poll_decision") == 1u);
}

BOOST_AUTO_TEST_CASE(decisions_follow_the_rule) {
  begin();
  auto task = decision();
  (*task.mutable_queries())["q"].set_query_type("size");
  answer(take("poll_decision"), task);
  BOOST_TEST(count("poll_decision") == 1u); // the next one waits meanwhile
  const auto done = take("decision_completed");
  BOOST_REQUIRE(done.call);
  const auto& body = body_of<api::RespondDecisionTaskCompletedRequest>(done);
  BOOST_REQUIRE(body.decisions_size() == 1);
  BOOST_TEST(body.decisions(0).complete_workflow_execution_decision_attributes().result().data() == "1");
  BOOST_TEST(body.query_results().at("q").answer().data() == "1");
  BOOST_TEST(done.token->workflow_id == "w");
  answer(done, api::RespondDecisionTaskCompletedResponse());
  BOOST_TEST(count("decision_failed") == 0u);
}

BOOST_AUTO_TEST_CASE(a_long_history_is_read_to_its_end) {
  begin();
  auto task = decision();
  task.set_next_page_token("more");
  answer(take("poll_decision"), task);
  for (const char* next : {"still more", ""}) {
    const auto read = take("get_history");
    BOOST_REQUIRE(read.call);
    api::GetWorkflowExecutionHistoryResponse page;
    page.mutable_history()->add_events();
    page.set_next_page_token(next);
    answer(read, page);
  }
  const auto done = take("decision_completed");
  BOOST_REQUIRE(done.call);
  BOOST_TEST(body_of<api::RespondDecisionTaskCompletedRequest>(done)
                 .decisions(0)
                 .complete_workflow_execution_decision_attributes()
                 .result()
                 .data() == "3");
}

BOOST_AUTO_TEST_CASE(a_history_that_cannot_be_read_gives_the_decision_back_after_a_while) {
  begin();
  auto task = decision();
  task.set_next_page_token("more");
  answer(take("poll_decision"), task);
  take("get_history").call->reject(unavailable("away"));
  scheduler->run();
  BOOST_TEST(count("decision_failed") == 0u);
  pass(ns_per_s);
  BOOST_TEST(count("decision_failed") == 1u);
  BOOST_TEST(count("decision_completed") == 0u);
}

BOOST_AUTO_TEST_CASE(queries_are_answered_and_unknown_ones_named) {
  begin();
  auto task = decision();
  task.set_task_token(encode(query_token{domain->id, "w", uuid::v4(1, 2), "work", "7"}));
  task.mutable_query()->set_query_type("size");
  task.mutable_query()->mutable_query_args()->set_data("=");
  answer(take("poll_decision"), task);
  const auto good = take("query_completed");
  BOOST_REQUIRE(good.call);
  BOOST_TEST(body_of<api::RespondQueryTaskCompletedRequest>(good).result().answer().data() == "=1");
  BOOST_TEST(good.query->task_id == "7");
  task.mutable_query()->set_query_type("colour");
  answer(take("poll_decision"), task);
  const auto bad = take("query_completed");
  BOOST_REQUIRE(bad.call);
  BOOST_TEST(body_of<api::RespondQueryTaskCompletedRequest>(bad).result().error_message() ==
             "unknown queryType colour. KnownQueryTypes=[size]");
}

BOOST_AUTO_TEST_CASE(types_that_are_not_the_systems_end_in_a_failure) {
  begin();
  auto task = decision();
  task.mutable_workflow_type()->set_name("stranger");
  answer(take("poll_decision"), task);
  BOOST_TEST(body_of<api::RespondDecisionTaskCompletedRequest>(take("decision_completed"))
                 .decisions(0)
                 .fail_workflow_execution_decision_attributes()
                 .failure()
                 .details() == "stranger");
  answer(take("poll_activity"), activity("stranger"));
  const auto failed = take("activity_failed");
  BOOST_REQUIRE(failed.call);
  BOOST_TEST(body_of<api::RespondActivityTaskFailedRequest>(failed).failure().reason() == "bad_request");
}

BOOST_AUTO_TEST_CASE(activities_are_reported_until_somebody_takes_it) {
  begin();
  answer(take("poll_activity"), activity("echo"));
  for (int i = 0; i < 3; ++i) {
    const auto done = take("activity_completed");
    BOOST_REQUIRE(done.call);
    BOOST_TEST(body_of<api::RespondActivityTaskCompletedRequest>(done).result().data() == "in!");
    done.call->reject(unavailable("away"));
    scheduler->run();
    BOOST_TEST(count("activity_completed") == 0u);
    pass(ns_per_s);
  }
  take("activity_completed").call->reject(not_exists("over")); // done before, or by another
  scheduler->run();
  pass(10 * ns_per_s);
  BOOST_TEST(count("activity_completed") == 0u);
  BOOST_TEST(count("activity_failed") == 0u);
}

BOOST_AUTO_TEST_CASE(so_many_activities_at_a_time_and_no_more) {
  begin();
  for (int i = 0; i < 8; ++i) {
    BOOST_REQUIRE(count("poll_activity") == 1u);
    answer(take("poll_activity"), activity("hold"));
  }
  BOOST_TEST(held.size() == 8u);
  BOOST_TEST(count("poll_activity") == 0u);
  held[3]->finish(std::string("done"));
  answer(take("activity_completed"), api::RespondActivityTaskCompletedResponse());
  held[3].reset();
  scheduler->run();
  BOOST_TEST(count("poll_activity") == 1u);
  held[4].reset(); // forgotten: it fails, and its place is free
  scheduler->run();
  const auto failed = take("activity_failed");
  BOOST_REQUIRE(failed.call);
  BOOST_TEST(body_of<api::RespondActivityTaskFailedRequest>(failed).failure().reason() == "unavailable");
}

BOOST_AUTO_TEST_CASE(what_a_dead_worker_had_or_was_sent_is_given_back) {
  begin();
  auto late = take("poll_decision");
  answer(take("poll_activity"), activity("hold"));
  auto waiting = take("poll_activity");
  int withdrawn = 0;
  waiting.call->on_cancel([&] { ++withdrawn; });
  end();
  BOOST_TEST(withdrawn == 1);
  BOOST_TEST(waiting.call->cancelled());
  answer(late, decision()); // was on its way when the worker died
  const auto back = take("decision_failed");
  BOOST_REQUIRE(back.call);
  BOOST_TEST(back.token->workflow_id == "w");
  held.clear();
  BOOST_TEST(count("activity_failed") == 1u);
  begin();
  BOOST_TEST(count("poll_decision") == 1u);
  BOOST_TEST(count("poll_activity") == 1u);
}

BOOST_AUTO_TEST_CASE(nothing_reaches_an_engine_that_has_stopped) {
  begin();
  const auto late = take("poll_decision");
  link->close();
  end();
  answer(late, decision());
  BOOST_TEST(count("decision_failed") == 0u);
}

BOOST_AUTO_TEST_CASE(a_draining_worker_finishes_what_it_has) {
  begin();
  answer(take("poll_activity"), activity("hold"));
  const auto decisions = take("poll_decision");
  const auto activities = take("poll_activity");
  caf::anon_send(worker, worker_drain{});
  scheduler->run();
  BOOST_TEST(decisions.call->cancelled());
  BOOST_TEST(activities.call->cancelled());
  held[0]->finish(std::string("done"));
  const auto done = take("activity_completed");
  BOOST_REQUIRE(done.call);
  answer(done, api::RespondActivityTaskCompletedResponse());
  held.clear();
  scheduler->run();
  pass(60 * ns_per_s);
  BOOST_TEST(seen_.empty());
}

BOOST_AUTO_TEST_CASE(every_kind_of_work_for_the_system_may_be_started) {
  std::size_t kinds = 0;
  const auto all = system_lists(env);
  for (const auto& list : *all) {
    for (const auto& [type, rule] : list.workflows) {
      ++kinds;
      BOOST_TEST(bool(workflow::check_system_work(list.domain, type)), list.domain << " " << type);
    }
  }
  // And nothing may be started that nobody works for.
  BOOST_TEST(kinds == std::size(workflow::system_kinds));
}

BOOST_AUTO_TEST_CASE(a_worker_waits_for_its_domain) {
  auto all = std::make_shared<std::vector<system_list>>(*lists);
  all->front().domain = "later";
  lists = all;
  begin();
  BOOST_TEST(seen_.empty());
  engine.add_domain("later");
  pass(50 * ns_per_ms);
  BOOST_TEST(seen_.size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
