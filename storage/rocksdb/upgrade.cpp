#include "storage/rocksdb/upgrade.hpp"

#include "messages/invariant.hpp"
#include "storage/rocksdb/keys.hpp"
#include "storage/rocksdb/values.hpp"

#include "cadenza/record/v1/run.pb.h"

#include <rocksdb/db.h>
#include <rocksdb/iterator.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <charconv>
#include <chrono>
#include <memory>

namespace cadenza::storage::rocks {

namespace {

constexpr std::string_view format_key = "format";
/// While an upgrade is under way: the name of its step, a zero byte, and the last key that the step has done.
constexpr std::string_view progress_key = "upgrade";

error not_readable(const format_check& of, const rocksdb::Status& why) {
  return {why.IsCorruption() ? error_kind::internal_data_inconsistency : error_kind::internal_service,
          "the data directory " + of.directory + " cannot be read: " + why.ToString()};
}

void put_schema(rocksdb::WriteBatch& batch, const format_check& of, int version, std::int64_t since_ns,
                const std::string& by) {
  std::string key;
  put_number(key, static_cast<std::int32_t>(version));
  std::string value;
  put_signed(value, since_ns);
  value += by;
  batch.Put(of.data[table::schema], key, value);
}

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

outcome<void> write(const format_check& of, rocksdb::WriteBatch& batch) {
  rocksdb::WriteOptions durable;
  durable.sync = true;
  const auto done = of.data.db->Write(durable, &batch);
  batch.Clear();
  if (!done.ok())
    return internal_error("the data directory " + of.directory +
                          " could not be upgraded; the next start resumes it: " + done.ToString());
  return {};
}

/// From format 1, in which the fields that conditions look at were in the records of current-run rows only, and trees
/// had no version.
class from_format_1 {
public:
  explicit from_format_1(const format_check& of) : of_(of) {}

  /// `progress`: what an interrupted upgrade has left; "" to begin.
  outcome<void> run(const std::string& progress) {
    const auto split = progress.find('\0');
    auto name = progress.substr(0, split);
    auto after = split == progress.npos ? std::string() : progress.substr(split + 1);
    if (progress.empty())
      name = steps.front().name;
    if (progress.empty())
      say({field::data(of_.directory)}, "upgrading the data directory {data} from format 1 to 2");
    else
      say({field::data(of_.directory)}, "resuming the upgrade of the data directory {data} from format 1 to 2");
    std::size_t at = 0;
    while (at < steps.size() && steps[at].name != name)
      ++at;
    if (at == steps.size())
      return error(error_kind::internal_data_inconsistency,
                   "the data directory " + of_.directory + " is in an upgrade that this program does not know");
    for (; at < steps.size(); ++at) {
      step_ = steps[at].name;
      CADENZA_TRY((this->*steps[at].convert)(std::exchange(after, {})));
    }
    batch_.Delete(of_.default_family, rocksdb::Slice(progress_key));
    put_schema(batch_, of_, 1, 0, {});
    put_schema(batch_, of_, 2, now_ns(), of_.program);
    CADENZA_TRY(write(of_, batch_));
    say({field::data(of_.directory), field::count(current_rows_)},
        "the data directory {data} has format 2 now: {count} workflow ids");
    return {};
  }

private:
  struct step {
    std::string_view name;
    outcome<void> (from_format_1::*convert)(const std::string& after);
  };
  static const std::array<step, 2> steps;

  void say(log::fields values, log::sentence what) const {
    if (of_.log)
      of_.log(log::level::info, values, what);
  }

  [[nodiscard]] std::unique_ptr<rocksdb::Iterator> rows_after(table of, const std::string& after) const {
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    std::unique_ptr<rocksdb::Iterator> it(of_.data.db->NewIterator(options, of_.data[of]));
    // The first key after `after`. The iterator does not see what is written meanwhile.
    it->Seek(after.empty() ? std::string() : after + '\0');
    return it;
  }

  /// Everything up to `key` is in the batch.
  outcome<void> reached(const std::string& key) {
    if (batch_.GetDataSize() < of_.batch_bytes)
      return {};
    CADENZA_ASSERT(!step_.empty() && !key.empty(), "an upgrade notes its step and the last row that it has done");
    std::string progress(step_);
    progress.push_back('\0');
    progress += key;
    batch_.Put(of_.default_family, rocksdb::Slice(progress_key), progress);
    return write(of_, batch_);
  }

  /// The step is done: the next one begins at its first row.
  outcome<void> finished(const rocksdb::Iterator& rows, std::string_view next_step) {
    if (!rows.status().ok())
      return not_readable(of_, rows.status());
    if (next_step.empty())
      return {}; // the end of the upgrade goes into the same batch
    std::string progress(next_step);
    progress.push_back('\0');
    batch_.Put(of_.default_family, rocksdb::Slice(progress_key), progress);
    return write(of_, batch_);
  }

  outcome<void> convert_current(const std::string& after) {
    const auto rows = rows_after(table::current, after);
    record::v1::CurrentRun record;
    for (; rows->Valid(); rows->Next()) {
      current_row row;
      row.value = rows->value().ToString();
      // A record that is damaged stays as it is, and names no run: the check of the store tells of it.
      if (record.ParseFromString(row.value)) {
        row.run_id = uuid::from_raw(record.run_id());
        row.state = record.state();
        row.last_write_version = record.last_write_version();
      }
      std::string value;
      put_current_head(value, row);
      value += row.value;
      batch_.Put(of_.data[table::current], rows->key(), value);
      ++current_rows_;
      CADENZA_TRY(reached(rows->key().ToString()));
    }
    return finished(*rows, "trees");
  }

  /// The first branch of each tree moves into the tree's own row.
  outcome<void> convert_trees(const std::string& after) {
    constexpr std::size_t tree_key_bytes = 20;
    constexpr std::size_t branch_key_bytes = 36;
    const auto rows = rows_after(table::trees, after);
    std::string tree;
    std::string last;
    for (; rows->Valid(); rows->Next()) {
      const auto key = rows->key().ToString();
      if (key.size() != branch_key_bytes)
        return error(error_kind::internal_data_inconsistency,
                     "the data directory " + of_.directory + " is damaged: a history tree has an invalid key");
      if (key.compare(0, tree_key_bytes, tree) == 0 && !tree.empty()) {
        last = key; // a further branch stays where it is
        continue;
      }
      if (!tree.empty())
        CADENZA_TRY(reached(last));
      tree = key.substr(0, tree_key_bytes);
      last = key;
      const auto branch = uuid::from_raw(std::string_view(key).substr(tree_key_bytes));
      std::string value;
      put_tree_head(value, 1, &branch);
      value.append(rows->value().data(), rows->value().size());
      batch_.Put(of_.data[table::trees], tree, value);
      batch_.Delete(of_.data[table::trees], key);
      ++trees_;
    }
    return finished(*rows, {});
  }

  const format_check& of_;
  std::string_view step_;
  rocksdb::WriteBatch batch_;
  std::int64_t current_rows_ = 0; ///< of this run of the upgrade
  std::int64_t trees_ = 0;
};

const std::array<from_format_1::step, 2> from_format_1::steps{
    {{"current", &from_format_1::convert_current}, {"trees", &from_format_1::convert_trees}}};

outcome<void> begin_new(const format_check& of) {
  rocksdb::WriteBatch batch;
  batch.Put(of.default_family, rocksdb::Slice(format_key), std::to_string(data_format));
  put_schema(batch, of, data_format, now_ns(), of.program);
  return write(of, batch);
}

} // namespace

rocksdb::Status write_format(const database& data, rocksdb::ColumnFamilyHandle* default_family) {
  rocksdb::WriteOptions durable;
  durable.sync = true;
  return data.db->Put(durable, default_family, rocksdb::Slice(format_key), std::to_string(data_format));
}

outcome<void> check_format(const format_check& of) {
  std::string stored;
  const auto found = of.data.db->Get(rocksdb::ReadOptions{}, of.default_family, rocksdb::Slice(format_key), &stored);
  if (found.IsNotFound())
    return begin_new(of);
  if (!found.ok())
    return not_readable(of, found);
  int format = 0;
  const auto [end, failure] = std::from_chars(stored.data(), stored.data() + stored.size(), format);
  if (failure != std::errc{} || end != stored.data() + stored.size() || format < 1)
    return error(error_kind::internal_data_inconsistency,
                 "the data directory " + of.directory + " is damaged: its format '" + stored + "' is invalid");
  if (format > data_format)
    return error(error_kind::internal_data_inconsistency,
                 "the data directory " + of.directory + " has format " + stored +
                     ", this program reads formats up to " + std::to_string(data_format) +
                     ". Open it with the version that wrote it, or a newer one.");
  std::string progress;
  const auto under_way =
      of.data.db->Get(rocksdb::ReadOptions{}, of.default_family, rocksdb::Slice(progress_key), &progress);
  if (!under_way.ok() && !under_way.IsNotFound())
    return not_readable(of, under_way);
  if (format == data_format && under_way.IsNotFound())
    return {};
  if (format == 1) {
    // From here on no older program opens it.
    rocksdb::WriteBatch batch;
    batch.Put(of.default_family, rocksdb::Slice(format_key), std::to_string(data_format));
    batch.Put(of.default_family, rocksdb::Slice(progress_key), rocksdb::Slice());
    CADENZA_TRY(write(of, batch));
  }
  return from_format_1(of).run(progress);
}

} // namespace cadenza::storage::rocks
