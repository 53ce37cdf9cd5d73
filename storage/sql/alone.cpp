#include "storage/sql/alone.hpp"

#include "storage/refusals.hpp"

#include <algorithm>

namespace cadenza::storage::sql {

namespace {

using enum value_type;

/// A failed write of a document must not cost its history, and its history must not grow for ever.
constexpr std::int64_t document_versions_kept = 64;

/// Rows of `load_alone`, one statement after the other.
class loaded_rows {
public:
  loaded_rows(const std::vector<row_set>& all, std::size_t first) : all_(all), first_(first) {}
  [[nodiscard]] const row_set& operator[](std::size_t i) const { return all_.at(first_ + i); }

private:
  const std::vector<row_set>& all_;
  std::size_t first_;
};

step lock_shard(int shard) {
  row_batch locks(statement::lock_shards, {int4, int4});
  locks.add(std::int64_t{shard}, std::int64_t{0});
  std::vector<step> out;
  locks.move_to(out);
  return std::move(out.front());
}

/// Calls `drop(from, to)` for the parts of (-∞, to] that are not to be kept.
template <class Drop> void outside(const std::vector<unreadable_range>& keep, std::int64_t to, Drop drop) {
  auto from = INT64_MIN;
  for (const auto& kept : keep) {
    if (kept.first > to)
      break;
    if (kept.first > from)
      drop(from, kept.first - 1);
    if (kept.last >= to)
      return;
    from = std::max(from, kept.last + 1);
  }
  drop(from, to);
}

void load(const history_removal& what, std::vector<step>& out) {
  out.push_back(lock_shard(what.shard));
  row_batch shards(statement::load_shards, {int4});
  shards.add(std::int64_t{what.shard});
  shards.move_to(out);
}

commit_result write(const history_removal& what, const loaded_rows& found, std::vector<step>& out) {
  const auto range_id = found[1].empty() ? 0 : found[1].number(0, 1);
  if (range_id == 0 || range_id != what.range_id)
    return refuse_shard(what.shard, what.range_id, range_id);
  row_batch drops(statement::drop_history, {int4, id, id, int8, int8});
  for (const auto& range : what.ranges)
    if (range.from < range.to)
      drops.add(std::int64_t{what.shard}, range.tree_id, range.branch_id, range.from, range.to);
  drops.move_to(out);
  return {};
}

commit_result write(const shard_cleanup& what, const loaded_rows&, std::vector<step>& out) {
  out.push_back({statement::commit_lazily, {}});
  const auto shard = argument::number(what.shard);
  const auto clean = [&](statement which) {
    return [&out, shard, which](std::int64_t from, std::int64_t to) {
      out.push_back({which, {shard, argument::large(from), argument::large(to)}});
    };
  };
  if (what.transfer_up_to != INT64_MAX)
    outside(what.keep_transfer, what.transfer_up_to, clean(statement::clean_transfer));
  if (what.timers_before_ns > INT64_MIN)
    outside(what.keep_timers, what.timers_before_ns - 1, clean(statement::clean_timers));
  if (what.replication_up_to != INT64_MAX)
    clean(statement::clean_replication)(INT64_MIN, what.replication_up_to);
  out.push_back({statement::clean_requests, {shard, argument::large(what.timers_before_ns)}});
  return {};
}

commit_result write(const dead_letter_put& what, const loaded_rows&, std::vector<step>& out) {
  out.push_back({statement::put_dead_letter,
                 {argument::number(what.at.shard), argument::text(what.at.cluster),
                  argument::large(what.letter.task_id), argument::text(what.letter.value)}});
  return {};
}

commit_result write(const dead_letter_drop& what, const loaded_rows&, std::vector<step>& out) {
  out.push_back({statement::drop_dead_letters,
                 {argument::number(what.at.shard), argument::text(what.at.cluster), argument::large(what.after),
                  argument::large(what.up_to)}});
  return {};
}

void load(const domain_transaction& tx, std::vector<step>& out) {
  out.push_back({statement::load_domain_version, {}});
  out.push_back({statement::load_domain, {argument::of(tx.id), argument::text(tx.name)}});
}

commit_result write(const domain_transaction& tx, const loaded_rows& found, std::vector<step>& out) {
  using kind = decltype(tx.operation);
  const auto version = found[0].empty() ? 0 : found[0].number(0, 0);
  if (version != tx.expected_notification_version)
    return refuse_domain_version(tx.expected_notification_version, version);
  bool id_taken = false;
  bool name_taken = false;
  bool name_of_other = false;
  for (std::size_t i = 0; i < found[1].size(); ++i) {
    const bool same_id = found[1].id(i, 0) == tx.id;
    const bool same_name = found[1].bytes(i, 1) == tx.name;
    id_taken = id_taken || same_id;
    name_taken = name_taken || same_name;
    name_of_other = name_of_other || (same_name && !same_id);
  }
  if (tx.operation == kind::create && (id_taken || name_taken))
    return refuse_domain("a domain with the id " + tx.id.str() + " or the name '" + tx.name + "' exists");
  if (tx.operation != kind::create && !id_taken)
    return refuse_domain("there is no domain with the id " + tx.id.str());
  if (tx.operation == kind::update && name_of_other)
    return refuse_domain("another domain has the name '" + tx.name + "'");
  if (tx.operation == kind::remove)
    out.push_back({statement::delete_domain, {argument::of(tx.id)}});
  else
    out.push_back({statement::put_domain, {argument::of(tx.id), argument::text(tx.name), argument::text(tx.value)}});
  out.push_back({statement::raise_domain_version, {argument::large(version)}});
  return {};
}

void load(const queue_append& message, std::vector<step>& out) {
  out.push_back({statement::load_queue, {argument::number(message.queue)}});
}

commit_result write(const queue_append& message, const loaded_rows& found, std::vector<step>& out) {
  const auto last_id = found[0].empty() ? 0 : found[0].number(0, 0);
  commit_result result;
  result.current_value = last_id + 1;
  out.push_back({statement::put_queue,
                 {argument::number(message.queue), argument::large(last_id), argument::large(last_id + 1)}});
  out.push_back({statement::put_message,
                 {argument::number(message.queue), argument::large(last_id + 1), argument::text(message.payload)}});
  return result;
}

commit_result write(const queue_trim& what, const loaded_rows&, std::vector<step>& out) {
  out.push_back({statement::commit_lazily, {}});
  out.push_back({statement::trim_queue, {argument::number(what.queue), argument::large(what.up_to)}});
  return {};
}

commit_result write(const queue_ack& ack, const loaded_rows&, std::vector<step>& out) {
  out.push_back(
      {statement::raise_ack, {argument::number(ack.queue), argument::text(ack.cluster), argument::large(ack.level)}});
  return {};
}

void load(const document_write& write, std::vector<step>& out) {
  out.push_back({statement::load_document, {argument::number(write.document)}});
}

commit_result write(const document_write& write, const loaded_rows& found, std::vector<step>& out) {
  const auto version = found[0].empty() ? 0 : found[0].number(0, 0);
  if (version != write.expected_version)
    return refuse_document(write, version);
  const auto document = argument::number(write.document);
  out.push_back({statement::insert_document, {document, argument::large(version + 1), argument::text(write.value)}});
  if (version + 1 > document_versions_kept)
    out.push_back({statement::delete_document, {document, argument::large(version + 1 - document_versions_kept)}});
  return {};
}

void load(const lease_write& write, std::vector<step>& out) {
  out.push_back({statement::load_lease, {argument::text(write.node)}});
}

commit_result write(const lease_write& write, const loaded_rows& found, std::vector<step>& out) {
  const auto version = found[0].empty() ? 0 : found[0].number(0, 0);
  if (version != write.expected_version)
    return refuse_lease(write, version);
  const auto node = argument::text(write.node);
  if (write.drop && version == 0)
    return {};
  if (write.drop)
    out.push_back({statement::delete_lease, {node, argument::large(version)}});
  else if (version == 0)
    out.push_back({statement::insert_lease, {node, argument::large(write.expires_ns), argument::text(write.value)}});
  else
    out.push_back({statement::update_lease,
                   {node, argument::large(version), argument::large(write.expires_ns), argument::text(write.value)}});
  return {};
}

commit_result write(const audit_row& row, const loaded_rows&, std::vector<step>& out) {
  out.push_back(
      {statement::put_audit,
       {argument::of(row.domain_id), argument::large(~row.at_ns), argument::of(row.id), argument::text(row.value)}});
  return {};
}

commit_result write(const audit_trim& what, const loaded_rows&, std::vector<step>& out) {
  out.push_back({statement::commit_lazily, {}});
  // The newest sort first: what is older than a moment is behind it.
  out.push_back({statement::trim_audit, {argument::of(what.domain_id), argument::large(~what.before_ns)}});
  return {};
}

template <class Resting> void load(const Resting&, std::vector<step>&) {}
template <class Shared> commit_result write(const Shared&, const loaded_rows&, std::vector<step>&) {
  return refuse_unavailable("this request shares a commit with others");
}

} // namespace

void load_alone(const request& what, std::vector<step>& out) {
  std::visit([&](const auto& one) { load(one, out); }, what);
}

commit_result write_alone(const request& what, const std::vector<row_set>& found, std::size_t first,
                          std::vector<step>& out) {
  const loaded_rows rows(found, first);
  return std::visit([&](const auto& one) { return write(one, rows, out); }, what);
}

} // namespace cadenza::storage::sql
