#include "storage/rocksdb/pipeline.hpp"

#include "messages/invariant.hpp"
#include "storage/refusals.hpp"

#include <rocksdb/db.h>

#include <pthread.h>

#include <chrono>

namespace cadenza::storage::rocks {

namespace {

std::size_t weigh(const shard_transaction& tx) {
  std::size_t bytes = tx.set_current ? tx.set_current->row.value.size() : 0;
  for (const auto& run : tx.runs) {
    bytes += run.header.size() + (run.fixed ? run.fixed->size() : 0);
    for (const auto& row : run.pending)
      bytes += row.text.size() + (row.value ? row.value->size() : 0) + sizeof row;
  }
  for (const auto& append : tx.history)
    bytes += append.batch.size();
  for (const auto& tree : tx.trees)
    for (const auto& row : tree.put)
      bytes += row.value.size() + sizeof row;
  for (const auto& row : tx.transfer)
    bytes += row.value.size() + sizeof row;
  for (const auto& row : tx.timers)
    bytes += row.value.size() + sizeof row;
  for (const auto& row : tx.replication)
    bytes += row.value.size() + sizeof row;
  return bytes;
}

std::size_t weigh(const task_list_transaction& tx) {
  std::size_t bytes = tx.row ? tx.row->size() : 0;
  for (const auto& task : tx.append)
    bytes += task.value.size() + sizeof task;
  return bytes;
}

std::size_t weigh(const shard_update& update) { return update.value.size(); }
std::size_t weigh(const history_removal& what) { return what.ranges.size() * sizeof what.ranges[0]; }
std::size_t weigh(const shard_cleanup&) { return 0; }
std::size_t weigh(const dead_letter_put& what) { return what.letter.value.size(); }
std::size_t weigh(const dead_letter_drop&) { return 0; }
std::size_t weigh(const domain_transaction& tx) { return tx.value.size(); }
std::size_t weigh(const queue_append& message) { return message.payload.size(); }
std::size_t weigh(const queue_trim&) { return 0; }
std::size_t weigh(const queue_ack&) { return 0; }
std::size_t weigh(const document_write& write) { return write.value.size(); }
std::size_t weigh(const lease_write& write) { return write.value.size(); }
std::size_t weigh(const audit_row& row) { return row.value.size(); }
std::size_t weigh(const audit_trim&) { return 0; }

} // namespace

pipeline::pipeline(const database& data, const rocksdb_options& options, health& state,
                   const std::atomic<bool>& log_sync_failed)
  : data_(data), options_(options), health_(state), log_sync_failed_(log_sync_failed),
    group_(data, options.cached_rows), thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "store-commit");
}

pipeline::~pipeline() { stop(); }

void pipeline::submit(request what, done<commit_result> cb) {
  CADENZA_ASSERT(cb, "somebody hears of the end of a commit");
  const auto bytes = std::visit([](const auto& one) { return weigh(one); }, what) + sizeof(submission);
  std::string refusal;
  bool wake = false;
  {
    const std::lock_guard guard(mutex_);
    if (stopping_) {
      refusal = "the store is closed";
    } else if (queue_.size() >= options_.queued_commits ||
               (queued_bytes_ != 0 && queued_bytes_ + bytes > options_.queued_bytes)) {
      refusal = "too many commits wait for the disk";
    } else {
      wake = queue_.empty();
      queue_.push_back({std::move(what), std::move(cb), bytes});
      queued_bytes_ += bytes;
    }
  }
  if (wake)
    arrived_.notify_one();
  if (!refusal.empty())
    cb(refuse_unavailable(std::move(refusal)));
}

void pipeline::stop() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  arrived_.notify_one();
  if (thread_.joinable())
    thread_.join();
}

void pipeline::run() {
  for (;;) {
    if (taken_.empty()) {
      std::unique_lock guard(mutex_);
      arrived_.wait(guard, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty())
        return;
      taken_.swap(queue_);
      queued_bytes_ = 0;
    }
    finish_group();
  }
}

void pipeline::fill_group() {
  in_group_ = 0;
  while (!taken_.empty() && answers_.size() < options_.group_transactions && group_.bytes() < options_.group_bytes) {
    auto& next = taken_.front();
    commit_result result;
    const auto bytes_before = group_.bytes();
    const auto verdict = group_.add(next.what, result);
    CADENZA_ASSERT(verdict == group_builder::verdict::taken || group_.bytes() == bytes_before,
                   "a commit that is not carried out leaves nothing in its group");
    if (verdict == group_builder::verdict::next_group) {
      CADENZA_ASSERT(in_group_ != 0, "a group that holds nothing yet judges whatever comes");
      return;
    }
    if (verdict == group_builder::verdict::taken)
      ++in_group_;
    else if (result.outcome == status::condition_failed && options_.probes.condition_failed)
      options_.probes.condition_failed(result.failed);
    answers_.push_back({std::move(next.cb), std::move(result)});
    taken_.pop_front();
  }
}

void pipeline::finish_group() {
  const auto begin = std::chrono::steady_clock::now();
  fill_group();
  CADENZA_ASSERT(!answers_.empty(), "each group answers somebody, or the others would wait for ever");
  CADENZA_ASSERT(group_.empty() || in_group_ != 0, "what a group writes belongs to a commit that is answered");
  const auto bytes = group_.bytes();
  auto written = commit_result{};
  if (!group_.empty())
    written = write_group();
  if (written.outcome == status::committed) {
    group_.written();
  } else {
    group_.lost();
    // A refusal may rest on what this group did not get onto the disk: it is no more than "not now".
    for (auto& one : answers_) {
      if (one.result.outcome == status::committed)
        one.result = written;
      else if (one.result.outcome == status::condition_failed)
        one.result = refuse_unavailable(written.message);
    }
  }
  const auto elapsed = (std::chrono::steady_clock::now() - begin) / std::chrono::nanoseconds{1};
  if (in_group_ != 0 && written.outcome == status::committed && options_.probes.group_committed)
    options_.probes.group_committed(static_cast<std::int64_t>(in_group_), static_cast<std::int64_t>(bytes), elapsed);
  answer_all();
}

commit_result pipeline::write_group() {
  if (!health_.accepts_writes())
    return refuse_unavailable("writes are refused: " + health_.reason());
  rocksdb::WriteOptions options;
  options.sync = group_.needs_sync();
  const auto done = data_.db->Write(options, &group_.batch());
  if (done.ok())
    return {};
  const auto reason = done.ToString();
  if (log_sync_failed_.load(std::memory_order_acquire))
    health_.fail(reason);
  // Without room the log's last record is cut short, and a start drops such a record: nothing was changed. After any
  // other failure the record may be whole.
  if (done.IsNoSpace() && !log_sync_failed_.load(std::memory_order_acquire))
    return refuse_unavailable("the disk is full: " + reason);
  commit_result result;
  result.outcome = status::unknown_outcome;
  result.message = "the write failed: " + reason;
  return result;
}

void pipeline::answer_all() {
  for (auto& one : answers_)
    one.cb(std::move(one.result));
  answers_.clear();
}

} // namespace cadenza::storage::rocks
