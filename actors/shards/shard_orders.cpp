#include "actors/runs/run_commands.hpp"
#include "actors/shards/history_shard.hpp"
#include "actors/shards/run_removal.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

/// The part of a history shard that carries out what operators order.
namespace cadenza::actors {
namespace {

void remove_read_run(const shard_place& at, const run_key& key, const storage::read_result<run_rows>& rows,
                     std::function<void(outcome<removal_report>)> answer) {
  stored_run run{key, {}, 0};
  // Rows without a header are what is left of a damaged run: they go, too.
  const bool damaged = rows.outcome == storage::status::corrupted;
  if (rows.outcome != storage::status::committed && !damaged)
    return answer(unavailable("the store cannot read right now: " + rows.message));
  if (!damaged && !rows.value)
    return answer(no_workflow(key.workflow_id, key.run_id));
  record::v1::Run head;
  if (rows.value && head.ParseFromString(rows.value->header)) {
    for (const auto& b : head.version_histories().branches())
      run.branches.push_back(b.branch());
    run.version = head.current_version();
  }
  const bool history = !run.branches.empty();
  remove_stored_run(at, std::move(run), nullptr, [answer = std::move(answer), history](const outcome<void>& result) {
    if (!result)
      return answer(result.error());
    answer(removal_report{history, true, true});
  });
}

} // namespace

void order_removal(const actor_context& env, const workflow_key& key, std::optional<uuid> run,
                   std::function<void(outcome<removal_report>)> answer) {
  const auto shard = env.routes->shard_of(key.workflow_id);
  if (!shard)
    return answer(unavailable("the workflow's history shard is not there at the moment"));
  shard_order order;
  order.workflow = key;
  order.run_id = run;
  order.answer = std::move(answer);
  caf::anon_send(shard, make_shard_mail(std::move(order)));
}

void history_shard::handle(shard_order& order) {
  CADENZA_ASSERT(order.answer, "an operator who orders something hears how it ends");
  if (phase_ != phase::ready)
    return order.answer(unavailable("history shard " + std::to_string(index_) + " is loading; try again"));
  switch (order.what) {
  case shard_order::kind::remove_run: return remove_run(std::move(order));
  case shard_order::kind::remove_task: return remove_task(std::move(order));
  case shard_order::kind::reset_queue: reset_queue(order.queue); return order.answer(removal_report{});
  }
}

void history_shard::remove_run(shard_order order) {
  const shard_place at{env_, index_, range_id_, sequence_, me()};
  if (order.run_id) {
    const run_key key{order.workflow.domain_id, order.workflow.workflow_id, *order.run_id};
    env_.store->shards().read_run(index_, key, [at, key, answer = order.answer](storage::read_result<run_rows> rows) {
      remove_read_run(at, key, rows, answer);
    });
    return;
  }
  env_.store->shards().read_current(
      index_, order.workflow, [self = me(), order](storage::read_result<storage::current_row> row) mutable {
        if (row.outcome != storage::status::committed)
          return order.answer(unavailable("the store cannot read right now: " + row.message));
        if (!row.value || row.value->run_id == uuid{})
          return order.answer(no_workflow(order.workflow.workflow_id));
        order.run_id = row.value->run_id;
        caf::anon_send(self, make_shard_mail(std::move(order)));
      });
}

void history_shard::remove_task(shard_order order) {
  storage::shard_transaction tx;
  tx.shard = index_;
  tx.range_id = range_id_;
  switch (order.queue) {
  case shard_queue::transfer: tx.delete_transfer.push_back(order.task_id); break;
  case shard_queue::timer: tx.delete_timers.push_back({order.fire_ns, order.task_id, {}}); break;
  case shard_queue::replication: tx.delete_replication.push_back(order.task_id); break;
  }
  env_.store->shards().commit(std::move(tx),
                              [self = me(), order = std::move(order)](storage::commit_result result) mutable {
                                if (result.outcome != storage::status::committed)
                                  return order.answer(unavailable("the task was not removed: " + result.message));
                                caf::anon_send(self, make_shard_mail(task_removed{std::move(order)}));
                              });
}

/// The task is not stored any more: nor is it carried out.
void history_shard::handle(task_removed& removed) {
  const auto& order = removed.order;
  if (order.queue == shard_queue::transfer) {
    on_transfer_over(order.task_id);
    lost_transfer_.forget(order.task_id);
    tell_lost(lost_transfer_, "transfer", "transfer tasks", true);
  } else if (order.queue == shard_queue::timer) {
    lost_timers_.forget(order.fire_ns);
    tell_lost(lost_timers_, "timer", "timers that fire (ns)", true);
    if (timers_.cancel({order.fire_ns, order.task_id}))
      env_.counters->timers_in_memory.fetch_sub(1, std::memory_order_relaxed);
  }
  order.answer(removal_report{});
}

void history_shard::reset_queue(shard_queue queue) {
  if (queue == shard_queue::timer) {
    if (timers_loading_)
      return; // it is being read anyway
    timers_loading_ = true;
    return scan_timers(row_.timer_ack_ns(), 0, timers_.window_end());
  }
  // What is known and not over is carried out once more, in case it got lost; what was over since the ack level is read
  // again and finds nothing left to do.
  for (const auto id : transfer_.ids())
    try_later(id, false);
  load_transfer(row_.transfer_ack());
}

} // namespace cadenza::actors
