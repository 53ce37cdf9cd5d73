#pragma once

#include "storage/rocksdb/tables.hpp"
#include "storage/store.hpp"

#include <rocksdb/db.h>
#include <rocksdb/iterator.h>
#include <rocksdb/options.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace cadenza::storage::rocks {

/// An iterator over [lower, upper) of one table; owns its bounds. No `upper`: to the end of the table.
class range_scan {
public:
  /// `wanted`: whether a file is looked at; empty: all are.
  range_scan(const database& data, table from, std::string lower, std::string upper,
             std::function<bool(const rocksdb::TableProperties&)> wanted = {})
    : lower_(std::move(lower)), upper_(std::move(upper)), lower_bound_(lower_), upper_bound_(upper_) {
    rocksdb::ReadOptions options;
    options.table_filter = std::move(wanted);
    options.iterate_lower_bound = &lower_bound_;
    if (!upper_.empty())
      options.iterate_upper_bound = &upper_bound_;
    iterator_.reset(data.db->NewIterator(options, data[from]));
  }
  range_scan(const range_scan&) = delete;
  range_scan& operator=(const range_scan&) = delete;

  void to_first() { iterator_->SeekToFirst(); }
  void to_last() { iterator_->SeekToLast(); }
  void to(std::string_view key) { iterator_->Seek(rocksdb::Slice(key.data(), key.size())); }
  void next() { iterator_->Next(); }
  void previous() { iterator_->Prev(); }

  [[nodiscard]] bool valid() const { return iterator_->Valid(); }
  [[nodiscard]] std::string_view key() const { return iterator_->key().ToStringView(); }
  [[nodiscard]] std::string_view value() const { return iterator_->value().ToStringView(); }
  [[nodiscard]] rocksdb::Status status() const { return iterator_->status(); }

private:
  std::string lower_;
  std::string upper_;
  rocksdb::Slice lower_bound_;
  rocksdb::Slice upper_bound_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

/// The shard's part of a table from where `token` (a key) says. False for a token of something else.
[[nodiscard]] bool bounds_of(int shard, const std::string& token, std::string& lower, std::string& upper);

/// Turns an engine's failure into the answer of a read.
template <class Result> void tell(Result& result, const rocksdb::Status& failure) {
  if (failure.ok())
    return;
  result.outcome = failure.IsCorruption() ? status::corrupted : status::unavailable;
  result.message = failure.ToString();
}

template <class Result> void tell_damaged(Result& result, std::string_view what) {
  result.outcome = status::corrupted;
  result.message = "damaged " + std::string(what);
}

} // namespace cadenza::storage::rocks
