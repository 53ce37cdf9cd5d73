#pragma once

#include "messages/error.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <memory>

namespace cadenza::wire::v1 {
class RunAddress;
class RunMessage;
} // namespace cadenza::wire::v1

namespace cadenza::actors {

struct actor_context;

/// A message from one run to another (messages/proto/cadenza/record/v1/run_message.proto). Never changed once it is
/// sent: within the process several may hold it.
using run_message_ptr = std::shared_ptr<const wire::v1::RunMessage>;

/// A request is carried out within this time after it was sent, or not at all.
inline constexpr std::int64_t message_life_ns = 5'000'000'000;
/// Whoever has sent a request waits this long for the answer. After that no copy of it can be carried out any more; the
/// difference to its life is how far the clocks of two nodes may differ.
inline constexpr std::int64_t message_patience_ns = 7'000'000'000;

/// Sends it on its way: to the history shard of the run that it is for, or to what carries messages in its place
/// (`other_nodes`). It may be lost. Any thread.
void send_message(const actor_context& env, run_message_ptr message);

/// Puts a message that has arrived into the mailbox of its shard. When the shard is not there, a request that somebody
/// waits for is refused at once. Any thread.
void deliver_message(const actor_context& env, run_message_ptr message);

/// Whether it brings back the answer to a request.
[[nodiscard]] bool is_answer(const wire::v1::RunMessage& message);

// Answers to `request`; nothing is sent when nobody waits for one.
void answer_done(const actor_context& env, const wire::v1::RunMessage& request);
void answer_child_started(const actor_context& env, const wire::v1::RunMessage& request, const std::string& run_id);
void answer_refused(const actor_context& env, const wire::v1::RunMessage& request, const error& reason);

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::run_message_ptr)
