#include "messages/invariant.hpp"
#include "storage/rocksdb/keys.hpp"
#include "storage/rocksdb/range_scan.hpp"
#include "storage/rocksdb/reads.hpp"
#include "storage/rocksdb/surviving_scan.hpp"
#include "storage/rocksdb/values.hpp"
#include "storage/scan_tokens.hpp"

#include <algorithm>

namespace cadenza::storage::rocks {

namespace {

constexpr std::size_t shard_bytes = sizeof(std::int32_t); ///< in front of the number that queues are ordered by
constexpr bool number_is_all = true;

/// A value that begins with a number for conditions: only the record after it is told.
read_result<std::string> read_record(const database& data, table from, const std::string& key, bool numbered) {
  read_result<std::string> result;
  rocksdb::PinnableSlice value;
  const auto found = data.db->Get(rocksdb::ReadOptions{}, data[from], key, &value);
  if (found.IsNotFound())
    return result;
  if (!found.ok()) {
    tell(result, found);
    return result;
  }
  auto bytes = value.ToStringView();
  if (numbered && !take_varint(bytes))
    tell_damaged(result, "row");
  else
    result.value.emplace(bytes);
  return result;
}

/// Rows of one shard whose key ends with the id, after < id ≤ up_to.
template <class Row>
page<Row> scan_ids(const database& data, table from, int shard, std::int64_t after, std::int64_t up_to, int limit) {
  page<Row> result;
  if (after >= up_to)
    return result;
  std::string lower;
  put_task_key(lower, shard, after + 1);
  std::string upper;
  if (up_to == INT64_MAX) {
    put_number(upper, static_cast<std::int32_t>(shard));
    to_successor(upper);
  } else {
    put_task_key(upper, shard, up_to + 1);
  }
  surviving_scan scan(data, from, std::move(lower), std::move(upper));
  while (scan.next()) {
    if (static_cast<int>(result.rows.size()) >= std::max(limit, 1)) {
      result.next = more_after(result.rows.back().task_id);
      break;
    }
    key_reader key(scan.key());
    std::int32_t of = 0;
    std::int64_t id = 0;
    if (!key.number(of) || !key.number(id)) {
      tell_damaged(result, "task key");
      return result;
    }
    result.rows.push_back({id, std::string(scan.value())});
  }
  tell_gaps(result, scan, shard_bytes, number_is_all, up_to);
  return result;
}

} // namespace

read_result<std::string> read_shard(const database& data, int shard) {
  std::string key;
  put_number(key, static_cast<std::int32_t>(shard));
  return read_record(data, table::shards, key, true);
}

read_result<current_row> read_current(const database& data, int shard, const workflow_key& key) {
  read_result<current_row> result;
  std::string stored;
  put_current_key(stored, shard, key);
  rocksdb::PinnableSlice value;
  const auto found = data.db->Get(rocksdb::ReadOptions{}, data[table::current], stored, &value);
  if (found.IsNotFound())
    return result;
  tell(result, found);
  if (!found.ok())
    return result;
  result.value = read_current_value(value.ToStringView());
  if (!result.value)
    tell_damaged(result, "current-run row");
  return result;
}

read_result<std::string> read_task_list(const database& data, const task_list_key& key) {
  std::string stored;
  put_task_list_key(stored, key);
  return read_record(data, table::task_lists, stored, true);
}

read_result<run_rows> read_run(const database& data, int shard, const run_key& key) {
  read_result<run_rows> result;
  std::string prefix;
  put_run_prefix(prefix, shard, key);
  range_scan scan(data, table::runs, prefix, prefix + run_tag_end);
  scan.to_first();
  if (scan.valid()) {
    auto value = scan.value();
    if (scan.key().substr(prefix.size()) != std::string_view(&run_header_tag, 1) || !take_varint(value)) {
      tell_damaged(result, "run: rows without a header");
      return result;
    }
    auto& rows = result.value.emplace();
    rows.header = value;
    for (scan.next(); scan.valid(); scan.next()) {
      const auto suffix = scan.key().substr(prefix.size());
      if (suffix == std::string_view(&run_fixed_tag, 1)) {
        rows.fixed = scan.value();
        continue;
      }
      auto pending = read_pending_suffix(suffix);
      if (!pending) {
        tell_damaged(result, "run: a row of no known kind");
        result.value.reset();
        return result;
      }
      pending->value.emplace(scan.value());
      rows.pending.push_back(std::move(*pending));
    }
  }
  tell(result, scan.status());
  if (result.outcome != status::committed)
    result.value.reset();
  return result;
}

page<transfer_row> scan_transfer(const database& data, int shard, std::int64_t after, std::int64_t up_to, int limit) {
  return scan_ids<transfer_row>(data, table::transfer, shard, after, up_to, limit);
}

page<replication_row> scan_replication(const database& data, int shard, std::int64_t after, std::int64_t up_to,
                                       int limit) {
  return scan_ids<replication_row>(data, table::replication, shard, after, up_to, limit);
}

page<timer_row> scan_timers(const database& data, int shard, std::int64_t from_ns, std::int64_t from_id,
                            std::int64_t to_ns, int limit) {
  page<timer_row> result;
  if (from_ns >= to_ns)
    return result;
  std::string lower;
  put_timer_key(lower, shard, from_ns, from_id);
  std::string upper;
  put_task_key(upper, shard, to_ns);
  surviving_scan scan(data, table::timers, std::move(lower), std::move(upper));
  while (scan.next()) {
    if (static_cast<int>(result.rows.size()) >= std::max(limit, 1)) {
      result.next = more_after(result.rows.back().task_id);
      break;
    }
    key_reader key(scan.key());
    std::int32_t of = 0;
    auto& row = result.rows.emplace_back();
    if (!key.number(of) || !key.number(row.fire_ns) || !key.number(row.task_id)) {
      tell_damaged(result, "timer key");
      return result;
    }
    row.value = scan.value();
  }
  tell_gaps(result, scan, shard_bytes, !number_is_all, to_ns);
  return result;
}

page<std::pair<run_key, run_rows>> scan_runs(const database& data, int shard, const std::string& token, int limit) {
  page<std::pair<run_key, run_rows>> result;
  std::string lower;
  put_number(lower, static_cast<std::int32_t>(shard));
  std::string upper = lower;
  to_successor(upper);
  if (!token.empty() && (token.size() < lower.size() || token.compare(0, lower.size(), lower) != 0)) {
    tell_damaged(result, "page token");
    return result;
  }
  range_scan scan(data, table::runs, token.empty() ? std::move(lower) : token, std::move(upper));
  scan.to_first();
  std::string prefix;
  while (scan.valid()) {
    if (static_cast<int>(result.rows.size()) >= std::max(limit, 1)) {
      CADENZA_ASSERT(!prefix.empty(), "a page of runs ends behind a run");
      result.next = prefix + run_tag_end;
      break;
    }
    key_reader key(scan.key());
    int of = 0;
    auto& [run, rows] = result.rows.emplace_back();
    auto value = scan.value();
    if (!read_run_key(key, of, run)) {
      tell_damaged(result, "run key");
      return result;
    }
    prefix = scan.key().substr(0, scan.key().size() - key.rest().size());
    if (key.rest() == std::string_view(&run_header_tag, 1)) {
      if (take_varint(value))
        rows.header = value;
      scan.next();
    }
    if (scan.valid() && scan.key() == prefix + run_fixed_tag)
      rows.fixed = scan.value();
    scan.to(prefix + run_tag_end);
  }
  tell(result, scan.status());
  return result;
}

page<std::pair<workflow_key, current_row>> scan_current(const database& data, int shard, const std::string& token,
                                                        int limit) {
  page<std::pair<workflow_key, current_row>> result;
  std::string lower;
  std::string upper;
  if (!bounds_of(shard, token, lower, upper)) {
    tell_damaged(result, "page token");
    return result;
  }
  range_scan scan(data, table::current, std::move(lower), std::move(upper));
  for (scan.to_first(); scan.valid(); scan.next()) {
    if (static_cast<int>(result.rows.size()) >= std::max(limit, 1)) {
      result.next = scan.key(); // the next page begins here
      break;
    }
    key_reader key(scan.key());
    std::int32_t of = 0;
    auto& [workflow, row] = result.rows.emplace_back();
    if (!key.number(of) || !key.id(workflow.domain_id)) {
      tell_damaged(result, "current-run key");
      return result;
    }
    workflow.workflow_id = key.rest();
    // A damaged row names no run: the scan goes on, so that a check finds all of them.
    row = read_current_value(scan.value()).value_or(current_row{});
  }
  tell(result, scan.status());
  return result;
}

} // namespace cadenza::storage::rocks
