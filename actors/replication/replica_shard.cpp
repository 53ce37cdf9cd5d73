#include "actors/replication/replica_shard.hpp"

#include "actors/base/tick.hpp"
#include "actors/replication/dead_letters.hpp"
#include "actors/replication/foreign_wire.hpp"
#include "actors/runs/shard_mail.hpp"
#include "messages/constants.hpp"
#include "messages/invariant.hpp"
#include "replication/clusters.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace cadenza::actors {
namespace {

constexpr std::int64_t first_pause_ns = 50 * ns_per_ms;
constexpr std::int64_t longest_pause_ns = 5 * ns_per_s;
constexpr std::int64_t answer_ns = 60 * ns_per_s; ///< far longer than the other cluster waits for news
constexpr std::int64_t lag_period_ns = ns_per_s;

/// Items of a kind that is not known here, or that name no workflow: nobody can ever apply them.
void keep_all(const actor_context& env, const foreign_work_ptr& work, std::size_t at) {
  if (at == work->items.size())
    return work->finish({});
  env.log(log::level::error,
          {field::cluster(work->from), field::shard(work->source_shard), field::task_id(work->items[at]->task_id())},
          "what cluster {cluster} tells cannot be read, and is kept as a dead letter");
  keep_dead_letter(env, *work, *work->items[at], [&env, work, at](const storage::commit_result& result) {
    if (result.outcome != storage::status::committed)
      return work->finish(unavailable("a dead letter could not be kept: " + result.message));
    env.counters->replication_dead_letters.fetch_add(1, std::memory_order_relaxed);
    keep_all(env, work, at + 1);
  });
}

} // namespace

replica_shard::replica_shard(caf::actor_config& cfg, const actor_context& env, std::string cluster, int shard,
                             int remote_shard_count)
  : supervised_actor(cfg), env_(env), cluster_(std::move(cluster)), shard_(shard),
    remote_shard_count_(remote_shard_count), answered_ns_(env.time->now_ns()) {
  CADENZA_ASSERT(shard_ >= 0 && shard_ < remote_shard_count_, "a shard of another cluster is one of those it has");
}

void replica_shard::on_exit() { env_.counters->lags.forget(cluster_, env_.clusters->group().self(), shard_); }

caf::actor replica_shard::me() { return caf::actor_cast<caf::actor>(this); }

caf::behavior replica_shard::make_behavior() {
  on_time();
  return with_common(caf::message_handler{
      [this](replica_shard_mail_ptr& mail) {
        std::visit([this](auto& content) { handle(content); }, *mail);
        on_time();
      },
      [this](tick& t) {
        if (t.generation != generation_)
          return;
        armed_for_ns_ = INT64_MAX;
        on_time();
      },
  });
}

void replica_shard::on_time() {
  if (ended_)
    return;
  hand_out();
  ask();
  note_lag();
  arm();
}

// ---------------------------------------------------------------- what is told

void replica_shard::ask() {
  if (asking_ || now() < ask_at_ns_ || open_.size() >= open_tasks_max || open_.bytes() >= open_bytes_max)
    return;
  asking_ = true;
  wire::v1::FeedRequest asked;
  asked.set_shard(shard_);
  asked.set_shard_count(remote_shard_count_);
  const auto* oldest = open_.oldest();
  asked.set_applied(oldest == nullptr ? after_ : oldest->task_id() - 1);
  asked.set_after(after_);
  asked.set_tasks_most(page_tasks);
  asked.set_bytes_most(page_bytes);
  auto call = std::make_shared<inner_call<wire::v1::FeedPage>>(
      now() + answer_ns, [self = me()](const wire::v1::FeedPage* page, const error* reason) {
        auto mail =
            reason == nullptr ? replica_page{std::make_shared<wire::v1::FeedPage>(*page)} : replica_page{*reason};
        caf::anon_send(self, std::make_shared<replica_shard_mail>(std::move(mail)));
      });
  env_.clusters->ask(cluster_, cluster_kind::feed, asked.SerializeAsString(), true, std::move(call));
}

void replica_shard::handle(replica_page& answer) {
  asking_ = false;
  if (answer.page) {
    const auto& page = **answer.page;
    if (page.shard_count() != 0 && page.shard_count() != remote_shard_count_)
      return begin_anew("cluster " + cluster_ + " has " + std::to_string(page.shard_count()) + " shards, not " +
                        std::to_string(remote_shard_count_));
    pause_ns_ = 0;
    failing_ = false;
    answered_ns_ = now();
    source_now_ns_ = page.now_ns();
    return take(page);
  }
  // It has other tasks than those that this began with: begin anew, behind what it knows to be applied.
  if (answer.page.error().kind == error_kind::bad_request)
    return begin_anew(answer.page.error().message);
  pause_ns_ = std::clamp(pause_ns_ * 2, first_pause_ns, longest_pause_ns);
  ask_at_ns_ = now() + pause_ns_;
  // A link that breaks is told of where links are; what stays wrong is told of here, once.
  if (pause_ns_ == longest_pause_ns && !std::exchange(failing_, true))
    env_.log(log::level::warn,
             {field::cluster(cluster_), field::shard(shard_), field::error(answer.page.error().message)},
             "shard {shard} of cluster {cluster} tells nothing: {error}");
}

void replica_shard::begin_anew(std::string why) {
  ended_ = true;
  end(std::move(why));
}

void replica_shard::take(const wire::v1::FeedPage& page) {
  for (const auto& item : page.items()) {
    if (item.task_id() <= after_)
      continue; // told again
    after_ = item.task_id();
    const auto key = workflow_of(item);
    open_.add(key ? *key : workflow_key{}, std::make_shared<wire::v1::FeedItem>(item));
  }
  after_ = std::max(after_, page.last_id());
}

// ---------------------------------------------------------------- what is applied

void replica_shard::hand_out() {
  while (auto piece = open_.take(now()))
    hand_out(*std::move(piece));
}

void replica_shard::hand_out(replica_streams::piece piece) {
  auto work = std::make_shared<foreign_work>();
  work->key = piece.key;
  work->from = cluster_;
  work->source_shard = shard_;
  work->items = std::move(piece.items);
  work->over = [self = me(), key = std::move(piece.key)](outcome<void> how) {
    caf::anon_send(self, std::make_shared<replica_shard_mail>(replica_work_over{key, std::move(how)}));
  };
  if (work->key.workflow_id.empty())
    return keep_all(env_, work, 0);
  const auto shard = env_.routes->shard_of(work->key.workflow_id);
  if (!shard)
    return work->finish(unavailable("the history shard of this workflow is not available right now"));
  caf::anon_send(shard, make_shard_mail(std::move(work)));
}

void replica_shard::handle(replica_work_over& over) {
  if (over.how) {
    const auto count = static_cast<std::int64_t>(open_.done(over.key));
    env_.counters->replication_tasks_processed.fetch_add(count, std::memory_order_relaxed);
    return;
  }
  const auto count = static_cast<std::int64_t>(open_.failed(over.key, now()));
  env_.counters->replication_tasks_failed.fetch_add(count, std::memory_order_relaxed);
  env_.log(log::level::debug,
           {field::cluster(cluster_), field::workflow_id(over.key.workflow_id), field::error(over.how.error().message)},
           "what cluster {cluster} tells of workflow {workflow_id} was not applied and is tried again: {error}");
}

// ---------------------------------------------------------------- how far behind

/// By the other cluster's clock the age of the oldest task that is not applied; while it does not answer, at least as
/// long as that.
void replica_shard::note_lag() {
  const auto since = now() - answered_ns_;
  std::int64_t lag = pause_ns_ > 0 ? since : 0;
  if (const auto* oldest = open_.oldest())
    lag = std::max(lag, source_now_ns_ + since - oldest->created_ns());
  env_.counters->lags.set(cluster_, env_.clusters->group().self(), shard_, std::max<std::int64_t>(lag, 0));
}

void replica_shard::arm() {
  auto next = open_.next_due();
  if (!asking_ && ask_at_ns_ > now())
    next = std::min(next, ask_at_ns_);
  if (open_.oldest() != nullptr || pause_ns_ > 0)
    next = std::min(next, now() + lag_period_ns);
  if (next >= armed_for_ns_)
    return;
  armed_for_ns_ = next;
  const auto delay = std::max<std::int64_t>(next - now(), ns_per_ms);
  delayed_send(this, std::chrono::nanoseconds(delay), tick{++generation_});
}

} // namespace cadenza::actors
