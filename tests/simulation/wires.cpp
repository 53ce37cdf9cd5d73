#include "world.hpp"

#include "messages/shard_hash.hpp"

#include "cadenza/record/v1/matching_message.pb.h"
#include "cadenza/record/v1/run_message.pb.h"

/// Messages that cross a wire, and come out in whatever engine there is then.
namespace cadenza::simulation {

far_wire::far_wire(world& of, std::uint64_t seed)
  : world_(of), far_(static_cast<far>(dice(seed ^ 0x5EEDULL).below(3))) {}

bool far_wire::list_is_far(const storage::task_list_key& list) const {
  return far_ == far::everything || (far_ == far::half && storage::ring_position(list) % 2 == 1);
}

bool far_wire::run_is_far(const workflow_key& workflow) const {
  return far_ == far::everything || (far_ == far::half && shard_of(workflow.workflow_id, 2) == 1);
}

void far_wire::carry(actors::matching_message_ptr message) { world_.carry(message); }

bool far_wire::carried(const actors::run_message_ptr& message) {
  world_.carry(message);
  return true;
}

void world::carry(const actors::run_message_ptr& message) { send_off(message, "messages from run to run"); }

void world::carry(const actors::matching_message_ptr& message) {
  const auto* body = message->GetDescriptor()->FindFieldByNumber(message->body_case());
  send_off(message, "messages of matching: " + (body != nullptr ? body->name() : "nothing"));
}

template <class Message> void world::send_off(const std::shared_ptr<const Message>& message, const std::string& kind) {
  constexpr std::int64_t late_ns = 10 * ns_per_s;
  if (closing_)
    return;
  if (chance_.permille(weather_.lost_messages)) {
    log(0, "lost: " + message->ShortDebugString());
    return count("lost messages");
  }
  const bool late = chance_.permille(weather_.late_messages);
  if (late)
    count("late messages");
  carry_later(message, kind, chance_.below(late ? late_ns : 2 * ns_per_ms));
  if (chance_.permille(weather_.doubled_messages)) {
    count("doubled messages");
    carry_later(message, kind, chance_.below(late_ns));
  }
}

template <class Message>
void world::carry_later(const std::shared_ptr<const Message>& message, const std::string& kind, std::int64_t delay_ns) {
  later(delay_ns, [this, kind, bytes = message->SerializeAsString()] {
    auto arrived = std::make_shared<Message>();
    if (!arrived->ParseFromString(bytes))
      throw violation("a message that has crossed a wire does not parse: " + kind);
    count(kind);
    engine().deliver(std::shared_ptr<const Message>(std::move(arrived)));
  });
}

} // namespace cadenza::simulation
