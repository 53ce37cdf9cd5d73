#include "storage/rocksdb/table_rewrite.hpp"

#include "messages/invariant.hpp"
#include "storage/rocksdb/keys.hpp"
#include "storage/rocksdb/reads.hpp"

#include <rocksdb/iterator.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace cadenza::storage::rocks {

namespace {

constexpr std::string_view under_way_key = "rewrite"; ///< the table's name, once all of its rows are copied
constexpr std::string_view copy_prefix = "rewritten:";
constexpr std::string_view copies_end = "rewritten;"; ///< behind every copy
constexpr std::size_t batch_bytes = 1 << 20;
constexpr int lists_at_once = 1000;
constexpr std::size_t longest_key = 32; ///< of a table with a key of numbers

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

error failed(const rocksdb::Status& why) { return internal_error("a table cannot be rewritten: " + why.ToString()); }

std::optional<table> table_named(std::string_view name) {
  const auto found = std::find(table_names.begin(), table_names.end(), name);
  if (found == table_names.end())
    return std::nullopt;
  return static_cast<table>(found - table_names.begin());
}

} // namespace

outcome<void> table_rewrite::write(rocksdb::WriteBatch& batch, bool durable) {
  rocksdb::WriteOptions options;
  options.sync = durable;
  const auto done = data_.db->Write(options, &batch);
  batch.Clear();
  return done.ok() ? outcome<void>{} : failed(done);
}

outcome<void> table_rewrite::finish() {
  std::string name;
  const auto read = data_.db->Get(rocksdb::ReadOptions(), notes_, slice(under_way_key), &name);
  if (read.IsNotFound())
    return {};
  if (!read.ok())
    return failed(read);
  const auto which = table_named(name);
  if (!which)
    return error(error_kind::internal_data_inconsistency,
                 "table '" + name + "' cannot be rewritten: there is no such table");
  return put_back(*which);
}

outcome<table_rewrite::result> table_rewrite::rewrite(table which) {
  CADENZA_ASSERT(which == table::transfer || which == table::timers || which == table::tasks,
                 "only queues are rewritten: rows lost from another table cannot be recreated");
  result out;
  CADENZA_TRY(forget_copies(rocksdb::WriteBatch())); // of a copying that was interrupted
  if (which == table::tasks)
    CADENZA_TRY(copy_backlogs_out(out));
  else
    CADENZA_TRY(copy_out(which, {}, std::string(longest_key, '\xff'), out));
  if (!out.refused.empty()) {
    CADENZA_TRY(forget_copies(rocksdb::WriteBatch()));
    return out;
  }
  rocksdb::WriteBatch begun;
  begun.Put(notes_, slice(under_way_key), slice(table_names[static_cast<std::size_t>(which)]));
  CADENZA_TRY(write(begun, true)); // with the copies: they stand in front of it in the log
  CADENZA_TRY(put_back(which));
  return out;
}

outcome<void> table_rewrite::copy_out(table which, std::string lower, std::string upper, result& out) {
  rocksdb::WriteBatch batch;
  surviving_scan scan(data_, which, std::move(lower), std::move(upper));
  while (scan.next()) {
    batch.Put(notes_, std::string(copy_prefix).append(scan.key()), slice(scan.value()));
    ++out.kept;
    if (batch.GetDataSize() >= batch_bytes)
      CADENZA_TRY(write(batch, false));
  }
  if (!scan.failure().ok())
    out.refused = scan.failure().ToString();
  out.lost.insert(out.lost.end(), scan.gaps().begin(), scan.gaps().end());
  return write(batch, false);
}

/// Backlogs list by list: behind a damaged block a scan finds its way by the first bytes of a key, of which names of
/// lists may have many in common.
outcome<void> table_rewrite::copy_backlogs_out(result& out) {
  std::string token;
  do {
    const auto lists = scan_task_lists(data_, {}, token, lists_at_once);
    if (lists.outcome != status::committed)
      out.refused = "the table of the lists themselves: " + lists.message;
    for (const auto& [list, row] : lists.rows) {
      if (!out.refused.empty())
        return {};
      std::string lower;
      put_task_list_key(lower, list);
      auto upper = lower;
      to_successor(upper);
      CADENZA_TRY(copy_out(table::tasks, std::move(lower), std::move(upper), out));
    }
    token = lists.next;
  } while (!token.empty());
  return {};
}

outcome<void> table_rewrite::put_back(table which) {
  auto& family = data_.families[static_cast<std::size_t>(which)];
  CADENZA_ASSERT(family != nullptr, "a table that is written anew is open");
  const rocksdb::ColumnFamilyOptions options(data_.db->GetOptions(family));
  if (const auto dropped = data_.db->DropColumnFamily(family); !dropped.ok())
    return failed(dropped);
  data_.db->DestroyColumnFamilyHandle(family).PermitUncheckedError(); // no more than the end of a handle
  family = nullptr;
  const auto made =
      data_.db->CreateColumnFamily(options, std::string(table_names[static_cast<std::size_t>(which)]), &family);
  if (!made.ok())
    return failed(made);
  rocksdb::WriteBatch batch;
  rocksdb::ReadOptions all;
  const auto end = slice(copies_end);
  all.iterate_upper_bound = &end;
  const std::unique_ptr<rocksdb::Iterator> copies(data_.db->NewIterator(all, notes_));
  for (copies->Seek(slice(copy_prefix)); copies->Valid(); copies->Next()) {
    auto key = copies->key();
    key.remove_prefix(copy_prefix.size());
    batch.Put(family, key, copies->value());
    if (batch.GetDataSize() >= batch_bytes)
      CADENZA_TRY(write(batch, false));
  }
  if (!copies->status().ok())
    return failed(copies->status());
  batch.Delete(notes_, slice(under_way_key));
  return forget_copies(std::move(batch));
}

outcome<void> table_rewrite::forget_copies(rocksdb::WriteBatch batch) {
  batch.DeleteRange(notes_, slice(copy_prefix), slice(copies_end));
  return write(batch, true);
}

} // namespace cadenza::storage::rocks
