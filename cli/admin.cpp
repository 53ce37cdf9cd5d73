#include "cli/commands.hpp"

namespace cadenza::cli {

command admin_commands() {
  command group{"admin", {"adm"}, "Administer the cluster"};
  group.commands = {admin_workflow_commands(),   admin_tasklist_commands(),     admin_shard_commands(),
                    admin_queue_commands(),      admin_history_host_commands(), admin_domain_commands(),
                    admin_config_commands(),     admin_groups_commands(),       admin_async_queue_commands(),
                    admin_cluster_commands(),    admin_actor_commands(),        admin_backup_commands(),
                    admin_replication_commands()};
  const std::string replication = "Replication between clusters is not built yet";
  for (auto&& absent :
       {absent_command("database", {"db"},
                       "'cadenza verify' checks and repairs the store here; the server owns it while it runs."),
        absent_command("dlq", {}, replication + ", so it leaves no messages behind."),
        absent_command("kafka", {"ka"}, replication + ", and it will not need Kafka."),
        absent_command("elasticsearch", {"es"}, "The lists of workflows are kept in SQLite: there is no index.")})
    group.commands.push_back(absent);
  return group;
}

} // namespace cadenza::cli
