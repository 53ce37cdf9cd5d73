#pragma once

#include "actors/base/actor_context.hpp"
#include "messages/records.hpp"

#include <string>
#include <string_view>

/// How actors are named in the log, by `admin actor list` and by `admin actor kill`.
namespace cadenza::actors::actor_path {

inline constexpr std::string_view shard_prefix = "node/shard_owner/history_shard:";
inline constexpr std::string_view run_part = "/workflow_run:";
inline constexpr std::string_view replica_part = "/workflow_replica:";
inline constexpr std::string_view list_prefix = "node/matching_owner/task_list:";

[[nodiscard]] inline std::string of_shard(int index) { return std::string(shard_prefix) + std::to_string(index); }

/// "<domain>/<workflow>/<run>", with the domain's id where its name is not known any more.
[[nodiscard]] inline std::string name_of_run(const actor_context& env, const run_key& run) {
  const auto domain = env.domains->get()->find(run.domain_id);
  return (domain ? domain->name : run.domain_id.str()) + "/" + run.workflow_id + "/" + run.run_id.str();
}
[[nodiscard]] inline std::string of_run(const actor_context& env, int shard, const run_key& run) {
  return of_shard(shard) + std::string(run_part) + name_of_run(env, run);
}

/// "<domain>/<workflow>": of the actor that applies what other clusters tell of a workflow id.
[[nodiscard]] inline std::string name_of_replica(const actor_context& env, const workflow_key& workflow) {
  const auto domain = env.domains->get()->find(workflow.domain_id);
  return (domain ? domain->name : workflow.domain_id.str()) + "/" + workflow.workflow_id;
}
[[nodiscard]] inline std::string of_replica(const actor_context& env, int shard, const workflow_key& workflow) {
  return of_shard(shard) + std::string(replica_part) + name_of_replica(env, workflow);
}

/// "<domain>/decision/<name>" or "<domain>/activity/<name>".
[[nodiscard]] inline std::string name_of_list(const actor_context& env, const storage::task_list_key& list) {
  const auto domain = env.domains->get()->find(list.domain_id);
  return (domain ? domain->name : list.domain_id.str()) + "/" + (list.type == 0 ? "decision/" : "activity/") +
         list.name;
}
[[nodiscard]] inline std::string of_list(const actor_context& env, const storage::task_list_key& list) {
  return std::string(list_prefix) + name_of_list(env, list);
}

} // namespace cadenza::actors::actor_path
