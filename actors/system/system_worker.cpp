#include "actors/system/work_in_hand.hpp"
#include "messages/invariant.hpp"

#include "actors/base/task_token.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

constexpr int in_hand_max = 8; ///< of each loop
constexpr int answer_tries_max = 10;
constexpr std::int64_t pause_first_ns = 50 * ns_per_ms;
constexpr std::int64_t pause_max_ns = 5 * ns_per_s;
constexpr std::int64_t empty_poll_ns = ns_per_s; ///< polls that come back empty sooner are not repeated before
constexpr std::int64_t give_up_ns = ns_per_s;
constexpr int history_page = 1000;

bool worth_repeating(const error& reason) {
  return reason.kind == error_kind::unavailable || reason.kind == error_kind::service_busy ||
         reason.kind == error_kind::deadline_exceeded;
}

outcome<std::string> answer_query(const system_workflow* rule, const api::WorkflowQuery& query, const events& history) {
  if (rule == nullptr)
    return bad_request("the workflow type is not one of the system's");
  const auto i = rule->queries.find(query.query_type());
  if (i != rule->queries.end())
    return i->second(history, query.query_args().data());
  std::string known;
  for (const auto& [name, answer] : rule->queries)
    known += (known.empty() ? "" : " ") + name;
  return bad_request("unknown queryType " + query.query_type() + ". KnownQueryTypes=[" + known + "]");
}

} // namespace

// ---------------------------------------------------------------- the actor

system_worker::system_worker(caf::actor_config& cfg, const actor_context& env, engine& to,
                             std::shared_ptr<engine_link> link, std::shared_ptr<const std::vector<system_list>> lists)
  : supervised_actor(cfg), env_(env), engine_(to), link_(std::move(link)), lists_(std::move(lists)) {}

void system_worker::on_exit() {
  for (auto& one : loops_) {
    if (one.waiting)
      one.waiting->withdraw();
  }
  loops_.clear();
}

post system_worker::poster() {
  return [self = caf::actor_cast<caf::actor>(this)](std::function<void()> step) {
    caf::anon_send(self, std::make_shared<std::function<void()>>(std::move(step)));
  };
}

caf::behavior system_worker::make_behavior() {
  for (const auto& list : *lists_) {
    if (!list.workflows.empty())
      loops_.emplace_back().list = &list;
    if (!list.activities.empty()) {
      auto& one = loops_.emplace_back();
      one.list = &list;
      one.what = kind::activities;
    }
  }
  for (std::size_t i = 0; i < loops_.size(); ++i)
    poll(i);
  return with_common(caf::message_handler{
      [](worker_step& step) { (*step)(); },
      [this](worker_drain) {
        draining_ = true;
        for (auto& one : loops_) {
          if (auto waiting = std::move(one.waiting))
            waiting->withdraw();
        }
      },
  });
}

void system_worker::poll(std::size_t at) {
  CADENZA_ASSERT(at < loops_.size() && loops_[at].list != nullptr, "the worker of the system polls its own lists");
  auto& one = loops_[at];
  if (draining_ || one.waiting || one.paused || one.in_hand >= in_hand_max)
    return;
  const auto domain = engine_.domains()->find(one.list->domain);
  if (!domain) {
    one.pause_ns = std::clamp(one.pause_ns * 2, pause_first_ns, pause_max_ns);
    return poll_later(at, one.pause_ns);
  }
  one.since_ns = env_.time->now_ns();
  // An answer is parsed where it comes from and its work made there: what comes for a worker that has died since gives
  // itself back.
  const auto identity = identity_of(env_);
  const auto to = poster();
  one.waiting = std::make_shared<withdrawal>();
  if (one.what == kind::decisions) {
    auto body = std::make_shared<api::PollForDecisionTaskRequest>();
    body->set_domain(one.list->domain);
    body->mutable_task_list()->set_name(one.list->task_list);
    body->set_identity(identity);
    using response = api::PollForDecisionTaskResponse;
    engine_.poll_decision(
        domain, std::move(body),
        std::make_shared<waiting_poll<response>>(
            one.waiting, [this, at, to, domain, link = link_](std::shared_ptr<response> task, const error* reason) {
              if (reason != nullptr)
                return to([this, at, reason = *reason] { poll_over(at, &reason, false); });
              if (task->task_token().empty())
                return to([this, at] { poll_over(at, nullptr, true); });
              to([this, at, work = std::make_shared<decision_work>(link, domain, std::move(task))] {
                take_in_hand(at);
                poll_over(at, nullptr, false);
                decide(at, work);
              });
            }));
    return;
  }
  auto body = std::make_shared<api::PollForActivityTaskRequest>();
  body->set_domain(one.list->domain);
  body->mutable_task_list()->set_name(one.list->task_list);
  body->set_identity(identity);
  using response = api::PollForActivityTaskResponse;
  engine_.poll_activity(
      domain, std::move(body),
      std::make_shared<waiting_poll<response>>(one.waiting, [this, at, to, domain, identity, link = link_,
                                                             engine = &engine_](std::shared_ptr<response> task,
                                                                                const error* reason) {
        if (reason != nullptr)
          return to([this, at, reason = *reason] { poll_over(at, &reason, false); });
        if (task->task_token().empty())
          return to([this, at] { poll_over(at, nullptr, true); });
        to([this, at, work = std::make_shared<activity_work>(*engine, link, domain, std::move(task), identity, to)] {
          take_in_hand(at);
          poll_over(at, nullptr, false);
          carry_out(at, work);
        });
      }));
}

void system_worker::poll_later(std::size_t at, std::int64_t ns) {
  loops_[at].paused = true;
  delayed_send(this, std::chrono::nanoseconds(ns), std::make_shared<std::function<void()>>([this, at] {
                 loops_[at].paused = false;
                 poll(at);
               }));
}

void system_worker::poll_over(std::size_t at, const error* reason, bool empty) {
  auto& one = loops_[at];
  CADENZA_ASSERT(!one.paused, "a loop polls or pauses, one of the two");
  one.waiting.reset();
  if (draining_)
    return;
  if (reason != nullptr) {
    one.pause_ns = std::clamp(one.pause_ns * 2, pause_first_ns, pause_max_ns);
    return poll_later(at, one.pause_ns);
  }
  one.pause_ns = 0;
  // Where polls are answered at once this worker is not the one that keeps asking.
  const auto waited_ns = env_.time->now_ns() - one.since_ns;
  if (empty && waited_ns < empty_poll_ns)
    return poll_later(at, empty_poll_ns);
  poll(at);
}

void system_worker::take_in_hand(std::size_t at) {
  CADENZA_ASSERT(loops_[at].in_hand < in_hand_max, "the worker of the system asks for no more than it can hold");
  ++loops_[at].in_hand;
}

void system_worker::over(std::size_t at) {
  CADENZA_ASSERT(loops_[at].in_hand > 0, "what is over was in hand");
  --loops_[at].in_hand;
  poll(at);
}

// ---------------------------------------------------------------- decisions

/// The rest of a history that is longer than a page.
void system_worker::read_on(std::size_t at, std::shared_ptr<decision_work> work) {
  CADENZA_ASSERT(!work->task->next_page_token().empty(), "a history is read on where its first page ends");
  auto body = std::make_shared<api::GetWorkflowExecutionHistoryRequest>();
  body->set_domain(loops_[at].list->domain);
  *body->mutable_workflow_execution() = work->task->workflow_execution();
  body->set_page_size(history_page);
  body->set_next_page_token(work->task->next_page_token());
  using response = api::GetWorkflowExecutionHistoryResponse;
  engine_.get_history(work->domain, std::move(body),
                      std::make_shared<posted_call<response>>(poster(), [this, at, work](outcome<response> page) {
                        if (!page)
                          return give_up(at, work);
                        for (auto& event : *page->mutable_history()->mutable_events())
                          work->task->mutable_history()->add_events()->Swap(&event);
                        work->task->set_next_page_token(page->next_page_token());
                        decide(at, work);
                      }));
}

/// Lets go of a decision, which gives it back; not at once, for it will come again.
void system_worker::give_up(std::size_t at, std::shared_ptr<decision_work> work) {
  delayed_send(this, std::chrono::nanoseconds(give_up_ns),
               std::make_shared<std::function<void()>>([this, at, work = std::move(work)] { over(at); }));
}

void system_worker::decide(std::size_t at, std::shared_ptr<decision_work> work) {
  const auto& task = *work->task;
  if (!task.next_page_token().empty())
    return read_on(at, std::move(work));
  const auto& rules = loops_[at].list->workflows;
  const auto i = rules.find(task.workflow_type().name());
  const auto* rule = i == rules.end() ? nullptr : &i->second;
  const auto& history = task.history().events();

  // Sent again while the run's shard is away: what was taken before is refused the second time, which ends it too.
  std::function<void(call_ptr)> report;
  if (task.has_query()) {
    api::WorkflowQueryResult result;
    set_answer(result, answer_query(rule, task.query(), history));
    report = [this, work, result](call_ptr call) {
      auto token = decode_query_token(work->task->task_token());
      if (!token)
        return call->reject(token.error());
      auto body = std::make_shared<api::RespondQueryTaskCompletedRequest>();
      body->set_task_token(work->task->task_token());
      *body->mutable_result() = result;
      engine_.query_completed(work->domain, *std::move(token), std::move(body), std::move(call));
    };
  } else {
    auto reply = std::make_shared<api::RespondDecisionTaskCompletedRequest>();
    reply->set_task_token(task.task_token());
    reply->set_identity(identity_of(env_));
    if (rule != nullptr) {
      for (auto& decision : rule->decide(history))
        reply->add_decisions()->Swap(&decision);
    } else {
      auto& failure = *reply->add_decisions()->mutable_fail_workflow_execution_decision_attributes()->mutable_failure();
      failure.set_reason("unknown workflow type");
      failure.set_details(task.workflow_type().name());
    }
    for (const auto& [id, query] : task.queries())
      set_answer((*reply->mutable_query_results())[id], answer_query(rule, query, history));
    report = [this, work, reply](call_ptr call) {
      auto token = decode_task_token(work->task->task_token());
      if (!token)
        return call->reject(token.error());
      engine_.decision_completed(work->domain, *std::move(token),
                                 std::make_shared<api::RespondDecisionTaskCompletedRequest>(*reply), std::move(call));
    };
  }
  send_report(std::move(report), [this, at, work] {
    work->settled = true;
    over(at);
  });
}

void system_worker::send_report(std::function<void(call_ptr)> report, std::function<void()> taken, int tries) {
  CADENZA_ASSERT(report && taken, "what the worker of the system reports has an end");
  report(std::make_shared<report_call>(poster(), [this, report, taken, tries](const error* reason) {
    if (reason == nullptr || !worth_repeating(*reason) || tries >= answer_tries_max)
      return taken();
    const auto pause = std::min(pause_first_ns << tries, pause_max_ns);
    delayed_send(this, std::chrono::nanoseconds(pause),
                 std::make_shared<std::function<void()>>(
                     [this, report, taken, tries] { send_report(report, taken, tries + 1); }));
  }));
}

// ---------------------------------------------------------------- activities

void system_worker::carry_out(std::size_t at, std::shared_ptr<activity_work> work) {
  CADENZA_ASSERT(!work->finished, "an activity of the system is carried out once");
  const auto& known = loops_[at].list->activities;
  const auto i = known.find(work->task->activity_type().name());
  // The work must not keep itself alive: dropped unfinished, it gives itself back, and its place is free again.
  auto place = std::shared_ptr<void>(nullptr, [this, at, to = poster()](void*) { to([this, at] { over(at); }); });
  work->finished = [this, weak = std::weak_ptr(work), place = std::move(place)] {
    const auto mine = weak.lock();
    send_report([mine](call_ptr call) { mine->report(std::move(call)); }, [mine] { mine->settled = true; });
  };
  if (i == known.end())
    return work->finish(bad_request("unknown activity type " + work->task->activity_type().name()));
  i->second(work);
}

} // namespace cadenza::actors
