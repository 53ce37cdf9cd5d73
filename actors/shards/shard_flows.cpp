#include "actors/shards/history_shard.hpp"

#include "actors/runs/received_message.hpp"
#include "messages/invariant.hpp"

#include "cadenza/record/v1/run_message.pb.h"

#include <caf/all.hpp>

/// The part of a history shard that speaks with other runs: what its own runs have set going, and what others ask.
namespace cadenza::actors {
namespace {

constexpr std::size_t droppable_max = 10'000; ///< flows in all, beyond which those that only save memory are dropped
constexpr int due_per_round = 1000;

} // namespace

// ---------------------------------------------------------------- what its own runs have set going

/// Numbers of flows are made as task ids are: those of a later life of the shard are others.
flow_place history_shard::place_of_flow() {
  return {env_, me(), shard_sequence::first_of(range_id_) + ++last_flow_, taken_ns_ + message_patience_ns};
}

void history_shard::handle(flow_waits& waiting) { keep_flow(std::move(waiting.flow)); }

void history_shard::keep_flow(run_flow_ptr flow) {
  if (flow->may_be_dropped() && flows_.size() >= droppable_max)
    return;
  const auto number = flow->exchange();
  flows_due_.emplace(flow->due_ns(), number);
  const auto fresh = flows_.emplace(number, std::move(flow)).second;
  CADENZA_ASSERT(fresh && flows_.size() == flows_due_.size(),
                 "a flow waits in one place; shard " + std::to_string(index_));
}

run_flow_ptr history_shard::take_flow(std::int64_t number) {
  const auto i = flows_.find(number);
  if (i == flows_.end())
    return nullptr;
  auto flow = std::move(i->second);
  flows_due_.erase({flow->due_ns(), number});
  flows_.erase(i);
  return flow;
}

void history_shard::go_on(run_flow_ptr flow, run_flow::verdict verdict) {
  const auto out = flow->take_outbox();
  switch (verdict) {
  case run_flow::verdict::act: {
    const auto key = flow->key();
    to_run(key, make_flow_step(std::move(flow)));
    break;
  }
  case run_flow::verdict::wait: keep_flow(std::move(flow)); break;
  case run_flow::verdict::over: flow->finish(); break;
  case run_flow::verdict::again: break; // its receipt says so
  }
  for (const auto& message : out)
    send_message(env_, message);
}

void history_shard::answered(const wire::v1::RunMessage& answer) {
  auto flow = take_flow(answer.exchange());
  if (!flow)
    return; // it was given up, or comes from an earlier life of the shard
  const auto verdict = flow->heard(answer);
  go_on(std::move(flow), verdict);
}

/// Flows that have not been answered in time.
void history_shard::look_at_flows() {
  for (int i = 0; i < due_per_round && !flows_due_.empty() && flows_due_.begin()->first <= now(); ++i) {
    auto flow = take_flow(flows_due_.begin()->second);
    const auto verdict = flow->silence();
    go_on(std::move(flow), verdict);
  }
}

// ---------------------------------------------------------------- what others ask

void history_shard::on_message(run_message_ptr message) {
  if (is_answer(*message))
    return answered(*message);
  // A copy that comes after the first was refused could begin a child that its parent has given up.
  if (message->has_start_child() && message->exchange() != 0 &&
      !seen_starts_.first(message->from().workflow_id(), message->exchange(), message->expires_ns(), now()))
    return;
  auto made = receive(env_, std::move(message));
  if (auto* command = std::get_if<run_command_ptr>(&made))
    on_command(std::move(*command));
  else
    handle(std::get<start_request_ptr>(made));
}

void history_shard::on_command(run_command_ptr command) {
  if (phase_ == phase::ready)
    route(std::move(command));
  else if (before_ready_.size() >= before_ready_max)
    command->failed(service_busy("history shard " + std::to_string(index_) + " is loading and too many requests wait"));
  else
    before_ready_.push_back(std::move(command));
}

} // namespace cadenza::actors
