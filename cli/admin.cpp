#include "cli/commands.hpp"

namespace cadenza::cli {

command admin_commands() {
  command group{"admin", {"adm"}, "Run the cluster"};
  group.commands = {admin_workflow_commands(), admin_tasklist_commands(),     admin_shard_commands(),
                    admin_queue_commands(),    admin_history_host_commands(), admin_domain_commands(),
                    admin_config_commands(),   admin_groups_commands(),       admin_async_queue_commands(),
                    admin_cluster_commands(),  admin_actor_commands(),        admin_backup_commands()};
  return group;
}

} // namespace cadenza::cli
