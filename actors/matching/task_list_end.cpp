#include "actors/matching/task_list.hpp"

#include "actors/matching/far_errand.hpp"
#include "actors/matching/poll_board.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"

#include <caf/all.hpp>

#include <chrono>
#include <utility>

/// How a list ends that nobody needs here: it was idle for long, or it is on another node now.
namespace cadenza::actors {
namespace {

/// Whatever a list has begun, it hears of within this: a start for a worker of another node takes longest.
constexpr std::int64_t last_words_ns = 3 * (errand_life_ns + errand_margin_ns);

} // namespace

/// The list has been forgotten; what came meanwhile goes back through the owner to a new one.
void task_list::handle(list_quit&) {
  become(phase::ending);
  hand_back();
  quit();
}

/// What waits here goes through the owner to where the list is now; the stored backlog is read there. Whoever was given
/// something goes on with it, and this actor stays for the end of that.
void task_list::handle(list_moved&) {
  become(phase::ending);
  hand_back();
  env_.polls->remove(key_, polls_);
  polls_->clear();
  offers_.clear();
  tasks_out_.clear();
  polls_out_.clear();
  queries_out_.clear();
  note_waiting();
  shown_.reset();
  monitor(owner_);
  set_down_handler([this](const caf::down_msg&) { quit(); });
  delayed_send(this, std::chrono::nanoseconds(last_words_ns), list_is_over{});
  caf::event_based_actor::become(with_common(caf::message_handler{
      [this](matching_mail_ptr& mail) { hear_the_end(*mail); },
      [](list_wake) {},
      [this](list_is_over) { quit(); },
  }));
}

void task_list::hand_back() {
  // Workers first: a sticky list that nobody polls gives its tasks away.
  polls_->open(false);
  polls_->for_each([this](const poll_queue::entry& waiting) {
    if (!waiting.from && !poll_queue::gone(*waiting.poll))
      send(owner_, make_matching_mail(list_poll_ptr(waiting.poll)));
    return true;
  });
  const auto back = [this](list_task_ptr& task) {
    if (task->backlog_id == 0 && !task->given.taken())
      send(owner_, make_matching_mail(std::move(task)));
  };
  for (auto* queue : {&fresh_, &buffer_}) {
    for (auto& task : *queue)
      back(task);
    queue->clear();
  }
  for (auto& [at_ns, task] : later_) {
    task->given.release();
    back(task);
  }
  later_.clear();
  for (auto& query : queries_) {
    if (!query->given.taken() && query->list == key_)
      send(owner_, make_matching_mail(std::move(query)));
  }
  queries_.clear();
  // The answers of workers go to where the list is now, which does not know them: another worker is asked there.
  for (auto& [id, query] : std::exchange(with_worker_, {})) {
    query->given.release();
    send(owner_, make_matching_mail(std::move(query)));
  }
  for (auto& asked : describes_)
    send(owner_, make_matching_mail(std::move(asked)));
  describes_.clear();
  for (auto& asked : to_configure_)
    send(owner_, make_matching_mail(std::move(asked)));
  to_configure_.clear();
}

/// How something has ended that was begun before the list moved.
void task_list::hear_the_end(matching_mail& mail) {
  if (auto* over = std::get_if<dispatch_over>(&mail)) {
    if (over->task && over->task_done && over->task->receipt)
      over->task->receipt->done();
    if (over->task && !over->task_done && over->task->backlog_id == 0) {
      over->task->given.release();
      send(owner_, make_matching_mail(std::move(over->task)));
    }
    if (over->poll) {
      over->poll->given.release();
      send(owner_, make_matching_mail(std::move(over->poll)));
    }
    return;
  }
  auto* written = std::get_if<list_written>(&mail);
  if (written == nullptr)
    return;
  // Not written, its tasks let go of their receipts, and come again to where the list is now.
  const bool stored = written->result.outcome == storage::status::committed;
  for (const auto& task : written->tasks)
    if (stored && task->receipt)
      task->receipt->done();
  if (const auto asked = std::exchange(configuring_, nullptr)) {
    if (stored)
      asked->call->reply(uber::cadence::admin::v1::UpdateTaskListPartitionConfigResponse());
    else
      send(owner_, make_matching_mail(std::shared_ptr<configure_list>(asked)));
  }
}

} // namespace cadenza::actors
