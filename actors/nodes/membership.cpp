#include "actors/nodes/membership.hpp"

#include "messages/invariant.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <utility>

namespace cadenza::actors {
namespace {

constexpr int drops_max = 5; ///< tries to drop the lease of a node that links say is gone
constexpr std::int64_t ticks_per_renewal = 4;

bool overlap(int a_oldest, int a_newest, int b_oldest, int b_newest) {
  return a_oldest <= b_newest && b_oldest <= a_newest;
}

} // namespace

std::string_view name_of(membership_state state) {
  switch (state) {
  case membership_state::outside: return "outside";
  case membership_state::member: return "member";
  case membership_state::unsure: return "unsure";
  case membership_state::left: return "left";
  }
  return "unknown";
}

membership::membership(caf::actor_config& cfg, const actor_context& env, membership_options options)
  : supervised_actor(cfg), env_(env), options_(std::move(options)), card_(options_.card),
    tick_ns_(options_.renew_ns / ticks_per_renewal), watch_(tick_ns_), own_(card_.lease_ns, options_.margin_ns),
    told_roles_(card_.roles) {
  CADENZA_ASSERT(options_.views != nullptr && options_.changed, "whoever belongs to the cluster is published");
  CADENZA_ASSERT(options_.renew_ns > 0 && options_.margin_ns + 2 * options_.renew_ns <= card_.lease_ns,
                 "a lease is renewed at least twice before it ends");
}

bool membership::holds() const { return own_.holds(env_.time->now_ns(), tick_ns_); }

caf::actor membership::me() { return caf::actor_cast<caf::actor>(this); }

caf::behavior membership::make_behavior() {
  epoch_ = options_.views->get()->epoch();
  patient_ = options_.views->get()->self_belongs();
  delayed_send(this, std::chrono::nanoseconds(tick_ns_), make_membership_mail(membership_tick{}));
  round();
  return with_common(caf::message_handler{
      [this](membership_mail_ptr& mail) {
        // Before anything else: this process may have stood still.
        if (state_ == membership_state::member && !holds())
          step_down(membership_state::unsure, "its lease could not be renewed in time");
        std::visit([this](auto& content) { handle(content); }, *mail);
      },
  });
}

void membership::enter(membership_state next) {
  CADENZA_ASSERT(state_ != membership_state::left, "a node that has left does not come back in this life");
  CADENZA_ASSERT(next != membership_state::unsure || state_ == membership_state::member,
                 "only a member can become unsure of it");
  state_ = next;
}

void membership::handle(membership_tick&) {
  ++ticks_;
  own_.tick();
  if (state_ == membership_state::left)
    return;
  delayed_send(this, std::chrono::nanoseconds(tick_ns_), make_membership_mail(membership_tick{}));
  if (state_ == membership_state::member && !holds())
    step_down(membership_state::unsure, "its lease could not be renewed in time");
  if (ticks_ % ticks_per_renewal != 0)
    return;
  if (std::exchange(patient_, false))
    publish();
  due_ = true;
  round();
}

void membership::handle(look_now&) {
  again_ = true;
  round();
}

// ---------------------------------------------------------------- a round: read, drop, write

void membership::round() {
  if (in_round_ || state_ == membership_state::left)
    return;
  in_round_ = true;
  again_ = false;
  env_.store->cluster().read_leases([self = me()](storage::page<storage::node_lease> leases) {
    caf::anon_send(self, make_membership_mail(leases_read{std::move(leases)}));
  });
}

void membership::round_over() {
  CADENZA_ASSERT(in_round_, "a round is over once");
  in_round_ = false;
  if (left_ && state_ != membership_state::left) {
    leave_membership again{std::exchange(left_, nullptr)};
    return handle(again);
  }
  if (again_)
    round();
}

void membership::handle(leases_read& read) {
  CADENZA_ASSERT(in_round_, "leases are read in a round");
  if (read.leases.outcome != storage::status::committed) {
    complain("leases cannot be read: " + read.leases.message);
    // Whoever knows its version can renew without having looked.
    if (state_ != membership_state::outside && !unsettled_ && due_)
      return write();
    return round_over();
  }
  for (const auto& node : watch_.look(read.leases.rows, ticks_))
    complain("the lease of node " + node + " is damaged and left out");
  read_once_ = true;
  settle_own();
}

/// Compares the own row with what this node knows of it, and takes the next step.
void membership::settle_own() {
  const auto* mine = watch_.find(card_.name);
  const bool ours = mine != nullptr && mine->card.incarnation == card_.incarnation;
  if (unsettled_ && ours && mine->expires_ns == sent_expires_)
    own_.renewed(sent_ns_, ticks_ - sent_ticks_);
  unsettled_ = false;
  if (!ours && state_ != membership_state::outside)
    step_down(membership_state::outside, "its lease was taken away");
  if (ours) {
    version_ = mine->version;
    if (state_ == membership_state::outside && holds())
      become_member();
  }
  drop_what_is_over();
  publish();
  if (ours)
    return due_ || state_ != membership_state::member ? write() : round_over();
  if (mine == nullptr)
    return join(0);
  if (may_take(*mine))
    return join(mine->version);
  round_over();
}

/// The row is of an earlier life of this node, or of nobody who lives: not of another node of the same name.
bool membership::may_take(const lease_watch::lease& row) {
  if (row.card.link_address == card_.link_address || watch_.run_out(row))
    return true;
  complain("a node at " + row.card.link_address + " has the name " + card_.name +
           " already; this one waits until that lease runs out");
  return false;
}

void membership::join(std::int64_t expected) {
  if (const auto why = misfit(); !why.empty()) {
    complain(why);
    return round_over();
  }
  version_ = expected;
  write();
}

/// Why this node cannot work with one that is there; "" when it can with all.
std::string membership::misfit() const {
  for (const auto& [name, lease] : watch_.leases()) {
    if (name == card_.name || watch_.run_out(lease))
      continue;
    const auto& other = lease.card;
    if (!overlap(card_.protocol_oldest, card_.protocol_newest, other.protocol_oldest, other.protocol_newest))
      return "node " + name + " (" + other.build + ") speaks no protocol that this one speaks; it cannot join";
    if (!overlap(card_.records_oldest, card_.records_newest, other.records_oldest, other.records_newest))
      return "node " + name + " (" + other.build + ") reads no records that this one writes; it cannot join";
  }
  return {};
}

void membership::write() {
  CADENZA_ASSERT(in_round_ && !unsettled_, "a lease is written by who knows what is stored");
  sent_ns_ = env_.time->now_ns();
  sent_ticks_ = ticks_;
  sent_expires_ = sent_ns_ + card_.lease_ns;
  due_ = false;
  storage::lease_write lease;
  lease.node = card_.name;
  lease.expected_version = version_;
  lease.expires_ns = sent_expires_;
  lease.value = encode(card_);
  env_.store->cluster().write_lease(std::move(lease), [self = me(), sent = sent_ns_, ticks = sent_ticks_,
                                                       draining = card_.draining,
                                                       roles = card_.roles](storage::commit_result result) {
    caf::anon_send(self, make_membership_mail(lease_written{std::move(result), sent, ticks, draining, roles}));
  });
}

void membership::handle(lease_written& written) {
  switch (written.result.outcome) {
  case storage::status::committed:
    ++version_;
    complaint_.clear();
    own_.renewed(written.sent_ns, ticks_ - written.sent_ticks);
    // The answer may have taken longer than the lease lasts.
    if (!holds())
      break;
    if (state_ != membership_state::member)
      become_member();
    // Others that have looked before have read the row of before.
    if (written.draining != told_draining_ || written.roles != told_roles_)
      options_.changed(options_.views->get());
    told_draining_ = written.draining;
    told_roles_ = written.roles;
    if (written.draining && drained_)
      std::exchange(drained_, nullptr)();
    break;
  case storage::status::condition_failed:
    own_.lost();
    if (state_ != membership_state::outside)
      step_down(membership_state::outside, "its lease was taken away");
    again_ = true;
    break;
  case storage::status::unavailable: complain("its lease cannot be written: " + written.result.message); break;
  default:
    unsettled_ = true;
    again_ = true;
    break;
  }
  round_over();
}

// ---------------------------------------------------------------- the leases of others

/// Only a member drops what has run out: whoever is not one knows least.
void membership::drop_what_is_over() {
  if (state_ != membership_state::member)
    return;
  for (auto i = gone_.begin(); i != gone_.end();) {
    const auto* lease = watch_.find(i->first);
    const bool there = lease != nullptr && lease->card.incarnation == i->second.first;
    if (there && i->second.second++ < drops_max) {
      drop(i->first, *lease);
      ++i;
    } else {
      i = gone_.erase(i);
    }
  }
  for (const auto& [name, lease] : watch_.leases())
    if (name != card_.name && watch_.run_out(lease) && !gone_.contains(name))
      drop(name, lease);
}

void membership::drop(const std::string& node, const lease_watch::lease& row) {
  CADENZA_ASSERT(node != card_.name, "nobody drops his own lease as that of another");
  storage::lease_write lease;
  lease.node = node;
  lease.expected_version = row.version;
  lease.drop = true;
  env_.store->cluster().write_lease(
      std::move(lease), [self = me(), node, incarnation = row.card.incarnation](storage::commit_result result) {
        caf::anon_send(self, make_membership_mail(lease_dropped{node, incarnation, std::move(result)}));
      });
}

void membership::handle(lease_dropped& dropped) {
  if (state_ == membership_state::left || dropped.node == card_.name)
    return;
  if (dropped.result.outcome == storage::status::committed) {
    env_.log(log::level::warn, {field::node(dropped.node)}, "node {node} is no longer a member of the cluster");
    gone_.erase(dropped.node);
    const auto* lease = watch_.find(dropped.node);
    if (lease != nullptr && lease->card.incarnation == dropped.incarnation)
      watch_.forget(dropped.node);
    return publish();
  }
  // Renewed meanwhile, dropped by another, or the store is unwell: the next look tells.
  if (gone_.contains(dropped.node)) {
    again_ = true;
    round();
  }
}

void membership::handle(peer_gone& gone) {
  if (gone.node == card_.name)
    return;
  gone_.try_emplace(gone.node, gone.incarnation, 0);
  again_ = true;
  round();
}

// ---------------------------------------------------------------- coming and going

void membership::become_member() {
  env_.log(log::level::info, {field::node(card_.name)}, "node {node} is a member of the cluster");
  patient_ = false;
  enter(membership_state::member);
  publish();
  again_ = true; // what was left alone by who was no member
}

void membership::step_down(membership_state to, const std::string& why) {
  CADENZA_ASSERT(to != membership_state::member, "who steps down is no member");
  env_.log(log::level::error, {field::node(card_.name), field::error(why)},
           "node {node} is not a member of the cluster");
  own_.lost();
  patient_ = false;
  enter(to);
  publish();
}

void membership::handle(enter_membership& asked) {
  card_.roles = asked.roles;
  due_ = true;
  again_ = true;
  round();
}

void membership::handle(drain_membership& asked) {
  card_.draining = true;
  drained_ = std::move(asked.done);
  due_ = true;
  again_ = true;
  round();
}

void membership::handle(leave_membership& asked) {
  if (state_ == membership_state::left)
    return asked.done();
  left_ = std::move(asked.done);
  if (in_round_)
    return; // its end comes back here
  const bool had_one = state_ != membership_state::outside;
  enter(membership_state::left);
  own_.lost();
  publish();
  if (!had_one)
    return std::exchange(left_, nullptr)();
  storage::lease_write lease;
  lease.node = card_.name;
  lease.expected_version = version_;
  lease.drop = true;
  env_.store->cluster().write_lease(
      std::move(lease), [self = me(), done = std::exchange(left_, nullptr)](const storage::commit_result&) { done(); });
}

void membership::publish() {
  if (!read_once_ || patient_)
    return; // the view of an earlier life of this actor knows more
  std::vector<node_card> members;
  for (const auto& [name, lease] : watch_.leases())
    if (name != card_.name)
      members.push_back(lease.card);
  if (state_ == membership_state::member)
    members.push_back(card_);
  auto next = std::make_shared<const cluster_view>(epoch_ + 1, card_.name, std::move(members), options_.shard_count);
  const bool first = epoch_ == 0 && published_ == 0;
  if (!first && next->fingerprint() == published_ && next->self_belongs() == published_self_)
    return;
  ++epoch_;
  published_ = next->fingerprint();
  published_self_ = next->self_belongs();
  options_.views->publish(next);
  options_.changed(std::move(next));
}

void membership::complain(const std::string& what) {
  if (what == complaint_)
    return;
  complaint_ = what;
  env_.log(log::level::warn, {field::node(card_.name), field::error(what)}, "membership of node {node} is in trouble");
}

} // namespace cadenza::actors
