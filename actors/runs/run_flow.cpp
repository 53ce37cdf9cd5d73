#include "actors/runs/run_flow.hpp"

#include "actors/runs/command_of.hpp"
#include "actors/runs/shard_mail.hpp"
#include "messages/invariant.hpp"

#include "cadenza/record/v1/run_message.pb.h"

#include <caf/send.hpp>

namespace cadenza::actors {

using wire::v1::Refused;
using wire::v1::RunMessage;

namespace {

/// The step of a flow that is its run's own, as a command of that run.
class flow_step final : public run_command {
public:
  explicit flow_step(run_flow_ptr flow)
    : run_command({flow->key().domain_id, flow->key().workflow_id}, flow->key().run_id), name_(flow->name()),
      flow_(std::move(flow)) {}

  outcome<void> act(workflow::transaction& tx) override {
    const auto result = flow_->act(tx);
    if (!result)
      return result.error();
    changed_ = *result;
    return {};
  }
  bool changed() const override { return changed_; }
  bool stands(const workflow::run& run) const override { return flow_->stands(run); }
  void finished(workflow_run&) override { go_on(flow_->acted()); }
  void failed(const error& reason) override { go_on(flow_->refused(reason)); }
  bool wants_open_run() const override { return false; }
  const char* name() const override { return name_; }

private:
  void go_on(run_flow::verdict verdict) {
    CADENZA_ASSERT(verdict != run_flow::verdict::act, "two steps of a run are one");
    auto flow = std::move(flow_);
    if (verdict == run_flow::verdict::over)
      return flow->finish();
    if (verdict != run_flow::verdict::wait)
      return;
    // The shard has the flow before anybody can answer.
    const auto& env = flow->env();
    const auto shard = flow->shard();
    auto out = flow->take_outbox();
    caf::anon_send(shard, make_shard_mail(flow_waits{std::move(flow)}));
    for (auto& message : out)
      send_message(env, std::move(message));
  }

  const char* const name_;
  run_flow_ptr flow_;
  bool changed_ = false;
};

} // namespace

std::string run_flow::raw_run(const std::string& text) {
  const auto run = named_run(text);
  return run ? run->raw() : std::string();
}

RunMessage& run_flow::tell(const uuid& domain_id, const std::string& workflow_id, const std::string& run_id) {
  auto message = std::make_shared<RunMessage>();
  auto& to = *message->mutable_to();
  to.set_domain_id(domain_id.raw());
  to.set_workflow_id(workflow_id);
  to.set_run_id(run_id);
  auto& from = *message->mutable_from();
  from.set_domain_id(key_.domain_id.raw());
  from.set_workflow_id(key_.workflow_id);
  from.set_run_id(key_.run_id.raw());
  message->set_expires_ns(now() + message_life_ns);
  auto& out = *message;
  outbox_.push_back(std::move(message));
  return out;
}

RunMessage& run_flow::ask(int part, const uuid& domain_id, const std::string& workflow_id, const std::string& run_id) {
  auto& message = tell(domain_id, workflow_id, run_id);
  message.set_exchange(place_.exchange);
  message.set_part(part);
  due_ns_ = now() + message_patience_ns;
  return message;
}

bool run_flow::for_good(const RunMessage& answer) const {
  return answer.refused().reason() != Refused::REASON_NOT_NOW && now() >= place_.quiet_from_ns;
}

run_flow_ptr make_flow(flow_place place, const record::v1::TransferTask& task, receipt_ptr receipt) {
  switch (task.type()) {
  case record::v1::TRANSFER_CLOSE: return make_close_flow(std::move(place), task, std::move(receipt));
  case record::v1::TRANSFER_START_CHILD: return make_start_child_flow(std::move(place), task, std::move(receipt));
  case record::v1::TRANSFER_SIGNAL_EXTERNAL: return make_signal_flow(std::move(place), task, std::move(receipt));
  case record::v1::TRANSFER_CANCEL_EXTERNAL: return make_cancel_flow(std::move(place), task, std::move(receipt));
  default: return nullptr;
  }
}

run_command_ptr make_flow_step(run_flow_ptr flow) { return std::make_shared<flow_step>(std::move(flow)); }

} // namespace cadenza::actors
