#include "actors/cluster/domain_handover.hpp"

#include "actors/cluster/domain_registry.hpp"
#include "messages/constants.hpp"
#include "messages/invariant.hpp"
#include "replication/clusters.hpp"
#include "replication/domains.hpp"

#include "cadenza/record/v1/replication_message.pb.h"
#include "cadenza/record/v1/task.pb.h"

#include <caf/all.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace cadenza::actors {
namespace {

constexpr std::int64_t look_ns = 500 * ns_per_ms;
constexpr std::int64_t settling_ns = 1 * ns_per_s; ///< what was under way when the domain left has ended by then
constexpr std::int64_t again_ns = 100 * ns_per_ms; ///< after the end of its time could not be written
constexpr int page_tasks = 500;

template <class T> handover_mail_ptr make_mail(T&& content) {
  return std::make_shared<handover_mail>(std::forward<T>(content));
}

} // namespace

domain_handover::domain_handover(caf::actor_config& cfg, const actor_context& env, caf::actor registry)
  : supervised_actor(cfg), env_(env), registry_(std::move(registry)) {}

caf::actor domain_handover::me() { return caf::actor_cast<caf::actor>(this); }

caf::behavior domain_handover::make_behavior() {
  handover_look now;
  handle(now);
  return with_common(caf::message_handler{
      [this](handover_mail_ptr& mail) { std::visit([this](auto& content) { handle(content); }, *mail); },
  });
}

/// Which domains leave, and which are awaited.
void domain_handover::handle(handover_look&) {
  const auto& group = env_.clusters->group();
  auto known = std::exchange(leaving_, {});
  std::int64_t soonest = INT64_MAX;
  const auto directory = env_.domains->get();
  for (const auto& [id, domain] : directory->by_id) {
    if (settling_.contains(id))
      continue;
    if (domain->row.failover_end_ns() > 0)
      soonest = std::min(soonest, domain->row.failover_end_ns());
    if (!replication::leaves(domain->row, group))
      continue;
    const auto before = known.find(id);
    const bool same = before != known.end() && before->second.version == domain->version();
    leaving_.emplace(id, same ? before->second : leaving{domain->version(), env_.time->now_ns()});
  }
  if (!leaving_.empty())
    wake(look_ns);
  else if (soonest != INT64_MAX)
    wake(std::max<std::int64_t>(soonest - env_.time->now_ns(), again_ns));
}

void domain_handover::wake(std::int64_t after_ns) {
  const auto at = env_.time->now_ns() + after_ns;
  if (wakes_ns_ <= at)
    return;
  wakes_ns_ = at;
  delayed_send(this, std::chrono::nanoseconds(after_ns), make_mail(handover_tick{}));
}

void domain_handover::handle(handover_tick&) {
  wakes_ns_ = INT64_MAX;
  end_late_ones();
  if (!at_)
    look_at_next();
  handover_look again;
  handle(again);
}

/// A graceful fail-over to this cluster has had its time.
void domain_handover::end_late_ones() {
  const auto now = env_.time->now_ns();
  const auto directory = env_.domains->get();
  for (const auto& [id, domain] : directory->by_id) {
    if (domain->row.failover_end_ns() <= 0 || domain->row.failover_end_ns() > now || settling_.contains(id))
      continue;
    env_.log(log::level::warn, {field::domain(domain->name)},
             "domain {domain} becomes active here at the end of its time; what another cluster has written of it may "
             "not all be here");
    settle(*domain);
  }
}

workflow::domain_ptr domain_handover::looked_at() const {
  if (!at_)
    return nullptr;
  const auto domain = env_.domains->get()->find(*at_);
  const auto leaves = leaving_.find(*at_);
  return domain && leaves != leaving_.end() && leaves->second.version == domain->version() ? domain : nullptr;
}

/// The next domain behind the one that was looked at, whose last events have had time to be written.
void domain_handover::look_at_next() {
  auto i = at_ ? leaving_.upper_bound(*at_) : leaving_.begin();
  while (i != leaving_.end() && env_.time->now_ns() < i->second.since_ns + settling_ns)
    ++i;
  at_.reset();
  if (i == leaving_.end())
    return;
  at_ = i->first;
  shard_ = 0;
  look_at_shard();
}

void domain_handover::look_at_shard() {
  CADENZA_ASSERT(at_ && shard_ >= 0, "a shard is looked at for a domain that leaves");
  const auto domain = looked_at();
  if (!domain)
    return look_at_next();
  if (shard_ >= env_.routes->shard_count()) {
    env_.log(log::level::info,
             {field::domain(domain->name), field::cluster(domain->row.domain().active_cluster_name())},
             "domain {domain} is handed over to cluster {cluster}");
    settle(*domain);
    return look_at_next();
  }
  env_.store->shards().read_shard(shard_, [self = me()](storage::read_result<std::string> row) {
    caf::anon_send(self, make_mail(handover_level_read{std::move(row)}));
  });
}

void domain_handover::handle(handover_level_read& read) {
  const auto domain = looked_at();
  record::v1::Shard shard;
  if (!domain || read.row.outcome != storage::status::committed ||
      (read.row.value && !shard.ParseFromString(*read.row.value)))
    return look_at_next();
  const auto level = shard.replication_ack().find(domain->row.domain().active_cluster_name());
  after_ = level == shard.replication_ack().end() ? 0 : level->second;
  read_queue();
}

void domain_handover::read_queue() {
  replication::read_queue(env_.store->shards(), shard_, after_, INT64_MAX, page_tasks,
                          [self = me()](outcome<replication::queue_page> page) {
                            handover_queue_read read;
                            if (page)
                              read.page = *std::move(page);
                            caf::anon_send(self, make_mail(std::move(read)));
                          });
}

void domain_handover::handle(handover_queue_read& read) {
  const auto domain = looked_at();
  if (!domain || !read.page)
    return look_at_next();
  const auto id = domain->id.raw();
  if (std::any_of(read.page->tasks.begin(), read.page->tasks.end(),
                  [&](const auto& task) { return task.domain_id() == id; }))
    return look_at_next(); // this one another time
  after_ = read.page->last_id;
  if (read.page->more)
    return read_queue();
  ++shard_;
  look_at_shard();
}

void domain_handover::handle(handover_written& over) {
  settling_.erase(over.domain);
  handover_look again;
  handle(again);
}

/// Has the registry write down that nothing is outstanding. Whoever fails the domain over meanwhile wins.
void domain_handover::settle(const workflow::domain_view& domain) {
  CADENZA_ASSERT(domain.row.failover_end_ns() > 0 || domain.row.previous_failover_version() >= 0,
                 "only what is under way is settled; domain " + domain.name);
  settling_.insert(domain.id);
  domain_change change;
  change.name = domain.name;
  change.plan = [id = domain.id.str(),
                 version = domain.version()](const record::v1::DomainRow* old) -> outcome<record::v1::DomainRow> {
    if (old == nullptr || old->domain().id() != id || old->failover_version() != version)
      return service_busy("the domain has changed");
    return replication::settled(*old);
  };
  change.call = std::make_shared<inner_call<wire::v1::DomainsRequest>>(
      INT64_MAX, [self = me(), id = domain.id](const wire::v1::DomainsRequest*, const error*) {
        caf::anon_send(self, make_mail(handover_written{id}));
      });
  change.answer = [call = change.call](const record::v1::DomainRow&) { call->reply(wire::v1::DomainsRequest()); };
  caf::anon_send(registry_, std::make_shared<domain_mail>(std::move(change)));
}

} // namespace cadenza::actors
