#include "actors/base/matching_message.hpp"

#include "actors/base/actor_context.hpp"
#include "messages/invariant.hpp"

#include "cadenza/record/v1/matching_message.pb.h"

#include <caf/send.hpp>

#include <string_view>
#include <utility>

namespace cadenza::actors {
namespace {

using wire::v1::MatchingMessage;

std::shared_ptr<MatchingMessage> answer_to(const MatchingMessage& request) {
  auto out = std::make_shared<MatchingMessage>();
  *out->mutable_to() = request.from();
  return out;
}

/// The kind of that stable name; `unknown` for one that only another version has.
error_kind error_kind_of(std::string_view name) {
  for (int i = 0; i < static_cast<int>(error_kind::unknown); ++i) {
    if (name_of(static_cast<error_kind>(i)) == name)
      return static_cast<error_kind>(i);
  }
  return error_kind::unknown;
}

} // namespace

void deliver_matching(const actor_context& env, matching_message_ptr message) {
  if (message->has_to() || !message->has_run())
    return caf::anon_send(env.routes->matching(), std::move(message));
  if (const auto shard = env.routes->shard_of(message->run().workflow_id()))
    return caf::anon_send(shard, std::move(message));
  answer_failed(env, *message, unavailable("the history shard of this workflow is not there at the moment"));
}

void answer_reply(const actor_context& env, const MatchingMessage& request, std::string bytes) {
  if (!request.has_from())
    return;
  CADENZA_ASSERT(env.others->any(), "what came from another node is answered there");
  auto answer = answer_to(request);
  answer->mutable_reply()->set_response(std::move(bytes));
  env.others->carry(std::move(answer));
}

void answer_failed(const actor_context& env, const MatchingMessage& request, const error& reason) {
  if (!request.has_from())
    return;
  CADENZA_ASSERT(env.others->any(), "what came from another node is answered there");
  auto answer = answer_to(request);
  set_failure(*answer, reason);
  env.others->carry(std::move(answer));
}

void answer_over(const actor_context& env, const MatchingMessage& request, bool done) {
  if (!request.has_from())
    return;
  CADENZA_ASSERT(env.others->any(), "what came from another node is answered there");
  auto answer = answer_to(request);
  answer->mutable_over()->set_done(done);
  env.others->carry(std::move(answer));
}

error failure_of(const MatchingMessage& message) {
  const auto& failed = message.failed();
  const auto kind = error_kind_of(failed.kind());
  if (kind == error_kind::service_busy)
    return service_busy(failed.message(), failed.reason());
  return {kind, failed.message()};
}

void set_failure(MatchingMessage& message, const error& reason) {
  auto& failed = *message.mutable_failed();
  failed.set_kind(std::string(name_of(reason.kind)));
  failed.set_message(reason.message);
  if (reason.detail)
    failed.set_reason(reason.detail->reason);
}

} // namespace cadenza::actors
