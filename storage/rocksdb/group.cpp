#include "storage/rocksdb/group.hpp"

#include "messages/invariant.hpp"
#include "storage/refusals.hpp"
#include "storage/rocksdb/keys.hpp"

#include <rocksdb/db.h>

#include <array>
#include <memory>

namespace cadenza::storage::rocks {

namespace {

constexpr std::size_t initial_batch_bytes = 64 * 1024;
constexpr std::size_t kept_batch_bytes = 1024 * 1024;
constexpr std::size_t single_deletes_max = 1024;

/// Slices to pass by address.
struct parts {
  explicit parts(std::initializer_list<rocksdb::Slice> given) : count(static_cast<int>(given.size())) {
    CADENZA_ASSERT(given.size() <= slices.size(), "a stored key or value is put together from a few parts");
    std::copy(given.begin(), given.end(), slices.begin());
  }
  [[nodiscard]] rocksdb::SliceParts view() const { return {slices.data(), count}; }

  std::array<rocksdb::Slice, 4> slices;
  int count;
};

} // namespace

group_builder::group_builder(const database& data, std::size_t cached_rows)
  : data_(data), batch_(initial_batch_bytes), runs_(cached_rows), currents_(cached_rows), lists_(cached_rows) {}

group_builder::verdict group_builder::add(request& what, commit_result& result) {
  if (exclusive_)
    return verdict::next_group;
  return std::visit([&](auto& one) { return add(one, result); }, what);
}

bool group_builder::empty() const { return batch_.Count() == 0; }

std::size_t group_builder::bytes() const { return batch_.GetDataSize(); }

void group_builder::written() {
  runs_.trim();
  currents_.trim();
  lists_.trim();
  begin_next();
}

void group_builder::lost() {
  runs_.clear();
  currents_.clear();
  lists_.clear();
  shards_.clear();
  begin_next();
}

void group_builder::begin_next() {
  // A batch keeps its memory when cleared; a huge one must not stay for ever.
  if (batch_.GetDataSize() > kept_batch_bytes)
    batch_ = rocksdb::WriteBatch(initial_batch_bytes);
  else
    batch_.Clear();
  ++group_;
  needs_sync_ = false;
  exclusive_ = false;
  appended_branches_.clear();
  written_trees_.clear();
  written_requests_.clear();
}

rocksdb::Status group_builder::get(table from, std::string_view key, rocksdb::PinnableSlice& value) {
  return data_.db->Get(rocksdb::ReadOptions{}, data_[from], rocksdb::Slice(key.data(), key.size()), &value);
}

void group_builder::put(table into, slices key, slices value) {
  const parts key_parts(key);
  const parts value_parts(value);
  const auto done = batch_.Put(data_[into], key_parts.view(), value_parts.view());
  CADENZA_ASSERT(done.ok(), "a write goes into the batch in memory");
}

void group_builder::remove(table from, slices key) {
  const parts key_parts(key);
  const auto done = batch_.Delete(data_[from], key_parts.view());
  CADENZA_ASSERT(done.ok(), "a write goes into the batch in memory");
}

void group_builder::remove_range(table from, std::string_view lower, std::string_view upper) {
  CADENZA_ASSERT(lower < upper, "a range of rows to be removed begins before it ends");
  const auto done = batch_.DeleteRange(data_[from], rocksdb::Slice(lower.data(), lower.size()),
                                       rocksdb::Slice(upper.data(), upper.size()));
  CADENZA_ASSERT(done.ok(), "a write goes into the batch in memory");
}

commit_result group_builder::read_failure(const rocksdb::Status& failure) {
  return refuse_unavailable("a condition could not be checked: " + failure.ToString());
}

commit_result group_builder::damaged(std::string_view what) {
  return refuse_unavailable("a condition could not be checked: the stored " + std::string(what) + " is damaged");
}

group_builder::shard_state* group_builder::load_shard(int shard, commit_result& result) {
  if (const auto found = shards_.find(shard); found != shards_.end())
    return &found->second;
  key_.clear();
  put_number(key_, static_cast<std::int32_t>(shard));
  rocksdb::PinnableSlice value;
  const auto found = get(table::shards, key_, value);
  shard_state state;
  if (found.ok()) {
    auto bytes = value.ToStringView();
    const auto range_id = take_varint(bytes);
    if (!range_id) {
      result = damaged("shard row");
      return nullptr;
    }
    state.range_id = static_cast<std::int64_t>(*range_id);
  } else if (!found.IsNotFound()) {
    result = read_failure(found);
    return nullptr;
  }
  return &shards_.emplace(shard, state).first->second;
}

group_builder::run_entry* group_builder::load_run(int shard, const run_key& key, commit_result& result) {
  key_.clear();
  put_run_prefix(key_, shard, key);
  if (auto* known = runs_.find(key_))
    return known;
  text_.assign(key_);
  text_.push_back(run_header_tag);
  rocksdb::PinnableSlice value;
  const auto found = get(table::runs, text_, value);
  run_state state;
  if (found.ok()) {
    auto bytes = value.ToStringView();
    const auto version = take_varint(bytes);
    if (!version) {
      result = damaged("run");
      return nullptr;
    }
    state.version = static_cast<std::int64_t>(*version);
  } else if (!found.IsNotFound()) {
    result = read_failure(found);
    return nullptr;
  }
  return &runs_.add(key_, state);
}

group_builder::current_entry* group_builder::load_current(int shard, const workflow_key& key, commit_result& result) {
  key_.clear();
  put_current_key(key_, shard, key);
  if (auto* known = currents_.find(key_))
    return known;
  rocksdb::PinnableSlice value;
  const auto found = get(table::current, key_, value);
  current_state state;
  if (found.ok()) {
    state.row = read_current_value(value.ToStringView());
    if (!state.row) {
      result = damaged("current-run row");
      return nullptr;
    }
  } else if (!found.IsNotFound()) {
    result = read_failure(found);
    return nullptr;
  }
  return &currents_.add(key_, std::move(state));
}

bool group_builder::collect(table from, std::string lower, std::string upper, commit_result& result) {
  auto& doomed = doomed_.emplace_back();
  doomed.from = from;
  doomed.lower = std::move(lower);
  doomed.upper = std::move(upper);
  const rocksdb::Slice bound(doomed.upper);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &bound;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> it(data_.db->NewIterator(options, data_[from]));
  for (it->Seek(doomed.lower); it->Valid(); it->Next()) {
    if (doomed.keys.size() >= single_deletes_max) {
      doomed.too_many = true;
      break;
    }
    doomed.keys.push_back(it->key().ToString());
  }
  if (it->status().ok())
    return true;
  result = read_failure(it->status());
  return false;
}

void group_builder::drop_doomed() {
  // Range tombstones slow every later read of their table down, so they are for what is many only.
  for (const auto& doomed : doomed_) {
    if (doomed.too_many)
      remove_range(doomed.from, doomed.lower, doomed.upper);
    else
      for (const auto& key : doomed.keys)
        remove(doomed.from, {key});
  }
}

} // namespace cadenza::storage::rocks
