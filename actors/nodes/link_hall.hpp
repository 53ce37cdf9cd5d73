#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/base/supervised.hpp"
#include "actors/nodes/links.hpp"

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace cadenza::actors {

class served_call;

/// How a request that was served has ended: its answer, or why there is none.
struct served_answer {
  std::uint64_t id = 0;
  std::string bytes;
  std::optional<error> failure;
};
using served_answer_ptr = std::shared_ptr<served_answer>;
struct session_tick {};

/// Serves what one other node asks over its link: hands requests to the handler and sends their answers back. Ends when
/// the other side does, or is silent; then whoever still works on a request of it is told that nobody waits.
class link_session final : public supervised_actor {
public:
  /// `remote` is the other node's link, which has said `hello` in session `session`.
  link_session(caf::actor_config& cfg, const actor_context& env, const link_options& options, caf::actor remote,
               std::uint64_t session, const wire::v1::LinkHello& hello);

  const char* name() const override { return "link_session"; }
  void on_exit() override;

protected:
  caf::behavior make_behavior() override;

private:
  void frame(const std::string& head, std::string& body);
  void serve(link_message whole);
  void answer(served_answer& given);
  void over(const std::string& why);

  const actor_context& env_;
  const link_options& options_;
  const caf::actor remote_;
  const std::string from_;
  link_outbox outbox_;
  link_inbox inbox_;
  std::int64_t silent_ticks_ = 0;
  std::unordered_map<std::uint64_t, std::weak_ptr<served_call>> serving_;
};

/// Where links of other nodes come in: greets each and makes it a session. Published at the node's port.
///
/// Death: all sessions end with it, and the links that they served dial again.
class link_hall final : public supervised_actor {
public:
  link_hall(caf::actor_config& cfg, const actor_context& env, const link_options& options);

  const char* name() const override { return "link_hall"; }
  void on_exit() override;

protected:
  caf::behavior make_behavior() override;

private:
  void greet(const wire::v1::LinkHead& head, const caf::actor& remote);
  [[nodiscard]] std::string objection(const wire::v1::LinkHello& hello) const;

  const actor_context& env_;
  const link_options& options_;
  struct guest {
    std::uint64_t session = 0;
    caf::actor actor;
  };
  std::unordered_map<caf::actor_addr, guest> by_remote_;
  std::unordered_map<caf::actor_addr, caf::actor_addr> by_session_; ///< the remote of a session
};

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::served_answer_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::session_tick)
