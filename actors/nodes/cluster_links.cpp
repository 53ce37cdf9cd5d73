#include "actors/nodes/cluster_links.hpp"

#include "actors/base/restart_backoff.hpp"
#include "actors/base/supervised.hpp"
#include "actors/nodes/link_keeper.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace cadenza::actors {
namespace {

/// In place of the name of a cluster: a node of one is refused here, and a cluster where nodes come in.
constexpr std::string_view group_word = "a group of clusters";

struct keep_again {};

} // namespace
} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::keep_again)

namespace cadenza::actors {
namespace {

/// Watches over the keeper of the links, and makes it anew when it dies.
class links_root final : public supervised_actor {
public:
  links_root(caf::actor_config& cfg, const actor_context& env, std::function<caf::actor(caf::event_based_actor&)> make)
    : supervised_actor(cfg), env_(env), make_(std::move(make)) {}

  const char* name() const override { return "cluster_links"; }
  void on_exit() override {
    if (keeper_)
      caf::anon_send_exit(keeper_, caf::exit_reason::kill);
    keeper_ = nullptr;
  }

protected:
  caf::behavior make_behavior() override {
    log_exceptions(*this, env_, "cluster_links"); // nobody supervises it
    set_down_handler([this](caf::down_msg& down) {
      keeper_ = nullptr;
      note_death(env_, "cluster_links/link_keeper", down.reason);
      const auto delay = down.reason == caf::exit_reason::kill ? 0 : backoff_.next(env_.time->now_ns());
      delayed_send(this, std::chrono::nanoseconds(delay), keep_again{});
    });
    start();
    return with_common(caf::message_handler{[this](keep_again) { start(); }});
  }

private:
  void start() {
    CADENZA_ASSERT(!keeper_, "one keeper has the links to other clusters");
    keeper_ = make_(*this);
    monitor(keeper_);
  }

  const actor_context& env_;
  const std::function<caf::actor(caf::event_based_actor&)> make_;
  caf::actor keeper_;
  restart_backoff backoff_;
};

std::vector<node_card> cards_of(const std::map<std::string, std::string>& addresses) {
  std::vector<node_card> out;
  for (const auto& [name, address] : addresses) {
    node_card card;
    card.name = name;
    card.link_address = address;
    card.incarnation = 0; // every life will do
    out.push_back(std::move(card));
  }
  return out;
}

} // namespace

link_bounds cluster_links_options::bounds_of_clusters() {
  link_bounds out;
  out.credit_bytes = 8 << 20;
  out.message_bytes = 64 << 20;
  out.window_bytes = 64 << 20;
  out.window_waiting = 10'000;
  return out;
}

cluster_links::cluster_links(caf::actor_system& system, clock& time, link_transport& transport, log::sink log,
                             replication::cluster_group group, cluster_links_options options,
                             std::function<void(caf::actor)> hall)
  : system_(system), transport_(transport), group_(std::move(group)), hall_(std::move(hall)), wrong_(time, log),
    views_(group_.self(), 1) {
  CADENZA_ASSERT(options.incarnation != 0 && !options.addresses.contains(group_.self()),
                 "a cluster has links to the others, and its processes can be told apart");
  env_.time = &time;
  env_.counters = &counters_;
  env_.wrong = &wrong_;
  env_.log = std::move(log);
  views_.publish(std::make_shared<const cluster_view>(1, group_.self(), cards_of(options.addresses), 1));
  link_options_.cluster = group_word;
  link_options_.self = group_.self();
  link_options_.incarnation = options.incarnation;
  link_options_.bounds = options.bounds;
  link_options_.beat_ns = options.beat_ns;
  link_options_.silence_ns = options.silence_ns;
  link_options_.handle = [this](const std::string& from, std::uint32_t kind, std::string bytes, call_ptr call) {
    serve(from, kind, std::move(bytes), std::move(call));
  };
  link_options_.on_event = [this](const link_event& event) { note(event); };
}

cluster_links::~cluster_links() { stop(); }

void cluster_links::begin(cluster_handler serve) {
  CADENZA_ASSERT(!root_ && serve, "links to other clusters begin once, and what comes over them is served");
  serve_ = std::move(serve);
  root_ = system_.spawn<links_root>(env_, [this](caf::event_based_actor& by) -> caf::actor {
    return by.spawn<link_keeper>(env_, link_options_, transport_, views_, links_, hall_);
  });
}

void cluster_links::stop() {
  if (root_)
    caf::anon_send_exit(std::exchange(root_, nullptr), caf::exit_reason::kill);
}

void cluster_links::ask(const std::string& cluster, std::uint32_t kind, std::string bytes, bool waits, call_ptr call) {
  links_.ask(cluster, {kind, std::move(bytes), waits, std::move(call)});
}

void cluster_links::serve(const std::string& from, std::uint32_t kind, std::string bytes, call_ptr call) const {
  if (!call)
    return; // nothing is told without an answer
  const auto& all = group_.clusters();
  if (from == group_.self() || std::none_of(all.begin(), all.end(), [&](const auto& one) { return one.name == from; }))
    return call->reject(
        {error_kind::access_denied, "cluster " + from + " is none of the group of cluster " + group_.self()});
  serve_(from, kind, std::move(bytes), std::move(call));
}

void cluster_links::note(const link_event& event) {
  const std::lock_guard guard(mutex_);
  if (event.what == link_event::kind::opened)
    open_.insert(event.node);
  else if (event.what == link_event::kind::lost)
    open_.erase(event.node);
}

std::map<std::string, bool> cluster_links::reached() const {
  std::map<std::string, bool> out;
  const auto view = views_.get();
  const std::lock_guard guard(mutex_);
  for (const auto& one : view->members())
    out[one.name] = open_.contains(one.name);
  return out;
}

} // namespace cadenza::actors
