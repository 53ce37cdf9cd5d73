#include "storage/sql/lane.hpp"

#include "messages/invariant.hpp"
#include "storage/refusals.hpp"
#include "storage/sql/alone.hpp"

#include <pthread.h>

#include <algorithm>

namespace cadenza::storage::sql {

namespace {

/// A group that others get in the way of is tried so often.
constexpr int attempts_max = 10;
/// From so many refusals on, reading first costs less than trying and doing it again.
constexpr double refusals_many = 0.5;
constexpr double refusals_weight = 0.1;

} // namespace

std::chrono::milliseconds backoff::next() {
  const auto longest = std::min(2000, 20 << std::min(step_++, 10));
  return std::chrono::milliseconds(std::uniform_int_distribution<int>(longest / 2, longest)(random_));
}

lane::lane(connector connect, const uuid& name, std::string label, surroundings& around)
  : connect_(std::move(connect)), name_(name), label_(std::move(label)), around_(around),
    backoff_(std::hash<uuid>{}(name)), thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "sql-commit");
}

lane::~lane() { stop(); }

void lane::submit(request what, done<commit_result> cb) {
  CADENZA_ASSERT(cb, "whoever commits wants to know how it ended");
  const auto bytes = weigh(what);
  std::string refusal;
  bool wake = false;
  {
    const std::lock_guard guard(mutex_);
    const auto& bounds = around_.bounds;
    if (stopping_) {
      refusal = "the store is closed";
    } else if (down_) {
      refusal = "the database cannot be reached";
    } else if (queue_.size() >= bounds.queued_commits ||
               (queued_bytes_ != 0 && queued_bytes_ + bytes > bounds.queued_bytes)) {
      refusal = "too many commits wait for the database";
    } else {
      wake = queue_.empty();
      queue_.push_back({std::move(what), std::move(cb), bytes, clock::now()});
      queued_bytes_ += bytes;
    }
  }
  if (wake)
    arrived_.notify_one();
  if (!refusal.empty())
    cb(refuse_unavailable(std::move(refusal)));
}

void lane::stop() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  arrived_.notify_one();
  if (thread_.joinable())
    thread_.join();
}

/// What is wrong with its database, which is in `trouble_`.
void lane::say(log::sentence what) const {
  if (around_.log)
    around_.log(log::level::error, {field::data(label_), field::error(trouble_)}, what);
}

bool lane::take_queue() {
  std::unique_lock guard(mutex_);
  const auto something = [this] { return stopping_ || !queue_.empty(); };
  if (down_)
    arrived_.wait_for(guard, backoff_.next(), something);
  else
    arrived_.wait(guard, something);
  CADENZA_ASSERT(taken_.empty(), "what a lane has taken is answered before it takes more");
  taken_.swap(queue_);
  if (around_.probes.queue_left)
    around_.probes.queue_left(static_cast<std::int64_t>(taken_.size()));
  queued_bytes_ = 0;
  return !taken_.empty() || !stopping_;
}

void lane::run() {
  for (;;) {
    if (taken_.empty() && !take_queue())
      break;
    const bool old = connection_ && around_.bounds.connection_life.count() > 0 &&
                     clock::now() - connected_at_ > around_.bounds.connection_life;
    if (old)
      connection_.reset();
    if (!connection_ && (!taken_.empty() || down_) && !ready())
      refuse_waiting();
    if (taken_.empty())
      continue;
    if (can_share(taken_.front().what))
      commit_group();
    else
      commit_alone();
  }
  if (connection_) {
    const step last[]{{statement::drop_lane, {argument::of(name_)}}};
    static_cast<void>(connection_->run(last)); // what stays is cleared away later
  }
}

bool lane::ready() {
  if (connection_)
    return true;
  const auto deadline = clock::now() + around_.bounds.patience;
  for (;;) {
    if (connect()) {
      backoff_.reset();
      const std::lock_guard guard(mutex_);
      if (std::exchange(down_, false) && around_.lanes_down.fetch_sub(1) == 1 && around_.probes.writable_changed)
        around_.probes.writable_changed(true, {});
      return true;
    }
    {
      const std::lock_guard guard(mutex_);
      if (down_)
        return false;
      if (stopping_ || clock::now() >= deadline) {
        down_ = true;
        if (around_.lanes_down.fetch_add(1) == 0 && around_.probes.writable_changed)
          around_.probes.writable_changed(false, trouble_);
        return false;
      }
    }
    pause(backoff_.next());
  }
}

void lane::pause(std::chrono::milliseconds how_long) {
  std::unique_lock guard(mutex_);
  arrived_.wait_for(guard, how_long, [this] { return stopping_; });
}

bool lane::connect() {
  auto made = connect_();
  if (!made) {
    trouble_ = made.error().message;
    say("{data}: no connection: {error}");
    return false;
  }
  // From here on nothing that an earlier connection was given can take effect.
  const step take[]{{statement::take_lane, {argument::of(name_)}}};
  const auto taken = (*made)->run(take);
  if (taken.how != ended::done || taken.rows.size() != 1 || taken.rows[0].empty()) {
    trouble_ = taken.message;
    say("{data}: the lane cannot be taken: {error}");
    return false;
  }
  connection_ = *std::move(made);
  connected_at_ = clock::now();
  epoch_ = taken.rows[0].number(0, 0);
  stored_sequence_ = taken.rows[0].number(0, 1);
  return true;
}

std::size_t lane::fill(group& into, std::size_t limit) {
  results_.clear();
  group_bytes_ = 0;
  for (const auto& one : taken_) {
    if (results_.size() >= limit || group_bytes_ >= around_.bounds.group_bytes || !can_share(one.what))
      break;
    commit_result result;
    if (into.add(one.what, result) == group::verdict::next_group)
      break;
    group_bytes_ += one.bytes;
    results_.push_back(std::move(result));
  }
  CADENZA_ASSERT(results_.size() <= taken_.size(), "a group has a result for each of its requests");
  return results_.size();
}

void lane::commit_group() {
  CADENZA_ASSERT(!taken_.empty(), "a group begins with a request");
  const auto begin = clock::now();
  bool carefully = refusals_ > refusals_many;
  auto count = std::min(taken_.size(), around_.bounds.group_transactions);
  auto how = settled::not_done;
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    how = try_group(carefully, count);
    if (how != settled::not_done && how != settled::condition_failed)
      break;
    carefully = carefully || how == settled::condition_failed;
  }
  if (how == settled::not_done || how == settled::condition_failed) {
    trouble_ = "others get in the way of it again and again: " + trouble_;
    how = settled::refused;
  }
  std::int64_t written = 0;
  std::int64_t refused = 0;
  for (const auto& result : results_) {
    written += result.outcome == status::committed ? 1 : 0;
    refused += result.outcome == status::condition_failed ? 1 : 0;
  }
  refusals_ += refusals_weight * ((refused != 0 ? 1.0 : 0.0) - refusals_);
  if (how == settled::committed && written != 0 && around_.probes.group_committed)
    around_.probes.group_committed(written, static_cast<std::int64_t>(group_bytes_),
                                   (clock::now() - begin) / std::chrono::nanoseconds{1});
  answer(count, how);
}

lane::settled lane::try_group(bool carefully, std::size_t& count) {
  group now;
  std::vector<step> steps;
  if (carefully) {
    for (std::size_t i = 0; i < count; ++i)
      if (can_share(taken_[i].what))
        now.ask_for(taken_[i].what);
    steps.push_back({statement::begin, {}});
    now.load(steps);
    std::vector<row_set> found;
    if (const auto read = load(std::move(steps), found); read != settled::committed) {
      results_.resize(count);
      return read;
    }
    now.loaded(found, 1);
    steps.clear();
  }
  count = fill(now, count);
  if (!now.writes()) {
    if (carefully)
      roll_back();
    return settled::committed;
  }
  now.write(steps);
  return finish(std::move(steps), carefully);
}

void lane::commit_alone() {
  CADENZA_ASSERT(!taken_.empty() && !can_share(taken_.front().what), "what can share a commit does");
  commit_result result;
  auto how = settled::not_done;
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    result = {};
    how = try_alone(result);
    if (how != settled::not_done && how != settled::condition_failed)
      break;
  }
  if (how == settled::not_done || how == settled::condition_failed)
    how = settled::refused;
  results_.assign(1, std::move(result));
  answer(1, how);
}

lane::settled lane::try_alone(commit_result& result) {
  const auto& what = taken_.front().what;
  std::vector<step> steps{{statement::begin, {}}};
  load_alone(what, steps);
  const bool begun = steps.size() > 1;
  std::vector<row_set> found;
  if (begun)
    if (const auto read = load(std::move(steps), found); read != settled::committed)
      return read;
  steps.clear();
  result = write_alone(what, found, 1, steps);
  if (result.outcome == status::committed && !steps.empty())
    return finish(std::move(steps), begun);
  if (begun)
    roll_back();
  return settled::committed;
}

lane::settled lane::load(std::vector<step> steps, std::vector<row_set>& found) {
  if (!ready())
    return settled::refused;
  auto read = connection_->run(steps);
  if (read.how == ended::done) {
    found = std::move(read.rows);
    return settled::committed;
  }
  trouble_ = read.message;
  if (read.how == ended::lost) {
    connection_.reset(); // nothing was to be changed yet
    return settled::not_done;
  }
  roll_back();
  return read.at_once ? settled::not_done : settled::refused;
}

lane::settled lane::finish(std::vector<step> steps, bool begun) {
  if (!begun && !ready())
    return settled::refused;
  if (!connection_)
    return settled::not_done; // what was begun went with the connection
  sequence_ = std::max(sequence_, stored_sequence_) + 1;
  CADENZA_ASSERT(sequence_ > stored_sequence_, "the number of a lane's transactions grows");
  steps.insert(steps.begin(),
               {statement::mark_lane, {argument::of(name_), argument::large(epoch_), argument::large(sequence_)}});
  if (begun)
    steps.push_back({statement::commit, {}});
  return settle(connection_->run(steps), begun);
}

lane::settled lane::settle(const exchange& how, bool begun) {
  switch (how.how) {
  case ended::done: return settled::committed;
  case ended::lost:
    trouble_ = how.message;
    say("{data}: the connection broke before a commit was answered: {error}");
    connection_.reset();
    if (!ready())
      return settled::unknown;
    return stored_sequence_ == sequence_ ? settled::committed : settled::not_done;
  case ended::condition_failed:
    if (how.failed_step == 0)
      connection_.reset(); // the lane's row is not ours any more: it is taken anew
    else if (begun)
      roll_back();
    return how.failed_step == 0 ? settled::not_done : settled::condition_failed;
  case ended::refused: break;
  }
  trouble_ = how.message;
  if (begun)
    roll_back();
  if (!how.at_once)
    say("{data}: the database refused a commit: {error}");
  return how.at_once ? settled::not_done : settled::refused;
}

void lane::roll_back() {
  if (!connection_)
    return;
  const step back[]{{statement::roll_back, {}}};
  if (connection_->run(back).how != ended::done)
    connection_.reset();
}

void lane::answer(std::size_t count, settled how) {
  CADENZA_ASSERT(count <= taken_.size(), "only what was taken is answered");
  results_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto one = std::move(taken_.front());
    taken_.pop_front();
    auto result = std::move(results_[i]);
    if (how == settled::unknown && result.outcome == status::committed) {
      result = {};
      result.outcome = status::unknown_outcome;
      result.message = "the connection to the database broke before the commit was answered: " + trouble_;
    } else if (how != settled::committed) {
      // A refusal may rest on what this group did not get into the database: it is no more than "not now".
      result = refuse_unavailable("the database did not carry it out: " + trouble_);
    }
    answer_one(one, std::move(result));
  }
  results_.clear();
}

void lane::answer_one(submission& one, commit_result result) {
  const auto& probes = around_.probes;
  if (result.outcome == status::condition_failed && probes.condition_failed)
    probes.condition_failed(result.failed);
  if (probes.operation_done)
    probes.operation_done(name_of(one.what), result.outcome, (clock::now() - one.since) / std::chrono::nanoseconds{1});
  CADENZA_ASSERT(one.cb, "each request is answered once");
  one.cb(std::move(result));
}

void lane::refuse_waiting() {
  {
    const std::lock_guard guard(mutex_);
    for (auto& one : queue_)
      taken_.push_back(std::move(one));
    queue_.clear();
    queued_bytes_ = 0;
  }
  while (!taken_.empty()) {
    auto one = std::move(taken_.front());
    taken_.pop_front();
    answer_one(one, refuse_unavailable("the database cannot be reached: " + trouble_));
  }
}

} // namespace cadenza::storage::sql
