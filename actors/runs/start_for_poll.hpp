#pragma once

#include "actors/matching/far_call.hpp"
#include "actors/matching/matching_mail.hpp"
#include "actors/runs/workflow_run.hpp"

#include <caf/send.hpp>

namespace cadenza::actors {

/// Starting a task for a poll: whatever happens, the task list hears how it ended. A task is over only when it has been
/// started (by this poll or by another one) or when there is nothing to start any more; after any other failure the
/// list offers it again. Without `list` the worker and its list are on another node: its call, a far_worker_call,
/// tells.
class start_for_poll : public run_command {
public:
  start_for_poll(list_task_ptr task, list_poll_ptr poll, caf::actor list)
    : run_command(task->workflow, task->run_id), task_(std::move(task)), poll_(std::move(poll)),
      list_(std::move(list)) {}

  ~start_for_poll() override {
    // Lost on the way: the task is offered again; the poll is answered UNAVAILABLE by its call.
    if (task_ && list_)
      caf::anon_send(list_, make_matching_mail(dispatch_over{std::move(task_), nullptr, false}));
  }

  void failed(const error& reason) override {
    switch (reason.kind) {
    case error_kind::entity_not_exists:
    case error_kind::workflow_already_completed:
    case error_kind::bad_request:
    case error_kind::internal_data_inconsistency: return over(true, std::move(poll_)); // stale
    default: return over(started_elsewhere_, std::move(poll_));
    }
  }
  bool wants_open_run() const override { return false; }

  [[nodiscard]] const list_task& task() const { return *task_; }
  [[nodiscard]] const list_poll& poll() const { return *poll_; }

  /// Ends handing out the task. `back`: the poll when it was not answered.
  void over(bool task_done, list_poll_ptr back) {
    if (!list_) {
      if (back)
        static_cast<far_worker_call&>(*back->call).not_started(task_done);
      return task_.reset();
    }
    caf::anon_send(list_, make_matching_mail(dispatch_over{std::move(task_), std::move(back), task_done}));
    task_.reset();
  }

protected:
  /// Whether somebody still waits. From another node nothing is begun that its list has stopped waiting for.
  [[nodiscard]] outcome<void> may_start(const workflow::transaction& tx) const {
    if (poll_->call->cancelled())
      return unavailable("the poller has gone");
    if (!list_ && tx.env().now_ns > poll_->deadline_ns)
      return error(error_kind::deadline_exceeded, "the message has come too late");
    return {};
  }

  bool started_elsewhere_ = false; ///< set by act(): another poll has the task
  list_task_ptr task_;
  list_poll_ptr poll_;
  caf::actor list_;
};

} // namespace cadenza::actors
