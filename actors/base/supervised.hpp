#pragma once

#include "actors/base/actor_context.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>

#include <functional>
#include <string>
#include <vector>

namespace cadenza::actors {

/// Asks any actor of the tree how many messages wait in it behind this one. Asked of an actor that dies, `answer` is
/// dropped.
struct mailbox_query {
  std::function<void(std::int64_t)> answer;
};

/// Tells what is wrong to whoever wants to know (see troubles), or to the log alone where nobody does.
void note_death(const actor_context& env, const std::string& path, const caf::error& reason);
void note_unreadable(const actor_context& env, const std::string& where, std::vector<std::string> what,
                     bool quiet = false);

/// What all actors of the tree have in common: an exception ends the actor and no more, whoever supervises it hears why
/// in its down message, and how much waits in its mailbox can be asked.
class supervised_actor : public caf::event_based_actor {
public:
  explicit supervised_actor(caf::actor_config& cfg);

protected:
  /// Ends this actor; its supervisor logs `why` and makes it anew.
  void end(std::string why);
  /// `own`, and what every actor answers.
  [[nodiscard]] caf::behavior with_common(caf::message_handler own);
};

/// The same for an actor that nobody supervises: it logs its own end.
void log_exceptions(caf::scheduled_actor& of, const actor_context& env, std::string path);

/// The reason of a down message in words.
[[nodiscard]] std::string text_of(const caf::error& reason);

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::mailbox_query)
