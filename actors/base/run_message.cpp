#include "actors/base/run_message.hpp"

#include "actors/base/actor_context.hpp"

#include "cadenza/record/v1/run_message.pb.h"

#include <caf/send.hpp>

#include <utility>

namespace cadenza::actors {
namespace {

using wire::v1::Refused;
using wire::v1::RunMessage;

Refused::Reason reason_of(error_kind kind) {
  switch (kind) {
  case error_kind::unavailable:
  case error_kind::service_busy:
  case error_kind::internal_service:
  case error_kind::deadline_exceeded:
  case error_kind::domain_not_active:
  case error_kind::shard_ownership_lost: return Refused::REASON_NOT_NOW;
  case error_kind::entity_not_exists:
  case error_kind::workflow_already_completed: return Refused::REASON_GONE;
  case error_kind::workflow_already_started: return Refused::REASON_STARTED;
  case error_kind::bad_request: return Refused::REASON_INVALID;
  case error_kind::cancellation_already_requested: return Refused::REASON_REQUESTED;
  default: return Refused::REASON_OTHER;
  }
}

std::shared_ptr<RunMessage> answer_to(const RunMessage& request) {
  auto out = std::make_shared<RunMessage>();
  *out->mutable_to() = request.from();
  *out->mutable_from() = request.to();
  out->set_exchange(request.exchange());
  out->set_part(request.part());
  return out;
}

} // namespace

void send_message(const actor_context& env, run_message_ptr message) {
  if (!env.others->carried(message))
    deliver_message(env, std::move(message));
}

void deliver_message(const actor_context& env, run_message_ptr message) {
  if (const auto shard = env.routes->shard_of(message->to().workflow_id()))
    return caf::anon_send(shard, std::move(message));
  if (!is_answer(*message))
    answer_refused(env, *message, unavailable("the history shard of this workflow is not available right now"));
}

bool is_answer(const RunMessage& message) {
  switch (message.body_case()) {
  case RunMessage::kChildStarted:
  case RunMessage::kDone:
  case RunMessage::kRefused: return true;
  default: return false;
  }
}

void answer_done(const actor_context& env, const RunMessage& request) {
  if (request.exchange() == 0)
    return;
  auto answer = answer_to(request);
  answer->mutable_done();
  send_message(env, std::move(answer));
}

void answer_child_started(const actor_context& env, const RunMessage& request, const std::string& run_id) {
  if (request.exchange() == 0)
    return;
  auto answer = answer_to(request);
  answer->mutable_child_started()->set_run_id(run_id);
  send_message(env, std::move(answer));
}

void answer_refused(const actor_context& env, const RunMessage& request, const error& reason) {
  if (request.exchange() == 0)
    return;
  auto answer = answer_to(request);
  auto& refused = *answer->mutable_refused();
  refused.set_reason(reason_of(reason.kind));
  refused.set_message(reason.message);
  send_message(env, std::move(answer));
}

} // namespace cadenza::actors
