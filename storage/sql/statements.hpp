#pragma once

#include <cstddef>
#include <cstdint>

namespace cadenza::storage::sql {

/// Everything that is ever asked of a database. A dialect has the text of each. A statement that has a condition fails
/// when the condition does not hold (`ended::condition_failed`), which undoes the transaction that it is in.
enum class statement : std::uint8_t {
  // The frame of a transaction.
  begin,
  commit,
  roll_back,
  commit_lazily, ///< the transaction at hand need not be on disk when it is answered
  mark_lane,     ///< condition: the lane has this epoch
  take_lane,
  drop_lane,

  // Shards.
  lock_shards,
  check_shards,
  insert_shards,
  update_shards,
  load_shards,

  // Current runs.
  check_currents_absent,
  check_currents_run,
  check_currents_closed,
  check_currents_not_run,
  remove_currents,
  put_currents,
  load_currents,

  // Runs.
  delete_runs,
  delete_runs_pending,
  insert_runs,
  update_runs,
  delete_pending,
  put_pending,
  load_runs,

  // Histories.
  insert_trees,
  update_trees,
  end_trees,
  drop_tree_branches,
  drop_branches,
  put_branches,
  load_trees,
  put_history,
  drop_history,

  // Requests that are remembered.
  check_requests,
  put_requests,
  load_requests,

  // Queues of a shard.
  delete_transfer,
  delete_timers,
  delete_replication,
  put_transfer,
  put_timers,
  put_replication,
  clean_transfer,
  clean_timers,
  clean_replication,
  clean_requests,
  put_dead_letter,
  drop_dead_letters,

  // Task lists.
  insert_lists,
  update_lists,
  check_lists,
  delete_lists,
  delete_lists_tasks,
  drop_tasks,
  put_tasks,
  load_lists,

  // Lists of runs.
  drop_listed_attributes,
  put_listed,
  put_listed_attributes,
  drop_listed,
  remember_unlisted,
  forget_unlisted,
  clear_listed,
  clear_listed_attributes,
  clear_unlisted,
  read_lists_complete,
  complete_lists,

  // What the whole cluster shares.
  load_domain_version,
  load_domain,
  raise_domain_version,
  delete_domain,
  put_domain,
  load_queue,
  put_queue,
  put_message,
  trim_queue,
  raise_ack,
  load_document,
  insert_document,
  delete_document,
  load_lease,
  insert_lease,
  update_lease,
  delete_lease,
  put_audit,
  trim_audit,

  // Reads.
  read_shard,
  read_current,
  read_run,
  read_history,
  read_history_backwards,
  read_tree,
  scan_transfer,
  scan_timers,
  scan_replication,
  scan_runs,
  scan_currents,
  scan_trees,
  scan_branches,
  scan_dead_letters,
  read_list,
  scan_tasks,
  scan_lists,
  read_domains,
  read_domain_version,
  read_messages,
  read_acks,
  read_document,
  read_leases,
  read_audit,
  read_schema,

  count_of_statements,
};

inline constexpr auto statement_count = static_cast<std::size_t>(statement::count_of_statements);

} // namespace cadenza::storage::sql
