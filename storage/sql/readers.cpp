#include "storage/sql/readers.hpp"

#include <pthread.h>

#include <algorithm>

namespace cadenza::storage::sql {

namespace {

constexpr std::size_t asked_together_max = 32;
/// A read whose connection broke is asked again on another one, so often.
constexpr int attempts_max = 3;

exchange refused(std::string why) {
  exchange out;
  out.how = ended::refused;
  out.message = std::move(why);
  return out;
}

} // namespace

reader_pool::reader_pool(connector connect, int threads, std::string label, surroundings& around)
  : connect_(std::move(connect)), label_(std::move(label)), around_(around) {
  for (int i = 0; i < std::max(threads, 1); ++i) {
    auto& thread = threads_.emplace_back([this, i] { run(static_cast<std::uint64_t>(i) + 1); });
    pthread_setname_np(thread.native_handle(), "sql-read");
  }
}

reader_pool::~reader_pool() { stop(); }

void reader_pool::submit(const char* name, step what, taker take) {
  bool accepted = false;
  {
    const std::lock_guard guard(mutex_);
    if (!stopping_ && queue_.size() < around_.bounds.queued_reads) {
      queue_.push_back({name, std::move(what), std::move(take), clock::now()});
      accepted = true;
    }
  }
  if (accepted)
    arrived_.notify_one();
  else
    take(refused("the store is closed or too many reads wait"));
}

void reader_pool::stop() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  for (auto& thread : threads_)
    if (thread.joinable())
      thread.join();
}

void reader_pool::run(std::uint64_t seed) {
  std::unique_ptr<connection> with;
  backoff pauses(seed);
  clock::time_point since;
  for (;;) {
    std::vector<question> asked;
    {
      std::unique_lock guard(mutex_);
      arrived_.wait(guard, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty())
        return;
      while (!queue_.empty() && asked.size() < asked_together_max) {
        asked.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
    }
    const auto life = around_.bounds.connection_life;
    if (with && life.count() > 0 && clock::now() - since > life)
      with.reset();
    if (!with)
      since = clock::now();
    carry_out(with, std::move(asked), pauses);
  }
}

bool reader_pool::connect(std::unique_ptr<connection>& into, backoff& pauses, std::string& trouble) {
  const auto deadline = clock::now() + around_.bounds.patience;
  for (;;) {
    auto made = connect_();
    if (made) {
      into = *std::move(made);
      pauses.reset();
      return true;
    }
    trouble = made.error().message;
    // While no lane reaches the database nobody waits for it: callers are told at once.
    std::unique_lock guard(mutex_);
    if (stopping_ || clock::now() >= deadline || around_.lanes_down.load() != 0)
      return false;
    arrived_.wait_for(guard, pauses.next(), [this] { return stopping_; });
  }
}

void reader_pool::carry_out(std::unique_ptr<connection>& with, std::vector<question> asked, backoff& pauses) {
  std::string trouble;
  for (int attempt = 0; attempt < attempts_max && !asked.empty(); ++attempt) {
    if (!with && !connect(with, pauses, trouble))
      break;
    std::vector<step> steps;
    steps.reserve(asked.size());
    for (const auto& one : asked)
      steps.push_back(one.what);
    auto ended_so = with->ask(steps);
    std::vector<question> again;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      if (ended_so[i].how == ended::lost) {
        trouble = ended_so[i].message;
        again.push_back(std::move(asked[i]));
        with.reset();
      } else {
        answer(asked[i], ended_so[i]);
      }
    }
    asked = std::move(again);
  }
  for (auto& one : asked)
    answer(one, refused("the database cannot be reached: " + trouble));
}

void reader_pool::answer(question& one, const exchange& how) {
  if (around_.probes.operation_done)
    around_.probes.operation_done(one.name, how.how == ended::done ? status::committed : status::unavailable,
                                  (clock::now() - one.since) / std::chrono::nanoseconds{1});
  one.take(how);
}

} // namespace cadenza::storage::sql
