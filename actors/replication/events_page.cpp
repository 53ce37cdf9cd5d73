#include "actors/replication/events_page.hpp"

#include "actors/history/history_reader.hpp"
#include "actors/replication/foreign_wire.hpp"
#include "messages/shard_hash.hpp"
#include "replication/outgoing.hpp"
#include "workflow/replicated.hpp"
#include "workflow/run.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace cadenza::actors {
namespace {

namespace api = uber::cadence::api::v1;

constexpr int batches_most = 1000;
constexpr std::int64_t bytes_most = 4 << 20;

class events_reading final : public std::enable_shared_from_this<events_reading> {
public:
  events_reading(const actor_context& env, const wire::v1::EventsRequest& asked, call_ptr call)
    : env_(env),
      asked_(asked), key_{uuid::from_raw(asked.domain_id()), asked.workflow_id(), uuid::from_raw(asked.run_id())},
      shard_(shard_of(asked.workflow_id(), env.routes->shard_count())), call_(std::move(call)) {}

  void begin() {
    find(key_, [self = shared_from_this()](std::optional<workflow::run> run) {
      if (!run)
        return self->call_->reject(no_workflow(self->key_.workflow_id, self->key_.run_id));
      self->run_.emplace(*std::move(run));
      self->serve();
    });
  }

private:
  void find(const run_key& key, std::function<void(std::optional<workflow::run>)> take) {
    env_.store->shards().read_run(
        shard_, key,
        [self = shared_from_this(), key, take = std::move(take)](const storage::read_result<run_rows>& rows) {
          if (rows.outcome == storage::status::corrupted)
            return self->call_->reject(
                {error_kind::internal_data_inconsistency, "stored run is damaged: " + rows.message});
          if (rows.outcome != storage::status::committed)
            return self->call_->reject(unavailable("a run cannot be read right now: " + rows.message));
          if (!rows.value)
            return take(std::nullopt);
          auto run = workflow::run::load(key, *rows.value);
          if (!run)
            return self->call_->reject(run.error());
          take(*std::move(run));
        });
  }

  void serve() {
    const auto range = range_of(asked_);
    const auto served = replication::serve(run_->head().version_histories(), range);
    if (!served)
      return call_->reject(served.error());
    branch_ = run_->head().version_histories().branches(served->branch).branch();
    behind_ = served->behind_id;
    const bool reset = branch_.tree_id() != key_.run_id.raw();
    if (!range.after && reset)
      return find_own_part(first_event_id);
    give(served->first_id);
  }

  /// The batches of the branch from an event on, a page of them.
  void read(std::int64_t from, std::int64_t most,
            std::function<void(std::vector<workflow::batch>, std::int64_t next)> take) {
    read_branch(*env_.store, shard_, branch_, from, behind_, batches_most, most,
                [self = shared_from_this(), take = std::move(take)](const outcome<history_slice>& slice) {
                  if (!slice)
                    return explain_failed_read(*self->env_.store, self->shard_, self->key_, slice.error(),
                                               [self](const error& reason) { self->call_->reject(reason); });
                  auto batches = parse_batches(*slice);
                  if (!batches)
                    return self->call_->reject(batches.error());
                  take({batches->begin(), batches->end()}, slice->next_event_id);
                });
  }

  void find_own_part(std::int64_t from) {
    if (from >= behind_)
      return give(first_event_id);
    read(from, bytes_most, [self = shared_from_this()](const std::vector<workflow::batch>& batches, std::int64_t next) {
      const auto own = std::find_if(batches.begin(), batches.end(), [&](const workflow::batch& stored) {
        return workflow::begins_own_part(*stored, self->key_.run_id);
      });
      if (own == batches.end())
        return self->find_own_part(next);
      const auto& reset = *workflow::reset_event(**own);
      const auto base = uuid::parse(reset.has_decision_task_failed_event_attributes()
                                        ? reset.decision_task_failed_event_attributes().base_run_id()
                                        : reset.decision_task_timed_out_event_attributes().base_run_id());
      const auto first = (*own)->events(0).event_id();
      if (!base)
        return self->give(first_event_id);
      self->find(
          {self->key_.domain_id, self->key_.workflow_id, *base},
          [self, first](const std::optional<workflow::run>& there) { self->give(there ? first : first_event_id); });
    });
  }

  void give(std::int64_t from) {
    if (from >= behind_)
      return call_->reply(wire::v1::EventsPage());
    const auto most = std::clamp<std::int64_t>(asked_.bytes_most(), 1, bytes_most);
    read(from, most, [self = shared_from_this()](const std::vector<workflow::batch>& batches, std::int64_t next) {
      wire::v1::EventsPage page;
      for (const auto& batch : batches) {
        const auto told = replication::tell(*self->run_, std::make_shared<api::History>(*batch), nullptr);
        if (!told)
          return self->call_->reject(told.error());
        *page.add_batches() = to_wire(*told);
      }
      page.set_more(next < self->behind_);
      self->call_->reply(page);
    });
  }

  const actor_context& env_;
  const wire::v1::EventsRequest asked_;
  const run_key key_;
  const int shard_;
  const call_ptr call_;
  std::optional<workflow::run> run_;
  record::v1::HistoryBranch branch_;
  std::int64_t behind_ = 0;
};

} // namespace

void answer_events(const actor_context& env, const wire::v1::EventsRequest& asked, call_ptr call) {
  std::make_shared<events_reading>(env, asked, std::move(call))->begin();
}

} // namespace cadenza::actors
