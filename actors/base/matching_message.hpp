#pragma once

#include "messages/error.hpp"
#include "messages/records.hpp"
#include "storage/task_list_store.hpp"

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

/// Where a task list is: a node, and which life of it.
struct list_place {
  std::string node; ///< "": that is not known, or nobody has it
  std::int64_t life = 0;
  bool operator==(const list_place&) const = default;
};

/// Knows which lists and runs are on other nodes, and carries messages there. Thread-safe.
class matching_carrier {
public:
  virtual ~matching_carrier() = default;
  [[nodiscard]] virtual bool list_is_far(const storage::task_list_key& list) const = 0;
  [[nodiscard]] virtual bool run_is_far(const workflow_key& workflow) const = 0;
  /// Whether this node carries out what others bring for a list. False: it is told that the list is elsewhere.
  [[nodiscard]] virtual bool takes(const storage::task_list_key& list) const {
    (void)list;
    return true;
  }
  /// Where a list is by what this node knows at the moment.
  [[nodiscard]] virtual list_place place_of(const storage::task_list_key& list) const {
    (void)list;
    return {};
  }
  /// Has it delivered with `deliver_matching`: to the node that `to` or `node` names, else to that of the list or the
  /// run. It may be lost, late or doubled.
  virtual void carry(matching_message_ptr message) = 0;
};

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
