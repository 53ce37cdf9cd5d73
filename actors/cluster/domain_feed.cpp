#include "actors/cluster/domain_feed.hpp"

#include "actors/cluster/domain_registry.hpp"
#include "messages/constants.hpp"
#include "messages/invariant.hpp"
#include "replication/domains.hpp"
#include "workflow/domain_versions.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace cadenza::actors {
namespace {

constexpr int letters_queue = -1;
constexpr int levels_queue = 2;
constexpr std::int64_t first_pause_ns = 100 * ns_per_ms;
constexpr std::int64_t longest_pause_ns = 5 * ns_per_s;
constexpr std::int64_t answer_within_ns = 30 * ns_per_s; ///< longer than the other cluster lets us wait

template <class T> domain_feed_mail_ptr make_mail(T&& content) {
  return std::make_shared<domain_feed_mail>(std::forward<T>(content));
}

/// A domain that is new here, as this cluster begins with it.
record::v1::DomainRow as_new(const record::v1::DomainRow& told) {
  auto out = told;
  out.set_failover_notification_version(0);
  out.set_failover_end_ns(0);
  return out;
}

} // namespace

domain_feed::domain_feed(caf::actor_config& cfg, const actor_context& env, std::string cluster, caf::actor registry)
  : supervised_actor(cfg), env_(env), cluster_(std::move(cluster)), registry_(std::move(registry)) {}

caf::actor domain_feed::me() { return caf::actor_cast<caf::actor>(this); }

caf::behavior domain_feed::make_behavior() {
  domain_ask_again now;
  handle(now);
  return with_common(caf::message_handler{
      [this](domain_feed_mail_ptr& mail) { std::visit([this](auto& content) { handle(content); }, *mail); },
  });
}

/// Once more from the start: what is stored first, then the other cluster.
void domain_feed::handle(domain_ask_again&) {
  if (level_ >= 0)
    return ask();
  env_.store->cluster().read_acks(levels_queue, [self = me()](storage::page<storage::queue_ack> levels) {
    caf::anon_send(self, make_mail(domain_level_read{std::move(levels)}));
  });
}

void domain_feed::handle(domain_level_read& read) {
  if (read.levels.outcome != storage::status::committed)
    return fail("how far it was told cannot be read: " + read.levels.message);
  CADENZA_ASSERT(level_ < 0, "how far a cluster was heard is read once");
  level_ = 0;
  for (const auto& one : read.levels.rows)
    if (one.cluster == cluster_)
      level_ = one.level;
  ask();
}

void domain_feed::ask() {
  CADENZA_ASSERT(level_ >= 0, "a cluster is asked when it is known how far it was heard");
  page_ = nullptr;
  wire::v1::DomainsRequest request;
  request.set_after_version(after_);
  auto answered = [self = me()](const wire::v1::DomainsPage* page, const error* reason) {
    domains_answered answer;
    if (page != nullptr)
      answer.page = std::make_shared<const wire::v1::DomainsPage>(*page);
    else
      answer.problem = reason->message;
    caf::anon_send(self, make_mail(std::move(answer)));
  };
  env_.clusters->ask(
      cluster_, cluster_kind::domains, request.SerializeAsString(), true,
      std::make_shared<inner_call<wire::v1::DomainsPage>>(env_.time->now_ns() + answer_within_ns, std::move(answered)));
}

void domain_feed::handle(domains_answered& answer) {
  if (!answer.page)
    return fail(answer.problem);
  if (std::exchange(quiet_, false))
    env_.log(log::level::info, {field::cluster(cluster_)}, "cluster {cluster} tells of its domains again");
  page_ = std::move(answer.page);
  next_ = 0;
  take_next();
}

void domain_feed::take_next() {
  CADENZA_ASSERT(page_ && next_ >= 0, "domains are taken from a page");
  while (next_ < page_->rows_size()) {
    const auto& told = page_->rows(next_++);
    const auto known = env_.domains->get()->find(uuid::parse(told.domain().id()).value_or(uuid{}));
    const bool deleted_here = !known && told.notification_version() < level_;
    if (!deleted_here && (!known || replication::tells_news(known->row, told) ||
                          replication::hands_over(known->row, told, cluster_, env_.clusters->group())))
      return take(told);
  }
  after_ = page_->version();
  pause_ns_ = 0;
  if (after_ <= level_ || page_->rows().empty())
    return ask();
  env_.store->cluster().acknowledge({levels_queue, cluster_, after_}, [self = me()](storage::commit_result result) {
    caf::anon_send(self, make_mail(domain_level_written{std::move(result)}));
  });
}

/// The level only tells deleted domains from new ones: where it lags, nothing is lost.
void domain_feed::handle(domain_level_written& over) {
  if (over.result.outcome == storage::status::committed)
    level_ = after_;
  ask();
}

/// Has the registry write down one domain. It decides by what the registry has, which may be newer than the directory.
void domain_feed::take(const record::v1::DomainRow& told) {
  const auto& d = told.domain();
  const auto id = uuid::parse(d.id());
  const auto directory = env_.domains->get();
  const auto same_name = directory->find(d.name());
  const auto same_id = id ? directory->find(*id) : nullptr;
  if (!id || d.name().empty() || !d.is_global_domain())
    return bury(told, "what was told is no global domain with a name and an id");
  if (same_name && same_name->id != *id)
    return bury(told, "another domain has its name, with the id " + same_name->id.str());
  if (same_id && same_id->name != d.name())
    return bury(told, "another domain has its id, with the name " + same_id->name);
  domain_change change;
  change.name = d.name();
  change.operation = same_id ? storage::domain_transaction::kind::update : storage::domain_transaction::kind::create;
  change.plan = [env = &env_, told, from = cluster_,
                 is_new = !same_id](const record::v1::DomainRow* old) -> outcome<record::v1::DomainRow> {
    if (is_new != (old == nullptr))
      return service_busy("the domain was made or deleted at the same moment");
    auto row = is_new ? as_new(told) : replication::merge(*old, told);
    if (!is_new && replication::hands_over(*old, told, from, env->clusters->group()))
      row = replication::settled(row);
    row.set_last_updated_ns(env->time->now_ns());
    if (!is_new && row.failover_version() > old->failover_version())
      row.set_failover_notification_version(env->domains->get()->notification_version);
    return row;
  };
  change.call = std::make_shared<inner_call<wire::v1::DomainsRequest>>(
      INT64_MAX, [self = me()](const wire::v1::DomainsRequest*, const error* reason) {
        caf::anon_send(self, make_mail(domain_taken{reason == nullptr ? std::string() : reason->message}));
      });
  change.answer = [call = change.call](const record::v1::DomainRow&) { call->reply(wire::v1::DomainsRequest()); };
  caf::anon_send(registry_, std::make_shared<domain_mail>(std::move(change)));
}

void domain_feed::handle(domain_taken& taken) {
  if (!page_)
    return; // of a page that was given up
  if (!taken.problem.empty())
    return fail("a domain could not be taken over: " + taken.problem);
  take_next();
}

void domain_feed::bury(const record::v1::DomainRow& told, const std::string& why) {
  env_.log(log::level::error, {field::domain(told.domain().name()), field::cluster(cluster_), field::error(why)},
           "domain {domain} of cluster {cluster} is not taken over: {error}");
  env_.store->cluster().append({letters_queue, told.SerializeAsString()}, [self = me()](storage::commit_result result) {
    caf::anon_send(self, make_mail(domain_letter_written{std::move(result)}));
  });
}

void domain_feed::handle(domain_letter_written& over) {
  if (over.result.outcome != storage::status::committed)
    return fail("a dead letter could not be written: " + over.result.message);
  take_next();
}

/// Tries the same again after a pause.
void domain_feed::fail(const std::string& why) {
  page_ = nullptr;
  if (!std::exchange(quiet_, true))
    env_.log(log::level::warn, {field::cluster(cluster_), field::error(why)},
             "cluster {cluster} does not tell of its domains: {error}");
  pause_ns_ = std::clamp(pause_ns_ * 2, first_pause_ns, longest_pause_ns);
  delayed_send(this, std::chrono::nanoseconds(pause_ns_), make_mail(domain_ask_again{}));
}

} // namespace cadenza::actors
