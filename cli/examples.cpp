#include "cli/examples.hpp"

#include <map>

namespace cadenza::cli {

namespace {

using example_map = std::map<std::string, std::vector<std::string>, std::less<>>;

/// Path of a command → what is typed after the program's name.
const example_map& workflow_examples() {
  static const example_map examples{
      {"workflow start",
       {"--domain samples-domain workflow start --tasklist hello-world --workflow_type HelloWorld --execution_timeout "
        "1m --input "
        "'\"Ada\"'",
        "--domain shop workflow start --workflow_id report --tasklist reports --workflow_type Daily "
        "--execution_timeout "
        "1h --cron '0 6 * * *'"}},
      {"workflow run",
       {"--domain samples-domain workflow run --tasklist hello-world --workflow_type HelloWorld --execution_timeout 1m "
        "--input "
        "'\"Ada\"'"}},
      {"workflow signalwithstart",
       {"--domain shop workflow signalwithstart --workflow_id cart-7 --tasklist carts --workflow_type Cart "
        "--execution_timeout 1d --name add --signal_input '{\"item\": 5}'"}},
      {"workflow show", {"--domain shop workflow show order-17", "--domain shop workflow show order-17 --print_full"}},
      {"workflow showid", {"--domain shop workflow showid order-17"}},
      {"workflow describe", {"--domain shop workflow describe order-17"}},
      {"workflow describeid", {"--domain shop workflow describeid order-17"}},
      {"workflow list",
       {"--domain shop workflow list --open", "--domain shop workflow list --status failed --earliest_time 2h",
        "--domain shop workflow list --query \"WorkflowType = 'Ship' and CloseTime = missing\""}},
      {"workflow listall", {"--domain shop workflow listall --open --format '{{.WorkflowID}}'"}},
      {"workflow scan", {"--domain shop workflow scan --query \"CloseStatus = 'FAILED'\" --output json"}},
      {"workflow count", {"--domain shop workflow count --query 'CloseTime = missing'"}},
      {"workflow signal", {"--domain shop workflow signal order-17 approve --input '{\"by\": \"Ada\"}'"}},
      {"workflow cancel", {"--domain shop workflow cancel order-17 --reason 'ordered twice'"}},
      {"workflow terminate", {"--domain shop workflow terminate order-17 --reason 'ordered twice'"}},
      {"workflow restart", {"--domain shop workflow restart order-17"}},
      {"workflow diagnose", {"--domain shop workflow diagnose order-17"}},
      {"workflow refresh-tasks", {"--domain shop workflow refresh-tasks order-17"}},
      {"workflow observe", {"--domain shop workflow observe order-17 --show_detail"}},
      {"workflow observeid", {"--domain shop workflow observeid order-17"}},
      {"workflow query", {"--domain shop workflow query order-17 state"}},
      {"workflow stack", {"--domain shop workflow stack order-17"}},
      {"workflow query-types", {"--domain shop workflow query-types order-17"}},
      {"workflow reset",
       {"--domain shop workflow reset order-17 --reset_type LastDecisionCompleted --reason 'bad deployment'",
        "--domain shop workflow reset order-17 --event_id 9 --reason 'bad deployment'"}},
      {"workflow reset-batch",
       {"--domain shop workflow reset-batch --query \"WorkflowType = 'Ship'\" --only_non_deterministic --reset_type "
        "LastDecisionCompleted --reason 'bad deployment' --dry_run"}},
      {"workflow activity complete",
       {"--domain shop workflow activity complete --workflow_id order-17 --activity_id 0 --result '\"paid\"'"}},
      {"workflow activity fail",
       {"--domain shop workflow activity fail --workflow_id order-17 --activity_id 0 --reason refused --detail 'card "
        "17'"}},
  };
  return examples;
}

const example_map& other_examples() {
  static const example_map examples{
      {"server start", {"server start --data /var/lib/cadenza", "server start --ephemeral --port 0 --http-port 0"}},
      {"domain register",
       {"domain register shop --retention 7d --owner_email shop@example.com",
        "domain register shop --global_domain true --active_cluster dc1 --clusters dc1 dc2"}},
      {"domain update", {"domain update shop --retention 30d"}},
      {"domain describe", {"domain describe shop"}},
      {"domain deprecate", {"domain deprecate shop"}},
      {"domain delete", {"domain delete shop"}},
      {"domain failover", {"domain failover shop --active_cluster dc2 --reason drill"}},
      {"domain list-failover-history", {"domain list-failover-history shop"}},
      {"domain list", {"domain list", "domain list --all --print_full"}},
      {"tasklist describe", {"--domain shop tasklist describe orders --tasklisttype activity"}},
      {"tasklist list-partition", {"--domain shop tasklist list-partition orders"}},
      {"cluster get-search-attr", {"cluster get-search-attr"}},
      {"verify", {"verify --data /var/lib/cadenza", "verify --http_address 127.0.0.1:8088"}},
      {"completion", {"completion bash --install", "completion zsh > ~/.zfunc/_cadenza", "completion fish | source"}},
      {"man", {"man | man -l -"}},
      {"version", {"version"}},
  };
  return examples;
}

const example_map& admin_examples() {
  static const example_map examples{
      {"admin workflow describe", {"--domain shop admin workflow describe order-17"}},
      {"admin workflow show",
       {"--domain shop admin workflow show --workflow_id order-17",
        "admin workflow show --tree_id TREE --branch_id BRANCH --shard_id 3"}},
      {"admin workflow refresh-tasks", {"--domain shop admin workflow refresh-tasks order-17"}},
      {"admin workflow delete", {"--domain shop admin workflow delete order-17"}},
      {"admin workflow fix_corruption", {"--domain shop admin workflow fix_corruption order-17"}},
      {"admin tasklist describe", {"--domain shop admin tasklist describe orders"}},
      {"admin tasklist list", {"--domain shop admin tasklist list"}},
      {"admin tasklist update-partition",
       {"--domain shop admin tasklist update-partition orders --tasklisttype decision --num_read_partitions 4 "
        "--num_write_partitions 4"}},
      {"admin shard describe", {"admin shard describe --shard_id 3"}},
      {"admin shard list", {"admin shard list --pagesize 16"}},
      {"admin shard closeShard", {"admin shard closeShard --shard_id 3"}},
      {"admin shard removeTask", {"admin shard removeTask --shard_id 3 --task_id 1048602 --task_type 2"}},
      {"admin shard setRangeID", {"admin shard setRangeID --shard_id 3 --range_id 9"}},
      {"admin shard timers", {"admin shard timers --shard_id 3 --end_date 2027-01-01 --bucket_size day"}},
      {"admin queue reset", {"admin queue reset --shard_id 3 --queue_type 2"}},
      {"admin queue describe", {"admin queue describe --shard_id 3 --queue_type 3"}},
      {"admin history_host describe", {"admin history_host describe --shard_id 3"}},
      {"admin history_host getshard", {"admin history_host getshard order-17 --number_of_shards 16"}},
      {"admin domain getdomainidorname", {"admin domain getdomainidorname --domain shop"}},
      {"admin config get", {"admin config get --name limit.blobSize.error --filter '{\"domainName\": \"shop\"}'"}},
      {"admin config update",
       {"admin config update --name frontend.rps --value 2000",
        "admin config update --name limit.blobSize.error --value '{\"Value\": 4194304, \"Filters\": [{\"Name\": "
        "\"domainName\", \"Value\": \"shop\"}]}'"}},
      {"admin config restore", {"admin config restore --name frontend.rps"}},
      {"admin config list", {"admin config list"}},
      {"admin config listall", {"admin config listall --format '{{.Name}}'"}},
      {"admin config operational-get", {"admin config operational-get --name NAME"}},
      {"admin config operational-update", {"admin config operational-update --name NAME --value true"}},
      {"admin config operational-restore", {"admin config operational-restore --name NAME"}},
      {"admin config operational-list", {"admin config operational-list"}},
      {"admin isolation-groups get-global", {"admin isolation-groups get-global"}},
      {"admin isolation-groups update-global", {"admin isolation-groups update-global --set-drains zone-1 zone-2"}},
      {"admin isolation-groups get-domain", {"--domain shop admin isolation-groups get-domain"}},
      {"admin isolation-groups update-domain",
       {"--domain shop admin isolation-groups update-domain --remove-all-drains"}},
      {"admin async-wf-queue get", {"--domain shop admin async-wf-queue get"}},
      {"admin async-wf-queue update",
       {"--domain shop admin async-wf-queue update --json '{\"Enabled\": true, \"PredefinedQueueName\": \"q\"}'"}},
      {"admin cluster add-search-attr",
       {"admin cluster add-search-attr --search_attr_key Customer --search_attr_type 1"}},
      {"admin cluster describe", {"admin cluster describe"}},
      {"admin cluster members", {"admin cluster members"}},
      {"admin replication diff", {"admin replication diff --other dc2.example.com:7833"}},
      {"admin cluster shards", {"admin cluster shards --node node-1"}},
      {"admin actor list", {"admin actor list --kind history_shard"}},
      {"admin actor tree", {"admin actor tree"}},
      {"admin actor kill", {"admin actor kill node/shard_owner/history_shard:3"}},
      {"admin backup create", {"admin backup create --kind full"}},
      {"admin backup list", {"admin backup list"}},
      {"admin backup prune", {"admin backup prune --keep 7 --older_than 30d --dry_run"}},
      {"admin backup verify", {"admin backup verify 4"}},
      {"admin backup restore", {"admin backup restore --dir /var/backups/cadenza --data /var/lib/cadenza"}},
      {"schema create", {"schema create --endpoint db.internal --user cadenza --database cadenza"}},
      {"schema setup-schema", {"schema setup-schema --config /etc/cadenza/cadenza.yaml"}},
      {"schema update-schema", {"schema update-schema --config /etc/cadenza/cadenza.yaml --dryrun"}},
      {"schema version", {"schema version --config /etc/cadenza/cadenza.yaml"}},
      {"schema drop", {"schema drop --endpoint db.internal --user cadenza --database cadenza"}},
  };
  return examples;
}

void add(command& node, const std::string& path, const std::string& program) {
  for (const auto* examples : {&workflow_examples(), &other_examples(), &admin_examples()})
    if (const auto found = examples->find(path); found != examples->end())
      for (const auto& line : found->second)
        node.examples.push_back(program + " " + line);
  // Operators have the commands of domains under `admin`, too.
  constexpr std::string_view twin = "admin domain ";
  if (node.examples.empty() && path.starts_with(twin))
    if (const auto found = other_examples().find(path.substr(6)); found != other_examples().end())
      for (const auto& line : found->second)
        node.examples.push_back(program + " admin " + line);
  for (auto& child : node.commands)
    add(child, path.empty() ? child.name : path + " " + child.name, program);
}

} // namespace

void add_examples(command& tree) { add(tree, "", tree.name); }

} // namespace cadenza::cli
