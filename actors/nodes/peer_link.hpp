#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/base/supervised.hpp"
#include "actors/nodes/links.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

namespace cadenza::actors {

/// Where a node is, and which life of it.
struct link_target {
  std::string node;
  std::string address;
  std::int64_t incarnation = 0; ///< 0: every life will do
  bool operator==(const link_target&) const = default;
};

struct link_tick {};
/// The client of a request has gone away.
struct link_cancel {
  std::uint64_t id = 0;
};

enum class link_state {
  resting,  ///< waits before it dials again
  dialling, ///< waits for a connection
  greeting, ///< has said hello, waits for a welcome
  open,
};
[[nodiscard]] std::string_view name_of(link_state state);

/// The way from this node to one other: requests go out over it, their answers come back. (What the other asks comes
/// over its own link and is served by a `link_session` here.) Dials, says hello, sends signs of life, and dials anew
/// when the session ends.
///
/// When a session ends, everything that waits for an answer is told UNAVAILABLE at once. A window bounds what waits for
/// answers, in requests and bytes; beyond it requests are refused with SERVICE_BUSY.
///
/// Death: what waits for answers is told UNAVAILABLE; the keeper makes it anew.
class peer_link final : public supervised_actor {
public:
  peer_link(caf::actor_config& cfg, const actor_context& env, const link_options& options, link_transport& transport,
            link_target target);

  const char* name() const override { return "peer_link"; }
  void on_exit() override;

protected:
  caf::behavior make_behavior() override;

private:
  struct pending {
    call_ptr call;
    std::int64_t deadline_ns = INT64_MAX;
    std::size_t bytes = 0;
    bool waits = false;
  };
  void enter(link_state next);
  void dial();
  void greet(caf::actor hall);
  void retry(const std::string& why);
  void lose(const std::string& why);
  void refuse_all();
  void tick();
  void retarget(link_target next);
  void ask(link_request& request);
  [[nodiscard]] bool admit(const link_request& request) const;
  void send(link_request& request);
  void cancel(std::uint64_t id);
  void forget(std::uint64_t id);
  void frame(const std::string& head, std::string& body);
  void welcome(const wire::v1::LinkWelcome& said);
  void message(link_message whole);
  void expire();
  void tell(link_event::kind what, std::int64_t incarnation, const std::string& why);
  [[nodiscard]] error out_of_reach() const;
  [[nodiscard]] caf::actor me();

  const actor_context& env_;
  const link_options& options_;
  link_transport& transport_;
  link_target target_;
  link_state state_ = link_state::resting;
  std::uint64_t attempt_ = 0; ///< of dialling; also the number of the session
  int failures_ = 0;          ///< in a row
  std::int64_t rest_ticks_ = 0;
  std::int64_t silent_ticks_ = 0;
  std::int64_t ticks_ = 0;
  std::string last_problem_ = "it has not been reached yet";
  caf::actor remote_;                ///< the hall, then the session
  std::int64_t met_incarnation_ = 0; ///< of the session
  std::optional<link_outbox> outbox_;
  std::optional<link_inbox> inbox_;
  std::deque<link_request> early_; ///< came while the first connection is being made
  std::unordered_map<std::uint64_t, pending> pending_;
  std::set<std::pair<std::int64_t, std::uint64_t>> deadlines_;
  std::uint64_t last_id_ = 0;
  std::size_t bytes_ = 0;    ///< of pending requests
  std::size_t requests_ = 0; ///< pending, without those that may wait long
};

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::link_target)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::link_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::link_cancel)
