#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/base/supervised.hpp"
#include "actors/nodes/cluster_view.hpp"
#include "actors/nodes/lease_watch.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>

namespace cadenza::actors {

struct membership_options {
  node_card card; ///< of this node; `lease_ns` is set
  int shard_count = 0;
  cluster_views* views = nullptr;
  /// Called after each view that was published, and when what it rests on is stored; must be quick.
  std::function<void(cluster_view_ptr)> changed = [](const cluster_view_ptr&) {};
  std::int64_t renew_ns = 1'000'000'000;  ///< between renewals, and between looks at the others
  std::int64_t margin_ns = 1'000'000'000; ///< this much before the lease ends for others it ends here
};

/// Links have seen the end of this life of a node: nobody listens where it was.
struct peer_gone {
  std::string node;
  std::int64_t incarnation = 0;
};
/// Something may have changed: the leases are read now.
struct look_now {};
/// A node whose card has said no roles, so that others hear of it before it gets anything, is given what comes with
/// these from now on.
struct enter_membership {
  unsigned roles = 0;
};
/// From now on this node is given nothing; `done` is called once that is stored.
struct drain_membership {
  std::function<void()> done;
};
/// This node's lease is dropped, and `done` called, also when the store does not answer well.
struct leave_membership {
  std::function<void()> done;
};

// What it tells itself.
struct membership_tick {};
struct leases_read {
  storage::page<storage::node_lease> leases;
};
struct lease_written {
  storage::commit_result result;
  std::int64_t sent_ns = 0;
  std::int64_t sent_ticks = 0;
  bool draining = false;
  unsigned roles = 0;
};
struct lease_dropped {
  std::string node;
  std::int64_t incarnation = 0;
  storage::commit_result result;
};

using membership_mail = std::variant<peer_gone, look_now, enter_membership, drain_membership, leave_membership,
                                     membership_tick, leases_read, lease_written, lease_dropped>;
using membership_mail_ptr = std::shared_ptr<membership_mail>;

template <class T> [[nodiscard]] membership_mail_ptr make_membership_mail(T&& content) {
  return std::make_shared<membership_mail>(std::forward<T>(content));
}

enum class membership_state {
  outside, ///< has no lease, or has lost it, and tries to get one
  member,  ///< has a lease that counts
  unsure,  ///< could not renew in time: holds nothing, and goes on trying
  left,    ///< has dropped its lease, for good
};
[[nodiscard]] std::string_view name_of(membership_state state);

/// Keeps this node a member of the cluster: writes its lease, renews it, reads those of the others, drops what has run
/// out, and publishes who belongs to the cluster. The rows of leases are the truth: a node is a member as long as its
/// row is there, and a row that has run out is dropped on the condition that it was not renewed meanwhile. So all nodes
/// come to the same members.
///
/// A node that cannot renew steps down, by itself and before anybody may drop its row: it publishes a view of which it
/// is no member. Nothing that is stored rests on that; whoever writes for a shard is settled by its range id.
///
/// Death: made anew, it finds its own lease, and goes on with it; the view published last stays in force meanwhile.
class membership final : public supervised_actor {
public:
  membership(caf::actor_config& cfg, const actor_context& env, membership_options options);

  const char* name() const override { return "membership"; }

protected:
  caf::behavior make_behavior() override;

private:
  void handle(peer_gone&);
  void handle(look_now&);
  void handle(enter_membership&);
  void handle(drain_membership&);
  void handle(leave_membership&);
  void handle(membership_tick&);
  void handle(leases_read&);
  void handle(lease_written&);
  void handle(lease_dropped&);

  [[nodiscard]] bool holds() const;
  void round();
  void round_over();
  void settle_own();
  void join(std::int64_t expected);
  [[nodiscard]] bool may_take(const lease_watch::lease& row);
  [[nodiscard]] std::string misfit() const;
  void write();
  void drop(const std::string& node, const lease_watch::lease& row);
  void drop_what_is_over();
  void step_down(membership_state to, const std::string& why);
  void become_member();
  void enter(membership_state next);
  void publish();
  void complain(const std::string& what);
  [[nodiscard]] caf::actor me();

  const actor_context& env_;
  membership_options options_;
  node_card card_;
  const std::int64_t tick_ns_;
  lease_watch watch_;
  own_lease own_;
  membership_state state_ = membership_state::outside;
  std::int64_t version_ = 0;      ///< of the own row, as last known
  std::int64_t sent_expires_ = 0; ///< of the last renewal that was sent
  std::int64_t sent_ns_ = 0;
  std::int64_t sent_ticks_ = 0;
  std::int64_t ticks_ = 0;
  bool unsettled_ = false; ///< the last write may or may not be stored
  bool in_round_ = false;  ///< one thing after the other: what is read is never older than what was written
  bool again_ = false;     ///< somebody has asked for a look meanwhile
  bool due_ = true;        ///< to be renewed in this round
  bool read_once_ = false;
  bool patient_ = false; ///< made anew: until the first tick its earlier life's view stands
  std::map<std::string, std::pair<std::int64_t, int>> gone_; ///< by name: incarnation, and tries to drop it
  bool told_draining_ = false;                               ///< what its row says, and others were told to look at
  unsigned told_roles_;
  std::function<void()> drained_;
  std::function<void()> left_;
  std::uint64_t epoch_ = 0;
  std::uint64_t published_ = 0; ///< fingerprint
  bool published_self_ = false;
  std::string complaint_; ///< told last: a trouble that lasts is told once
};

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::membership_mail_ptr)
