#include "actors/cluster/domain_registry.hpp"

#include "actors/cluster/domain_handover.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <utility>

namespace cadenza::actors {
namespace {

constexpr std::size_t waiting_max = 1000; ///< changes that wait for one another
constexpr int tries_max = 10;
constexpr int page_domains = 500;
constexpr std::chrono::seconds look_interval(1);

template <class T> domain_mail_ptr make_domain_mail(T&& content) {
  return std::make_shared<domain_mail>(std::forward<T>(content));
}

workflow::domain_ptr view_of(const std::string& name, const record::v1::DomainRow& row) {
  const auto id = uuid::parse(row.domain().id()).value_or(uuid{});
  return std::make_shared<const workflow::domain_view>(workflow::domain_view{id, name, row});
}

} // namespace

domain_registry::domain_registry(caf::actor_config& cfg, const actor_context& env, std::function<void()> ready,
                                 std::function<void()> changed)
  : supervised_actor(cfg), env_(env), ready_(std::move(ready)), changed_(std::move(changed)) {}

caf::actor domain_registry::me() { return caf::actor_cast<caf::actor>(this); }

/// They hold each other.
void domain_registry::on_exit() {
  handover_ = nullptr;
  // What waits here holds feeds, and they hold this: whoever waits is told so by what is dropped.
  queue_.clear();
  asked_.clear();
  waiting_.clear();
}

caf::behavior domain_registry::make_behavior() {
  reload();
  if (env_.others->write())
    delayed_send(this, look_interval, make_domain_mail(domain_tick{}));
  return with_common(caf::message_handler{
      [this](domain_mail_ptr& mail) { std::visit([this](auto& content) { handle(content); }, *mail); },
  });
}

void domain_registry::reload() {
  loaded_ = false;
  all_read_ = false;
  reading_.clear();
  read_version();
}

void domain_registry::read_version() {
  env_.store->cluster().read_domain_version([self = me()](storage::read_result<std::int64_t> version) {
    caf::anon_send(self, make_domain_mail(domain_version_read{std::move(version)}));
  });
}

void domain_registry::read_page(std::string token) {
  env_.store->cluster().read_domains(std::move(token), page_domains,
                                     [self = me()](storage::page<storage::domain_row> rows) {
                                       caf::anon_send(self, make_domain_mail(domains_read{std::move(rows)}));
                                     });
}

/// The version is read before the pages and after them: equal, they are of one moment.
void domain_registry::handle(domain_version_read& read) {
  if (read.version.outcome != storage::status::committed)
    return end("domains not readable: " + read.version.message);
  CADENZA_ASSERT(!loaded_ && !writing_, "the table of domains is read while nobody changes it");
  const auto version = read.version.value.value_or(0);
  if (all_read_ && version == version_)
    return load();
  version_ = version;
  all_read_ = false;
  reading_.clear();
  read_page({});
}

void domain_registry::handle(domains_read& read) {
  if (read.rows.outcome != storage::status::committed)
    return end("domains not readable: " + read.rows.message);
  CADENZA_ASSERT(!all_read_, "a page of domains comes before the last one has");
  for (auto& row : read.rows.rows)
    reading_.push_back(std::move(row));
  if (!read.rows.next.empty())
    return read_page(std::move(read.rows.next));
  all_read_ = true;
  read_version();
}

void domain_registry::handle(domain_tick&) {
  delayed_send(this, look_interval, make_domain_mail(domain_tick{}));
  domain_look now;
  handle(now);
}

void domain_registry::handle(domain_look&) {
  env_.store->cluster().read_domain_version([self = me()](storage::read_result<std::int64_t> version) {
    caf::anon_send(self, make_domain_mail(domain_version_seen{std::move(version), {}}));
  });
}

void domain_registry::handle(domain_fresh& asked) {
  env_.store->cluster().read_domain_version(
      [self = me(), then = std::move(asked.then)](storage::read_result<std::int64_t> version) {
        caf::anon_send(self, make_domain_mail(domain_version_seen{std::move(version), then}));
      });
}

/// While the table is being read, or a change of it written, that finds out by itself.
void domain_registry::handle(domain_version_seen& seen) {
  const bool known = seen.version.outcome == storage::status::committed;
  const auto version = known ? seen.version.value.value_or(0) : 0;
  if (seen.then && (!known || (loaded_ && version <= version_)))
    seen.then();
  else if (seen.then && waiting_.size() >= waiting_max)
    seen.then(); // with what is known: nobody waits without a bound
  else if (seen.then)
    waiting_.emplace(version, std::move(seen.then));
  if (known && loaded_ && !writing_ && version > version_)
    reload();
}

/// Those who wait for what has just been published.
void domain_registry::serve_waiting() {
  while (!waiting_.empty() && waiting_.begin()->first <= version_) {
    const auto then = std::move(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
    then();
  }
}

void domain_registry::load() {
  CADENZA_ASSERT(!loaded_ && all_read_, "domains are taken over once all pages of them have come");
  rows_.clear();
  for (const auto& row : reading_) {
    record::v1::DomainRow domain;
    if (!domain.ParseFromString(row.value) || !uuid::parse(domain.domain().id())) {
      env_.log(log::level::error, {field::domain(row.name)}, "domain {domain} is damaged and left out");
      continue;
    }
    rows_.insert_or_assign(row.name, std::move(domain));
  }
  reading_.clear();
  loaded_ = true;
  publish();
  start_feeds();
  if (ready_)
    ready_();
  work();
}

void domain_registry::published() {
  serve_waiting();
  serve_asked();
  if (handover_)
    send(handover_, std::make_shared<handover_mail>(handover_look{}));
  if (changed_)
    changed_();
}

void domain_registry::publish() {
  const auto old = env_.domains->get();
  auto next = std::make_shared<workflow::domain_directory>();
  next->notification_version = version_;
  for (const auto& [name, row] : rows_) {
    auto made = view_of(name, row);
    // Unchanged domains keep their object, so that holders of it can compare by pointer.
    const auto known = old->find(made->id);
    const bool same = known && known->row.notification_version() == row.notification_version() && known->name == name;
    next->put(same ? known : std::move(made));
  }
  env_.domains->publish(std::move(next));
  published();
}

/// One domain has changed: the directory is published anew at the cost of that, however many there are.
void domain_registry::publish(const std::string& name) {
  auto next = std::make_shared<workflow::domain_directory>(*env_.domains->get());
  next->notification_version = version_;
  if (const auto row = rows_.find(name); row != rows_.end())
    next->put(view_of(name, row->second));
  else if (const auto gone = next->find(name))
    next->remove(gone->id);
  env_.domains->publish(std::move(next));
  published();
}

void domain_registry::handle(domain_change& change) {
  CADENZA_ASSERT(change.plan && change.answer && change.call,
                 "a change of a domain says what is to be changed, and somebody waits for it");
  if (queue_.size() >= waiting_max)
    return change.call->reject(service_busy("too many changes of domains wait"));
  queue_.push_back(std::move(change));
  work();
}

void domain_registry::work() {
  while (loaded_ && !writing_ && !queue_.empty()) {
    auto& change = queue_.front();
    const auto old = rows_.find(change.name);
    auto planned = change.plan(old == rows_.end() ? nullptr : &old->second);
    if (!planned) {
      change.call->reject(planned.error());
      queue_.pop_front();
      continue;
    }
    written_ = *std::move(planned);
    written_.set_notification_version(version_);
    storage::domain_transaction tx;
    tx.expected_notification_version = version_;
    tx.operation = change.operation;
    tx.id = uuid::parse(written_.domain().id()).value_or(uuid{});
    CADENZA_ASSERT(tx.id != uuid{}, "a domain that is written has an id; domain " + change.name);
    tx.name = change.name;
    tx.value = written_.SerializeAsString();
    writing_ = true;
    env_.store->cluster().commit(std::move(tx), [self = me()](storage::commit_result result) {
      caf::anon_send(self, make_domain_mail(domain_written{std::move(result)}));
    });
  }
}

void domain_registry::handle(domain_written& over) {
  CADENZA_ASSERT(writing_ && !queue_.empty(), "a domain that was written is that of the first change");
  writing_ = false;
  auto change = std::move(queue_.front());
  queue_.pop_front();
  switch (over.result.outcome) {
  case storage::status::committed:
    CADENZA_ASSERT(written_.notification_version() == version_,
                   "a change of the domains carries the version that it was made from");
    ++version_;
    if (change.operation == storage::domain_transaction::kind::remove)
      rows_.erase(change.name);
    else
      rows_.insert_or_assign(change.name, written_);
    publish(change.name);
    env_.others->tell(cluster_news::domains);
    change.answer(written_);
    break;
  case storage::status::condition_failed:
    if (over.result.failed == storage::condition::domain_exists) {
      change.call->reject({error_kind::domain_already_exists, "Domain already exists."});
    } else if (++change.tries < tries_max) {
      queue_.push_front(std::move(change));
      return reload();
    } else {
      change.call->reject(service_busy("the domain table changes too quickly"));
    }
    break;
  case storage::status::unavailable:
    change.call->reject(service_busy("the store refuses writes: " + over.result.message));
    break;
  default:
    // Unknown outcome: what is stored decides. The dropped call tells the client to ask again.
    return reload();
  }
  work();
}

} // namespace cadenza::actors
