#include "server/chaos.hpp"

#include "config/log.hpp"

#include <vector>

namespace cadenza {
namespace {

const std::vector<std::string>& all_kinds() {
  static const std::vector<std::string> all{"workflow_run",    "history_shard",     "task_list",
                                            "shard_owner",     "matching_owner",    "domain_registry",
                                            "document_keeper", "visibility_writer", "system_worker"};
  return all;
}

std::uint64_t random_seed() {
  std::random_device device;
  // What is logged must be a value that the option takes.
  return ((std::uint64_t{device()} << 32 | device()) >> 1) + 1;
}

config::chaos_config seeded(config::chaos_config how) {
  if (how.seed == 0)
    how.seed = random_seed();
  return how;
}

} // namespace

chaos::chaos(config::chaos_config how, int shards, std::function<void(const std::string&)> kill, time now)
  : how_(seeded(std::move(how))), shards_(shards), kill_(std::move(kill)), random_(how_.seed) {
  if (how_.enabled)
    log::warn({field::seed(how_.seed)},
              "chaos is enabled: actors may be killed, never use this in production; chaos.seed is {seed}");
  schedule(now);
}

void chaos::set(const config::chaos_config& how, time now) {
  how_.interval = how.interval;
  how_.kinds = how.kinds;
  schedule(now);
}

std::size_t chaos::below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

void chaos::schedule(time now) {
  if (!how_.enabled || how_.interval.count() <= 0) {
    due_ = never;
    return;
  }
  // Evenly between nothing and twice the mean.
  const auto longest = 2 * static_cast<std::size_t>(how_.interval.count());
  due_ = now + std::chrono::nanoseconds(1 + below(longest));
}

std::string chaos::choose() {
  const auto& kinds = how_.kinds.empty() ? all_kinds() : how_.kinds;
  const auto& kind = kinds[below(kinds.size())];
  const auto shard = "node/shard_owner/history_shard:" + std::to_string(below(static_cast<std::size_t>(shards_)));
  if (kind == "workflow_run")
    return shard + "/workflow_run:*";
  if (kind == "history_shard")
    return shard;
  if (kind == "task_list")
    return "node/matching_owner/task_list:*";
  return "node/" + kind;
}

void chaos::tick(time now) {
  if (now < due_)
    return;
  const auto victim = choose();
  log::info({field::actor(victim)}, "chaos kills {actor}");
  kill_(victim);
  schedule(now);
}

} // namespace cadenza
