#pragma once

#include "actors/runs/shard_mail.hpp"

#include <variant>

namespace cadenza::actors {

/// What a shard does about a request that a message has brought: a command for a run of the shard, or the start of one.
/// Each answers the sender, also when it is dropped: then it was not carried out, or nobody knows.
///
/// Carried out once in effect, however often the message comes: a run knows a child by its initiated event, a signal
/// and a cancel request by their ids, a workflow id its start by the request id.
[[nodiscard]] std::variant<run_command_ptr, start_request_ptr> receive(const actor_context& env,
                                                                       run_message_ptr message);

} // namespace cadenza::actors
