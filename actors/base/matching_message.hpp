#pragma once

#include "messages/error.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace cadenza::wire::v1 {
class Errand;
class MatchingMessage;
} // namespace cadenza::wire::v1

namespace cadenza::actors {

struct actor_context;

/// What the matching of one node tells another node (messages/proto/cadenza/record/v1/matching_message.proto). Never
/// changed once it is sent: within the process several may hold it.
using matching_message_ptr = std::shared_ptr<const wire::v1::MatchingMessage>;
using errand_ptr = std::shared_ptr<const wire::v1::Errand>;

/// Puts a message that has arrived into the mailbox of the run's shard or of the matching owner. When the shard is not
/// there, whoever asked is told at once. Any thread.
void deliver_matching(const actor_context& env, matching_message_ptr message);

// Answers to `request`, straight from where it is carried out; nothing is sent when nobody waits for one. Any thread.
void answer_reply(const actor_context& env, const wire::v1::MatchingMessage& request, std::string bytes);
void answer_failed(const actor_context& env, const wire::v1::MatchingMessage& request, const error& reason);
/// The task is over (`done`), or must be offered again.
void answer_over(const actor_context& env, const wire::v1::MatchingMessage& request, bool done);

/// A failure as it came over the wire.
[[nodiscard]] error failure_of(const wire::v1::MatchingMessage& message);
void set_failure(wire::v1::MatchingMessage& message, const error& reason);

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::matching_message_ptr)
