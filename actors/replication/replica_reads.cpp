#include "actors/history/history_reader.hpp"
#include "actors/replication/workflow_replica.hpp"
#include "replication/settling.hpp"
#include "workflow/replicated.hpp"

#include <limits>

/// What the actor of a workflow id that is told of reads of the store.
namespace cadenza::actors {

/// Those of a batch's runs that can be told from it; a rule that looks for others has them read, and begins again.
void workflow_replica::want_runs_of(const replication::foreign_batch& batch) {
  view_.want_current();
  view_.want_run(batch.key.run_id);
  const auto want = [&](const std::string& text) {
    if (const auto id = uuid::parse(text))
      view_.want_run(*id);
  };
  const auto& last = *batch.events->events().rbegin();
  if (batch.new_run_events && last.has_workflow_execution_continued_as_new_event_attributes())
    want(last.workflow_execution_continued_as_new_event_attributes().new_execution_run_id());
  if (const auto* reset = workflow::reset_event(*batch.events))
    want(reset->has_decision_task_failed_event_attributes()
             ? reset->decision_task_failed_event_attributes().base_run_id()
             : reset->decision_task_timed_out_event_attributes().base_run_id());
}

void workflow_replica::read(const replica_view::needs& needs) {
  auto& shards = env_.store->shards();
  if (needs.current) {
    ++waiting_;
    shards.read_current(shard_index_, key_, [tell = teller()](storage::read_result<storage::current_row> row) {
      tell(replica_current_read{std::move(row)});
    });
  }
  for (const auto& id : needs.runs) {
    ++waiting_;
    shards.read_run(shard_index_, {key_.domain_id, key_.workflow_id, id},
                    [tell = teller(), id](storage::read_result<run_rows> rows) {
                      tell(replica_run_read{id, std::move(rows)});
                    });
  }
  for (const auto& tree : needs.trees) {
    ++waiting_;
    shards.read_tree(shard_index_, uuid::from_raw(tree),
                     [tell = teller(), tree](storage::read_result<storage::history_tree> read) {
                       tell(replica_tree_read{tree, std::move(read)});
                     });
  }
  for (const auto& of : needs.histories) {
    ++waiting_;
    // The tree's version first: who takes a part of it away while it is read is noticed then.
    shards.read_tree(
        shard_index_, uuid::from_raw(of.branch.tree_id()),
        [tell = teller(), of, store = env_.store,
         shard = shard_index_](storage::read_result<storage::history_tree> read) {
          if (read.outcome != storage::status::committed)
            return tell(replica_history_read{of, 0, unavailable("a history tree cannot be read: " + read.message)});
          read_branch(*store, shard, of.branch, first_event_id, of.behind_id, std::numeric_limits<int>::max(),
                      INT64_MAX, [tell, of, version = read.value->version](outcome<history_slice> slice) {
                        tell(replica_history_read{of, version, std::move(slice)});
                      });
        });
  }
  for (const auto& of : needs.events) {
    ++waiting_;
    read_branch(*env_.store, shard_index_, of.branch, of.batch_first_id, of.batch_first_id + 1, 1, INT64_MAX,
                [tell = teller(), of](outcome<history_slice> slice) {
                  tell(replica_event_read{of, std::move(slice)});
                });
  }
}

void workflow_replica::unreadable(storage::status how, const std::string& message) {
  if (how == storage::status::corrupted)
    failed_read_ = error{error_kind::internal_data_inconsistency, "what is stored is damaged: " + message};
  else
    failed_read_ = unavailable("the store cannot read right now: " + message);
}

void workflow_replica::handle(replica_current_read& read) {
  if (read.row.outcome != storage::status::committed)
    return unreadable(read.row.outcome, read.row.message);
  view_.put_current(read.row.value ? std::optional(read.row.value->run_id) : std::nullopt);
}

void workflow_replica::handle(replica_run_read& read) {
  if (read.rows.outcome != storage::status::committed)
    return unreadable(read.rows.outcome, read.rows.message);
  if (!read.rows.value)
    return view_.put_run(read.run, nullptr);
  auto state = workflow::run::load({key_.domain_id, key_.workflow_id, read.run}, *read.rows.value);
  if (!state) {
    failed_read_ = state.error();
    return;
  }
  view_.put_run(read.run, std::make_unique<workflow::run>(*std::move(state)));
}

void workflow_replica::handle(replica_tree_read& read) {
  if (read.read.outcome != storage::status::committed)
    return unreadable(read.read.outcome, read.read.message);
  view_.put_tree(read.tree, read.read.value->version);
}

void workflow_replica::handle(replica_history_read& read) {
  auto batches = read.slice ? parse_batches(*read.slice) : outcome<std::vector<workflow::batch>>(read.slice.error());
  if (!batches) {
    failed_read_ = batches.error();
    return;
  }
  view_.put_tree(read.of.branch.tree_id(), read.tree_version);
  view_.put_history(read.of, *std::move(batches));
}

void workflow_replica::handle(replica_event_read& read) {
  auto batches = read.slice ? parse_batches(*read.slice) : outcome<std::vector<workflow::batch>>(read.slice.error());
  if (!batches) {
    failed_read_ = batches.error();
    return;
  }
  view_.put_event(read.of, batches->empty() ? nullptr : batches->front());
}

} // namespace cadenza::actors
