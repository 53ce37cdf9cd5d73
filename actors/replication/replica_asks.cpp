#include "actors/replication/dead_letters.hpp"
#include "actors/replication/foreign_wire.hpp"
#include "actors/replication/workflow_replica.hpp"
#include "messages/constants.hpp"
#include "replication/domains.hpp"

/// What the actor of a workflow id that is told of asks of other clusters, and what becomes of items that can never be
/// applied.
namespace cadenza::actors {
namespace {

constexpr std::int64_t answer_ns = 60 * ns_per_s; ///< a question that waits for longer is asked again some time

} // namespace

/// Applies what has come so far of the events that must come before the item on top, or asks for more of them.
void workflow_replica::fill_gap(frame& top) {
  auto& first = *top.first;
  if (!first.batches.empty()) {
    if (frames_.size() >= depth_max)
      return bury(internal_error("too many batches of events must come one before another"));
    auto next = std::move(first.batches.front());
    first.batches.pop_front();
    frames_.emplace_back().told = std::move(next); // `top` is gone from here on
    return;
  }
  if (!first.more)
    return top.first.reset();
  if (++first.pages > pages_max) // what has come is on disk
    return fail_work(unavailable("more events are missing than are asked for at a time"));
  auto asked = to_wire(first.run, first.range);
  asked.set_bytes_most(page_bytes);
  ++waiting_;
  auto call = std::make_shared<inner_call<wire::v1::EventsPage>>(
      env_.time->now_ns() + answer_ns, [tell = teller()](const wire::v1::EventsPage* page, const error* reason) {
        if (reason != nullptr)
          return tell(replica_events{*reason});
        tell(replica_events{std::make_shared<wire::v1::EventsPage>(*page)});
      });
  env_.clusters->ask(work_->from, cluster_kind::events, asked.SerializeAsString(), false, std::move(call));
}

void workflow_replica::handle(replica_events& answer) {
  if (!answer.page) {
    // The run is gone there: nothing is to be known of its activities any more.
    if (answer.page.error().kind == error_kind::entity_not_exists && work_->items[at_ - 1]->has_activity())
      return frames_.clear();
    // What the other cluster could not do now it may do later.
    if (answer.page.error().kind == error_kind::internal_service)
      return fail_work(answer.page.error());
    return judge(answer.page.error());
  }
  auto& first = *frames_.back().first;
  auto& page = **answer.page;
  first.more = page.more() && !page.batches().empty();
  for (auto& batch : *page.mutable_batches()) {
    const auto& items = batch.items().items();
    if (!items.empty())
      first.range.after = items[items.size() - 1];
    auto told = std::make_shared<wire::v1::FeedItem>();
    *told->mutable_batch() = std::move(batch);
    const auto about = workflow_of(*told);
    if (!about || *about != key_)
      return judge(bad_request("Another cluster was asked for events of one run and has told of another."));
    first.batches.push_back(std::move(told));
  }
}

/// Signals of a run that has lost its place: the cluster where the domain is active must have them before that is
/// written, or nobody would send them again after a crash.
void workflow_replica::send_signals(const replication::applied& out, const workflow::domain_view& domain) {
  told_signals told{*out.origin, out.winner, out.signals};
  // By the attribute that the current run goes by, if any.
  auto version = domain.version();
  if (const auto* current = view_.current())
    if (const auto by = replication::version_for(domain, current->fixed().active_cluster_policy()))
      version = *by;
  const auto& group = env_.clusters->group();
  const auto owner = group.cluster_of(version);
  if (!owner)
    return fail_work(unavailable("nobody knows where domain " + domain.name + " is active"));
  if (*owner == group.self()) {
    signals_ = std::move(told);
    return;
  }
  ++waiting_;
  auto call = std::make_shared<inner_call<wire::v1::SignalsAnswer>>(
      env_.time->now_ns() + answer_ns, [tell = teller()](const wire::v1::SignalsAnswer*, const error* reason) {
        tell(replica_signals_sent{reason == nullptr ? outcome<void>() : outcome<void>(*reason)});
      });
  env_.clusters->ask(*owner, cluster_kind::signals, to_wire(key_, told).SerializeAsString(), false, std::move(call));
}

void workflow_replica::handle(replica_signals_sent& answer) {
  if (!answer.sent) // whatever the reason: they must not be lost
    return fail_work(unavailable("signals could not be delivered again: " + answer.sent.error().message));
  frames_.back().signals_sent = true;
}

/// Keeps the item for an operator: what is behind it goes on.
void workflow_replica::bury(const error& reason) {
  const auto& told = work_->items[at_ - 1];
  const auto run = uuid::from_raw(told->has_batch() ? told->batch().run_id() : told->activity().run_id());
  const auto domain = env_.domains->get()->find(key_.domain_id);
  env_.log(log::level::error,
           {field::cluster(work_->from), field::domain(domain ? domain->name : key_.domain_id.str()),
            field::workflow_id(key_.workflow_id), field::run_id(run.str()), field::shard(work_->source_shard),
            field::task_id(told->task_id()), field::error(reason.message)},
           "what cluster {cluster} tells of run {run_id} of workflow {workflow_id} cannot be applied, and is kept as a "
           "dead letter: {error}");
  frames_.clear();
  view_.forget_all();
  ++waiting_;
  keep_dead_letter(env_, *work_, *told,
                   [tell = teller()](storage::commit_result result) { tell(replica_letter_kept{std::move(result)}); });
}

void workflow_replica::handle(replica_letter_kept& kept) {
  if (kept.result.outcome != storage::status::committed)
    return fail_work(unavailable("a dead letter could not be kept: " + kept.result.message));
  env_.counters->replication_dead_letters.fetch_add(1, std::memory_order_relaxed);
}

} // namespace cadenza::actors
