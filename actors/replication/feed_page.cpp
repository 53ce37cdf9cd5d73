#include "actors/replication/feed_page.hpp"

#include "actors/history/history_reader.hpp"
#include "actors/replication/foreign_wire.hpp"
#include "replication/outgoing.hpp"
#include "replication/queue_reader.hpp"
#include "workflow/domain_versions.hpp"
#include "workflow/run.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace cadenza::actors {
namespace {

namespace api = uber::cadence::api::v1;

constexpr std::int64_t all_bytes = INT64_MAX;

/// One page under way: one task after the other, each from its run, then its events, then those of the run that it
/// continues as.
class feed_reading final : public std::enable_shared_from_this<feed_reading> {
public:
  feed_reading(const actor_context& env, int shard, feed_request_ptr request, std::int64_t up_to,
               std::function<void(outcome<wire::v1::FeedPage>)> hand_over)
    : env_(env), shard_(shard), request_(std::move(request)), up_to_(up_to), hand_over_(std::move(hand_over)),
      domains_(env.domains->get()) {
    page_.set_last_id(request_->asked.after());
    page_.set_shard_count(env.routes->shard_count());
    page_.set_now_ns(env.time->now_ns());
  }

  void begin() {
    replication::read_queue(env_.store->shards(), shard_, request_->asked.after(), up_to_, request_->asked.tasks_most(),
                            [self = shared_from_this()](outcome<replication::queue_page> queue) {
                              if (!queue)
                                return self->fail(queue.error());
                              self->queue_ = *std::move(queue);
                              self->next();
                            });
  }

private:
  using task = record::v1::ReplicationTask;

  void fail(const error& reason) { hand_over_(reason); }

  [[nodiscard]] bool concerns_asker(const task& t) const {
    if (t.type() == record::v1::REPLICATION_FAILOVER_MARKER)
      return false;
    const auto domain = domains_->find(uuid::from_raw(t.domain_id()));
    return domain && domain->global() && workflow::lives_in(domain->row.domain(), request_->from);
  }

  void next() {
    while (at_ < queue_.tasks.size() && !full() && !concerns_asker(queue_.tasks[at_]))
      page_.set_last_id(queue_.tasks[at_++].task_id());
    if (at_ < queue_.tasks.size() && !full())
      return find_run(queue_.tasks[at_]);
    const bool more = at_ < queue_.tasks.size() || queue_.more;
    if (!more)
      page_.set_last_id(std::max(page_.last_id(), up_to_));
    page_.set_more(more);
    hand_over_(std::move(page_));
  }

  [[nodiscard]] bool full() const {
    return page_.items_size() > 0 && static_cast<std::int64_t>(bytes_) >= request_->asked.bytes_most();
  }

  /// The task is in the page, or there is nothing to be told of it any more.
  void done(std::optional<wire::v1::FeedItem> item) {
    const auto& t = queue_.tasks[at_++];
    page_.set_last_id(t.task_id());
    if (item) {
      item->set_task_id(t.task_id());
      item->set_created_ns(t.created_ns());
      bytes_ += item->ByteSizeLong();
      *page_.add_items() = *std::move(item);
    }
    next();
  }

  void find_run(const task& t) {
    const run_key key{uuid::from_raw(t.domain_id()), t.workflow_id(), uuid::from_raw(t.run_id())};
    // Read anew for every task: a run may have gone on since the one before.
    env_.store->shards().read_run(
        shard_, key, [self = shared_from_this(), key](const storage::read_result<run_rows>& rows) {
          if (rows.outcome == storage::status::corrupted)
            return self->fail({error_kind::internal_data_inconsistency, "stored run is damaged: " + rows.message});
          if (rows.outcome != storage::status::committed)
            return self->fail(unavailable("a run cannot be read right now: " + rows.message));
          if (!rows.value)
            return self->done({}); // removed since
          auto run = workflow::run::load(key, *rows.value);
          if (!run)
            return self->fail(run.error());
          self->run_.emplace(*std::move(run));
          self->tell(self->queue_.tasks[self->at_]);
        });
  }

  void tell(const task& t) {
    if (t.type() != record::v1::REPLICATION_SYNC_ACTIVITY)
      return read_batch(
          t.branch(), t.first_event_id(), t.next_event_id(),
          [self = shared_from_this()](std::shared_ptr<api::History> events) { self->tell_events(std::move(events)); });
    const auto activity = replication::tell_activity(*run_, t.scheduled_id());
    if (!activity)
      return done({});
    wire::v1::FeedItem item;
    *item.mutable_activity() = to_wire(*activity);
    done(std::move(item));
  }

  void tell_events(std::shared_ptr<api::History> events) {
    const auto& t = queue_.tasks[at_];
    if (!t.has_new_run_branch())
      return tell_batch(std::move(events), nullptr);
    read_batch(t.new_run_branch(), first_event_id, first_event_id + 1,
               [self = shared_from_this(), events = std::move(events)](std::shared_ptr<api::History> next) {
                 self->tell_batch(events, std::move(next));
               });
  }

  void tell_batch(std::shared_ptr<api::History> events, std::shared_ptr<api::History> next) {
    const auto batch = replication::tell(*run_, std::move(events), std::move(next));
    if (!batch)
      return batch.error().kind == error_kind::entity_not_exists ? done({}) : fail(batch.error());
    wire::v1::FeedItem item;
    *item.mutable_batch() = to_wire(*batch);
    done(std::move(item));
  }

  /// The one batch that begins with an event. When it is gone with its run, the task is done.
  void read_batch(const record::v1::HistoryBranch& branch, std::int64_t from, std::int64_t to,
                  std::function<void(std::shared_ptr<api::History>)> take) {
    read_branch(*env_.store, shard_, branch, from, to, 1, all_bytes,
                [self = shared_from_this(), take = std::move(take)](const outcome<history_slice>& slice) {
                  if (!slice)
                    return self->explain(slice.error());
                  auto events = std::make_shared<api::History>();
                  if (!events->ParseFromString(slice->bytes) || events->events().empty())
                    return self->fail({error_kind::internal_data_inconsistency, "a stored batch of events is damaged"});
                  take(std::move(events));
                });
  }

  void explain(const error& why) {
    explain_failed_read(*env_.store, shard_, run_->key(), why, [self = shared_from_this()](const error& reason) {
      if (reason.kind == error_kind::entity_not_exists)
        return self->done({});
      self->fail(reason);
    });
  }

  const actor_context& env_;
  const int shard_;
  const feed_request_ptr request_;
  const std::int64_t up_to_;
  const std::function<void(outcome<wire::v1::FeedPage>)> hand_over_;
  const workflow::directory_ptr domains_;
  replication::queue_page queue_;
  std::size_t at_ = 0; ///< of the task that is being read
  std::optional<workflow::run> run_;
  wire::v1::FeedPage page_;
  std::size_t bytes_ = 0;
};

} // namespace

void read_feed(const actor_context& env, int shard, const feed_request_ptr& request, std::int64_t up_to,
               std::function<void(outcome<wire::v1::FeedPage>)> hand_over) {
  std::make_shared<feed_reading>(env, shard, request, up_to, std::move(hand_over))->begin();
}

} // namespace cadenza::actors
