#include "actors/matching/matching_owner.hpp"

#include "actors/base/actor_path.hpp"
#include "actors/matching/list_description.hpp"
#include "actors/matching/partition_name.hpp"
#include "actors/matching/poll_board.hpp"
#include "actors/matching/task_list.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

constexpr std::int64_t tick_ns = ns_per_s;
constexpr int ticks_to_tell = 10; ///< partitions on other nodes which of them there are
constexpr int stored_page = 200;
constexpr std::int64_t stored_pause_ns = 50 * ns_per_ms;

/// The list a message is for; null: it is for the owner itself.
const storage::task_list_key* addressee(const matching_mail& mail) {
  return std::visit(
      [](const auto& content) -> const storage::task_list_key* {
        using T = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<T, list_task_ptr> || std::is_same_v<T, list_poll_ptr> ||
                      std::is_same_v<T, list_query_ptr> || std::is_same_v<T, std::shared_ptr<query_answer>> ||
                      std::is_same_v<T, std::shared_ptr<describe_list>> ||
                      std::is_same_v<T, std::shared_ptr<configure_list>>)
          return &content->list;
        else if constexpr (std::is_same_v<T, poll_gone>)
          return &content.list;
        else if constexpr (std::is_same_v<T, forwarded_task> || std::is_same_v<T, forwarded_poll> ||
                           std::is_same_v<T, forwarded_query>)
          return &content.to;
        else
          return nullptr;
      },
      mail);
}

api::TaskListKind kind_of(const matching_mail& mail) {
  return std::visit(
      [](const auto& content) {
        using T = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<T, list_task_ptr> || std::is_same_v<T, list_poll_ptr> ||
                      std::is_same_v<T, list_query_ptr> || std::is_same_v<T, std::shared_ptr<describe_list>>)
          return content->kind;
        else
          return api::TASK_LIST_KIND_NORMAL;
      },
      mail);
}

bool limited(double rate) { return rate > 0; }

} // namespace

matching_owner::matching_owner(caf::actor_config& cfg, const actor_context& env, task_starter_ptr starter)
  : supervised_actor(cfg), env_(env), starter_(std::move(starter)) {}

void matching_owner::on_exit() {
  for (auto& [key, one] : lists_)
    caf::anon_send_exit(one.handle, caf::exit_reason::kill);
  env_.counters->task_lists.fetch_sub(static_cast<std::int64_t>(lists_.size()), std::memory_order_relaxed);
  lists_.clear();
  by_address_.clear();
  desk_.reset(); // it knows this actor, and what it holds goes back
}

caf::behavior matching_owner::make_behavior() {
  set_down_handler([this](caf::down_msg& down) {
    const auto i = by_address_.find(caf::actor_cast<caf::actor_addr>(down.source));
    if (i == by_address_.end())
      return;
    env_.counters->task_list_restarts.fetch_add(1, std::memory_order_relaxed);
    env_.counters->task_lists.fetch_sub(1, std::memory_order_relaxed);
    const auto key = i->second;
    note_death(env_, actor_path::of_list(env_, key), down.reason);
    lists_.erase(key);
    by_address_.erase(i);
    // Nobody may name a partition that is not read any more: what it has stored must be forwarded all the same.
    if (const auto part = parse_partition(key.name); part && part->index > 0)
      delayed_send(this, std::chrono::nanoseconds(tick_ns), make_matching_mail(list_wanted{key}));
  });
  desk_ =
      std::make_unique<far_desk>(env_, *starter_, caf::actor_cast<caf::actor>(this), [this](matching_mail_ptr mail) {
        constexpr bool arrived = true;
        to_list(mail, arrived);
      });
  on_tick();
  read_stored_lists({{}, ++scan_});
  const caf::message_handler own{
      [this](matching_mail_ptr& mail) {
        on_mail(mail);
        arm_desk();
      },
      [this](tick) { on_tick(); },
      [this](const stored_from& page) { read_stored_lists(page); },
  };
  return with_common(!env_.others->any() ? own : own.or_else(far_handler()));
}

/// What goes to other nodes and comes from there.
caf::message_handler matching_owner::far_handler() {
  return {
      [this](matching_message_ptr& message) {
        desk_->on_message(*message);
        arm_desk();
      },
      [this](far_start_ptr& asked) {
        desk_->start(*asked);
        arm_desk();
      },
      [this](far_put_ptr& asked) {
        desk_->put(*asked);
        arm_desk();
      },
      [this](far_query_back& back) {
        const bool arrived = !is_elsewhere(back.query->list);
        auto mail = make_matching_mail(std::move(back.query));
        to_list(mail, arrived);
      },
      [this](const task_over& told) { desk_->on_over(told); },
      [this](far_answer_ptr& answer) {
        desk_->on_answer(*answer);
        arm_desk();
      },
      [this](far_caller_gone gone) { desk_->on_caller_gone(gone.errand); },
      [this](const far_node_gone& gone) { desk_->on_node_gone(gone.node); },
      [this](far_placement) {
        follow();
        arm_desk();
      },
      [this](far_look look) {
        desk_->on_look(look.at_ns);
        arm_desk();
      },
  };
}

void matching_owner::arm_desk() {
  if (!env_.others->any())
    return;
  if (const auto at = desk_->next_look(); at != 0)
    delayed_send(this, std::chrono::nanoseconds(std::max<std::int64_t>(at - env_.time->now_ns(), 0)), far_look{at});
}

void matching_owner::to_list(matching_mail_ptr& mail, bool arrived) {
  if (const auto* told = std::get_if<partitions_known>(mail.get())) {
    if (const auto part = lists_.find(told->list); part != lists_.end())
      send(part->second.handle, std::move(mail));
    return;
  }
  const auto* key = addressee(*mail);
  CADENZA_ASSERT(key != nullptr, "what goes to a list has its address");
  if (std::holds_alternative<poll_gone>(*mail)) {
    const auto i = lists_.find(*key);
    if (i != lists_.end())
      send(i->second.handle, std::move(mail));
    return;
  }
  if (!arrived && is_far(*key)) {
    if (is_elsewhere(*key) && far_desk::send_on(*mail))
      return;
    return desk_->send_out(*mail);
  }
  if (limited_ && !admit(*mail))
    return;
  auto* to = list(*key, kind_of(*mail));
  if (to != nullptr && !to->reads.empty() && place(*mail, *to)) {
    if (is_far(*addressee(*mail)))
      return desk_->send_out(*mail);
    to = list(*addressee(*mail), kind_of(*mail));
  }
  if (to == nullptr)
    return refuse(*mail, "too many task lists on this host");
  send(to->handle, std::move(mail));
}

void matching_owner::on_mail(matching_mail_ptr& mail) {
  if (addressee(*mail) != nullptr) {
    constexpr bool arrived = false;
    return to_list(mail, arrived);
  }
  if (auto* over = std::get_if<dispatch_over>(mail.get()))
    return desk_->on_over(*over);
  if (const auto* taken = std::get_if<forward_taken>(mail.get()))
    return desk_->on_taken(*taken);
  if (auto* asked = std::get_if<std::shared_ptr<lists_of_domain>>(mail.get()))
    return describe_all(**asked);
  if (auto* idle = std::get_if<list_idle>(mail.get()))
    return forget(idle->list, list_quit{});
  if (const auto* shown = std::get_if<show_lists>(mail.get()))
    return show(*shown->into);
  if (const auto* asked = std::get_if<kill_list>(mail.get()))
    return kill(*asked);
  if (auto* known = std::get_if<partitions_known>(mail.get()))
    return note_partitions(*known);
  if (auto* asked = std::get_if<std::shared_ptr<list_partitions>>(mail.get()))
    return describe_partitions(**asked);
  if (auto* read = std::get_if<stored_lists>(mail.get()))
    return handle(*read);
  if (const auto* wanted = std::get_if<list_wanted>(mail.get()); wanted != nullptr && !is_elsewhere(wanted->list))
    (void)list(wanted->list, api::TASK_LIST_KIND_NORMAL);
}

matching_owner::entry* matching_owner::list(const storage::task_list_key& key, api::TaskListKind kind) {
  const auto i = lists_.find(key);
  if (i != lists_.end())
    return &i->second;
  if (lists_.size() >= env_.settings.task_lists_max)
    return nullptr;
  if (kind == api::TASK_LIST_KIND_INVALID)
    kind = api::TASK_LIST_KIND_NORMAL; // what a kind that was left out means
  auto handle = spawn<task_list, caf::monitored>(env_, starter_, key, kind, caf::actor_cast<caf::actor>(this));
  by_address_.emplace(handle->address(), key);
  env_.counters->task_lists.fetch_add(1, std::memory_order_relaxed);
  auto& made = lists_[key];
  made.handle = std::move(handle);
  if (const auto part = parse_partition(key.name); part && part->index > 0) {
    const auto root = lists_.find({key.domain_id, part->root, key.type});
    if (root != lists_.end() && !root->second.reads.empty())
      send(made.handle, make_matching_mail(partitions_known{key, root->second.reads, root->second.writes, false}));
  }
  return &made;
}

/// `last` is what the list is told.
void matching_owner::forget(const storage::task_list_key& key, matching_mail last) {
  const auto i = lists_.find(key);
  if (i == lists_.end())
    return;
  send(i->second.handle, make_matching_mail(std::move(last)));
  by_address_.erase(i->second.handle->address());
  lists_.erase(i);
  env_.counters->task_lists.fetch_sub(1, std::memory_order_relaxed);
}

/// Lists are placed anew. What waits in a list that is elsewhere now comes by here on its way there.
void matching_owner::follow() {
  std::vector<storage::task_list_key> elsewhere;
  for (const auto& [key, one] : lists_)
    if (is_elsewhere(key))
      elsewhere.push_back(key);
  for (const auto& key : elsewhere)
    forget(key, list_moved{});
  desk_->follow();
  read_stored_lists({{}, ++scan_});
}

// ---------------------------------------------------------------- limits

void matching_owner::budget::set(double request_rate, double poll_rate, std::int64_t now_ns) {
  const auto set_one = [now_ns](rate_gate& gate, bool& known, double rate) {
    if (known)
      gate.set_rate(rate, now_ns);
    else
      gate = rate_gate(rate); // a limit that is new begins full
    known = limited(rate);
  };
  set_one(requests, requests_limited, request_rate);
  set_one(polls, polls_limited, poll_rate);
}

void matching_owner::on_tick() {
  delayed_send(this, std::chrono::nanoseconds(tick_ns), tick{});
  if (env_.others->any() && ++ticks_ % ticks_to_tell == 0) {
    for (const auto& [key, root] : lists_)
      if (!root.reads.empty())
        desk_->tell_partitions(key, root.reads, root.writes);
  }
  const auto rates = env_.live->list_rates(nullptr);
  if (!rates.any) {
    limit(false);
    domains_.clear();
    return;
  }
  const auto now = env_.time->now_ns();
  host_.set(rates.host, rates.host_worker, now);
  const auto directory = env_.domains->get();
  std::erase_if(domains_, [&](const auto& item) { return directory->find(item.first) == nullptr; });
  for (auto& [id, one] : domains_) {
    const auto of = env_.live->list_rates(directory->find(id).get());
    one.set(of.domain, of.domain_worker, now);
  }
  limit(true);
}

void matching_owner::limit(bool limited) {
  limited_ = limited;
  env_.polls->limit(limited);
}

bool matching_owner::admit(const matching_mail& mail) {
  const bool poll = std::holds_alternative<list_poll_ptr>(mail);
  if (!poll && !std::holds_alternative<list_task_ptr>(mail) && !std::holds_alternative<list_query_ptr>(mail))
    return true;
  const auto now = env_.time->now_ns();
  const auto passes = [&](budget& of) {
    if (poll)
      return !of.polls_limited || of.polls.try_take(now);
    return !of.requests_limited || of.requests.try_take(now);
  };
  const auto domain = env_.domains->get()->find(addressee(mail)->domain_id);
  if (domain && !domains_.contains(domain->id)) {
    const auto of = env_.live->list_rates(domain.get());
    domains_[domain->id].set(of.domain, of.domain_worker, now);
  }
  if (passes(host_) && (!domain || passes(domains_.at(domain->id))))
    return true;
  refuse(mail, "Too many outstanding requests to the cadence service");
  return false;
}

/// A task that is refused comes again: its history shard tries a second later.
void matching_owner::refuse(const matching_mail& mail, const std::string& why) {
  env_.counters->matching_refused.fetch_add(1, std::memory_order_relaxed);
  std::visit(
      [&](const auto& content) {
        if constexpr (requires { content->call->reject(service_busy(why)); })
          content->call->reject(service_busy(why));
      },
      mail);
}

// ---------------------------------------------------------------- what is stored

void matching_owner::read_stored_lists(stored_from from) {
  if (from.scan != scan_)
    return; // another has begun since
  const auto self = caf::actor_cast<caf::actor>(this);
  auto page = from.page;
  env_.store->task_lists().scan_task_lists(
      {}, std::move(page), stored_page,
      [self, from](storage::page<std::pair<storage::task_list_key, std::string>> rows) {
        caf::anon_send(self, make_matching_mail(stored_lists{std::move(rows), from}));
      });
}

void matching_owner::handle(stored_lists& read) {
  if (read.from.scan != scan_)
    return;
  std::vector<std::string> lost;
  if (read.page.outcome != storage::status::committed)
    lost.push_back((read.page.usable() ? "some cannot be read: " : "they cannot be read; trying again: ") +
                   read.page.message);
  if (read.from.page.empty() || !lost.empty())
    note_unreadable(env_, "stored task lists", std::move(lost));
  if (!read.page.usable()) {
    delayed_send(this, std::chrono::nanoseconds(tick_ns), std::move(read.from));
    return;
  }
  for (const auto& [key, value] : read.page.rows) {
    record::v1::TaskListRow row;
    if (is_elsewhere(key) || !row.ParseFromString(value))
      continue;
    if (row.ack_level() < row.range_id() * list_block_size)
      (void)list(key, row.kind()); // it may have tasks
    else if (row.expiry_ns() != 0 && row.expiry_ns() < env_.time->now_ns())
      drop_expired(key, row.range_id());
  }
  if (!read.page.next.empty())
    delayed_send(this, std::chrono::nanoseconds(stored_pause_ns),
                 stored_from{std::move(read.page.next), read.from.scan});
}

/// An ephemeral list without tasks that nobody has used for long. Whoever uses it at this moment takes it under a new
/// range id first.
void matching_owner::drop_expired(const storage::task_list_key& key, std::int64_t range_id) {
  if (lists_.contains(key))
    return;
  storage::task_list_transaction tx;
  tx.key = key;
  tx.expected_range_id = tx.new_range_id = range_id;
  tx.delete_list = true;
  env_.store->task_lists().commit(std::move(tx),
                                  [write = env_.log, name = key.name](const storage::commit_result& result) {
                                    if (result.outcome != storage::status::committed)
                                      write(log::level::info, {field::task_list(name), field::error(result.message)},
                                            "expired task list {task_list} stays for now: {error}");
                                  });
}

} // namespace cadenza::actors
