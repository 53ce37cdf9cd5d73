#include "actors/shards/transfer_tasks.hpp"
#include "messages/invariant.hpp"

#include <algorithm>

namespace cadenza::actors {

const record::v1::TransferTask* transfer_tasks::add(record::v1::TransferTask& task) {
  // Ids mostly grow.
  const auto before = undone_.size();
  const auto i = undone_.try_emplace(undone_.end(), task.task_id());
  if (undone_.size() == before)
    return nullptr;
  if (held_ >= held_max_)
    return &task;
  ++held_;
  CADENZA_ASSERT(held_ <= undone_.size(), "only tasks that are not over are held");
  i->second.task = std::make_unique<record::v1::TransferTask>(std::move(task));
  return i->second.task.get();
}

bool transfer_tasks::done(std::int64_t id) {
  const auto i = undone_.find(id);
  if (i == undone_.end())
    return false;
  if (i->second.task) {
    CADENZA_ASSERT(held_ > 0, "a task that is held is counted once; task " + std::to_string(id));
    --held_;
  }
  if (i->second.due_ns != 0) {
    const auto taken_out = tries_.erase({i->second.due_ns, id});
    CADENZA_ASSERT(taken_out == 1, "a task that waits for its next try is among the tries; task " + std::to_string(id));
  }
  undone_.erase(i);
  return true;
}

const record::v1::TransferTask* transfer_tasks::find(std::int64_t id) const {
  const auto i = undone_.find(id);
  return i == undone_.end() ? nullptr : i->second.task.get();
}

std::vector<std::int64_t> transfer_tasks::ids() const {
  std::vector<std::int64_t> out;
  out.reserve(undone_.size());
  for (const auto& [id, task] : undone_)
    out.push_back(id);
  return out;
}

std::int64_t transfer_tasks::level(std::int64_t settled_below) const {
  const auto first = undone_.empty() ? settled_below : undone_.begin()->first;
  return std::min(first, settled_below) - 1;
}

void transfer_tasks::failed(std::int64_t id, std::int64_t now_ns, bool patient) {
  const auto i = undone_.find(id);
  if (i == undone_.end() || i->second.due_ns != 0)
    return;
  auto pause = first_ns;
  if (patient) {
    for (int n = 0; n < i->second.failures && pause < patience_max_ns; ++n)
      pause *= 2;
    ++i->second.failures;
  }
  i->second.due_ns = now_ns + pause;
  tries_.emplace(i->second.due_ns, id);
  CADENZA_ASSERT(tries_.size() <= undone_.size(), "a task that is not over waits for one next try at most");
}

std::vector<std::int64_t> transfer_tasks::take_due(std::int64_t now_ns, std::size_t limit) {
  std::vector<std::int64_t> out;
  while (out.size() < limit && !tries_.empty()) {
    const auto [due_ns, id] = *tries_.begin();
    // No pause is longer than that: the clock was set back.
    if (due_ns > now_ns && due_ns <= now_ns + patience_max_ns)
      break;
    tries_.erase(tries_.begin());
    const auto task = undone_.find(id);
    CADENZA_ASSERT(task != undone_.end() && task->second.due_ns == due_ns,
                   "what is tried again is not over; task " + std::to_string(id));
    task->second.due_ns = 0;
    out.push_back(id);
  }
  return out;
}

} // namespace cadenza::actors
