#pragma once

#include "cli/command.hpp"

namespace cadenza::cli {

/// The whole command tree; its root carries the global flags.
[[nodiscard]] command command_tree();

// The groups, one source file each.
[[nodiscard]] command server_command();
[[nodiscard]] command schema_command();
[[nodiscard]] command verify_command();
[[nodiscard]] command domain_commands();
[[nodiscard]] command workflow_commands();
[[nodiscard]] command tasklist_commands();
[[nodiscard]] command cluster_commands();
[[nodiscard]] command admin_commands();
[[nodiscard]] command completion_command();
[[nodiscard]] command complete_command(); ///< what the scripts of shells call
[[nodiscard]] command man_command();
[[nodiscard]] command version_command();

/// A command that others have and this version does not: who types it is told `why`, or what does the work here.
[[nodiscard]] command absent_command(std::string name, std::vector<std::string> aliases, std::string why);

// Below `workflow`.
[[nodiscard]] std::vector<command> workflow_start_commands();
[[nodiscard]] std::vector<command> workflow_show_commands();
[[nodiscard]] std::vector<command> workflow_list_commands();
[[nodiscard]] std::vector<command> workflow_describe_commands();
[[nodiscard]] std::vector<command> workflow_control_commands();
[[nodiscard]] command workflow_diagnose_command();
[[nodiscard]] std::vector<command> workflow_query_commands();
[[nodiscard]] std::vector<command> workflow_reset_commands();
[[nodiscard]] command workflow_reset_batch_command();
[[nodiscard]] std::vector<command> workflow_observe_commands();
[[nodiscard]] command workflow_activity_commands();

// Below `admin`.
[[nodiscard]] command admin_workflow_commands();
[[nodiscard]] command admin_tasklist_commands();
[[nodiscard]] command admin_shard_commands();
[[nodiscard]] command shard_timers_command(); ///< below `shard`
[[nodiscard]] command admin_queue_commands();
[[nodiscard]] command admin_domain_commands();
[[nodiscard]] command admin_history_host_commands();
[[nodiscard]] command admin_config_commands();
[[nodiscard]] command admin_groups_commands();
[[nodiscard]] command admin_async_queue_commands();
[[nodiscard]] command admin_cluster_commands();
[[nodiscard]] command admin_replication_commands();
[[nodiscard]] command admin_actor_commands();
[[nodiscard]] command admin_backup_commands();

// Flags that several commands share.
[[nodiscard]] flag format_flag();
[[nodiscard]] flag workflow_id_flag(bool required);
[[nodiscard]] flag run_id_flag();
[[nodiscard]] flag query_consistency_flag();
[[nodiscard]] std::vector<flag> execution_flags();
[[nodiscard]] std::vector<flag> start_flags();
[[nodiscard]] std::vector<flag> progress_flags();

} // namespace cadenza::cli
