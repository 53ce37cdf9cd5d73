#include "actors/engine/cluster_node.hpp"

#include "actors/base/restart_backoff.hpp"
#include "actors/base/supervised.hpp"
#include "actors/nodes/link_keeper.hpp"
#include "actors/nodes/link_kinds.hpp"
#include "messages/invariant.hpp"
#include "messages/shard_hash.hpp"

#include "cadenza/record/v1/matching_message.pb.h"
#include "cadenza/record/v1/run_message.pb.h"

#include <caf/all.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace cadenza::actors {
namespace {

enum class child { membership, keeper };

struct start_again {
  child which = child::membership;
};

using make_child = std::function<caf::actor(caf::event_based_actor&, child)>;

} // namespace
} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::start_again)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::link_event)

namespace cadenza::actors {
namespace {

/// Watches over membership and links, makes them anew when they die, and passes on what each is told.
class cluster_root final : public supervised_actor {
public:
  cluster_root(caf::actor_config& cfg, const actor_context& env, make_child make)
    : supervised_actor(cfg), env_(env), make_(std::move(make)) {}

  const char* name() const override { return "cluster_root"; }
  void on_exit() override {
    for (auto* one : {&membership_, &keeper_})
      if (*one)
        caf::anon_send_exit(*one, caf::exit_reason::kill);
    membership_ = nullptr;
    keeper_ = nullptr;
  }

protected:
  caf::behavior make_behavior() override {
    log_exceptions(*this, env_, "cluster_root"); // nobody supervises it
    set_down_handler([this](caf::down_msg& down) {
      for (const auto which : {child::membership, child::keeper}) {
        auto& handle = of(which);
        if (!handle || handle->address() != down.source)
          continue;
        handle = nullptr;
        note_death(env_, which == child::membership ? "cluster_root/membership" : "cluster_root/link_keeper",
                   down.reason);
        const auto delay = down.reason == caf::exit_reason::kill ? 0 : backoff_of(which).next(env_.time->now_ns());
        delayed_send(this, std::chrono::nanoseconds(delay), start_again{which});
      }
    });
    return with_common(caf::message_handler{
        [this](const start_again& asked) { start(asked.which); },
        [this](membership_mail_ptr& mail) {
          if (membership_)
            send(membership_, std::move(mail));
        },
        [this](cluster_view_ptr& view) {
          if (keeper_)
            send(keeper_, std::move(view));
        },
        [this](const link_event& event) { on(event); },
    });
  }

private:
  void on(const link_event& event) {
    if (!membership_)
      return;
    if (event.what == link_event::kind::refused)
      send(membership_, make_membership_mail(peer_gone{event.node, event.incarnation}));
    else if (event.what != link_event::kind::opened)
      send(membership_, make_membership_mail(look_now{}));
  }
  caf::actor& of(child which) { return which == child::membership ? membership_ : keeper_; }
  restart_backoff& backoff_of(child which) {
    return which == child::membership ? membership_backoff_ : keeper_backoff_;
  }
  void start(child which) {
    CADENZA_ASSERT(!of(which), "there is one of each child at a time");
    of(which) = make_(*this, which);
    monitor(of(which));
  }

  const actor_context& env_;
  const make_child make_;
  caf::actor membership_;
  caf::actor keeper_;
  restart_backoff membership_backoff_;
  restart_backoff keeper_backoff_;
};

} // namespace

cluster_node::cluster_node(caf::actor_system& system, storage::store& store, clock& time, link_transport& transport,
                           log::sink log, cluster_node_options options, std::function<void(caf::actor)> hall)
  : system_(system), options_(std::move(options)), transport_(transport), hall_(std::move(hall)), wrong_(time, log),
    views_(options_.card.name, options_.shard_count), others_(views_, links_, [this](matching_message_ptr message) {
      if (local_ != nullptr)
        local_->deliver(std::move(message));
    }) {
  env_.store = &store;
  env_.time = &time;
  env_.counters = &counters_;
  env_.wrong = &wrong_;
  env_.log = std::move(log);
  link_options_.cluster = options_.cluster;
  link_options_.self = options_.card.name;
  link_options_.incarnation = options_.card.incarnation;
  link_options_.protocol_oldest = options_.card.protocol_oldest;
  link_options_.protocol_newest = options_.card.protocol_newest;
  link_options_.bounds = options_.bounds;
  link_options_.beat_ns = options_.beat_ns;
  link_options_.silence_ns = options_.silence_ns;
  link_options_.handle = [this](const std::string& from, std::uint32_t kind, std::string bytes, const call_ptr& call) {
    serve(from, kind, std::move(bytes), call);
  };
}

cluster_node::~cluster_node() { stop(); }

void cluster_node::tie(engine_options& options) {
  options.placement = &views_;
  options.others = &others_;
  options.settings.identity = options_.card.name;
}

void cluster_node::join(local_engine& local) {
  CADENZA_ASSERT(local_ == nullptr, "a node has one engine");
  local_ = &local;
  whole_ = std::make_unique<routed_engine>(local, *env_.time, views_, links_,
                                           [&local](int shard) { return local.holds(shard); });
  local.work_through(*whole_);
}

void cluster_node::begin() {
  CADENZA_ASSERT(local_ != nullptr && !root_, "a node joins with its engine, once");
  link_options_.on_event = [this](const link_event& event) {
    note(event);
    caf::anon_send(root_, event);
  };
  root_ = system_.spawn<cluster_root>(env_, [this](caf::event_based_actor& by, child which) -> caf::actor {
    if (which == child::keeper)
      return by.spawn<link_keeper>(env_, link_options_, transport_, views_, links_, hall_);
    membership_options options;
    options.card = options_.card;
    if (options_.waits && !entered_)
      options.card.roles = 0;
    options.shard_count = options_.shard_count;
    options.views = &views_;
    options.renew_ns = options_.renew_ns;
    options.margin_ns = options_.margin_ns;
    options.changed = [this](const cluster_view_ptr& view) {
      caf::anon_send(root_, view);
      tell_who_has_gone(view);
      local_->follow_placement();
      links_.tell_all(link_kind::members_changed, {});
    };
    return by.spawn<membership>(env_, std::move(options));
  });
  // Only now, when everybody may send to the root.
  caf::anon_send(root_, start_again{child::keeper});
  caf::anon_send(root_, start_again{child::membership});
}

void cluster_node::note(const link_event& event) {
  const std::lock_guard guard(mutex_);
  if (event.what == link_event::kind::opened)
    open_.insert(event.node);
  else if (event.what == link_event::kind::lost)
    open_.erase(event.node);
}

bool cluster_node::linked() const {
  const auto view = views_.get();
  const std::lock_guard guard(mutex_);
  return std::all_of(view->members().begin(), view->members().end(), [&](const node_card& member) {
    return member.name == options_.card.name || open_.contains(member.name);
  });
}

std::size_t cluster_node::open_links() const {
  const auto view = views_.get();
  const std::lock_guard guard(mutex_);
  return static_cast<std::size_t>(
      std::count_if(view->members().begin(), view->members().end(), [&](const node_card& member) {
        return member.name != options_.card.name && open_.contains(member.name);
      }));
}

void cluster_node::enter() {
  entered_ = true;
  caf::anon_send(root_, make_membership_mail(enter_membership{options_.card.roles}));
}

void cluster_node::drain(std::function<void()> done) {
  caf::anon_send(root_, make_membership_mail(drain_membership{std::move(done)}));
}

void cluster_node::leave(std::function<void()> done) {
  caf::anon_send(root_, make_membership_mail(leave_membership{std::move(done)}));
}

void cluster_node::stop() {
  if (root_)
    caf::anon_send_exit(root_, caf::exit_reason::kill);
}

/// What other nodes have asked for workers that wait there ends with them.
void cluster_node::tell_who_has_gone(const cluster_view_ptr& view) {
  const auto before = std::exchange(told_, view);
  if (!before)
    return;
  for (const auto& member : before->members()) {
    const auto* now = view->find(member.name);
    if (member.name != options_.card.name && (now == nullptr || now->incarnation != member.incarnation))
      local_->node_gone(member.name);
  }
}

void cluster_node::serve(const std::string& from, std::uint32_t kind, std::string bytes, const call_ptr& call) {
  switch (kind) {
  case link_kind::engine_request:
    if (call)
      whole_->serve(bytes, call);
    return;
  case link_kind::node_request:
    if (call)
      whole_->serve_node(bytes, call);
    return;
  case link_kind::run_message: {
    auto arrived = std::make_shared<wire::v1::RunMessage>();
    if (arrived->ParseFromString(bytes))
      return local_->deliver(std::move(arrived));
    return env_.log(log::level::error, {field::node(from)}, "a message from node {node} to a run cannot be parsed");
  }
  case link_kind::matching_message: {
    auto arrived = std::make_shared<wire::v1::MatchingMessage>();
    if (arrived->ParseFromString(bytes))
      return local_->deliver(std::move(arrived));
    return env_.log(log::level::error, {field::node(from)},
                    "a message of the matching of node {node} cannot be parsed");
  }
  case link_kind::members_changed: return caf::anon_send(root_, make_membership_mail(look_now{}));
  case link_kind::domains_changed: return local_->hear(cluster_news::domains);
  case link_kind::documents_changed: return local_->hear(cluster_news::documents);
  default:
    if (call)
      call->reject({error_kind::unimplemented, "this node does not know what node " + from + " asks"});
  }
}

} // namespace cadenza::actors
