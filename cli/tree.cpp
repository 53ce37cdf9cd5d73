#include "cli/commands.hpp"
#include "cli/examples.hpp"
#include "cli/help.hpp"
#include "cli/invocation.hpp"

#include <algorithm>
#include <ostream>

namespace cadenza::cli {

namespace {

status print_man_page(invocation& call) {
  call.out() << man_page(call.tree(), call.local().version);
  return {};
}

status print_version(invocation& call) {
  call.out() << version_text(call.program(), call.local().version);
  return {};
}

std::vector<flag> global_flags() {
  flag domain{"domain,do", "domain to work in", flag_kind::text, "", "CADENCE_CLI_DOMAIN"};
  domain.offers = "domains";
  return {
      {"address,ad", "host:port of the server (default: 127.0.0.1:7833; a host alone means port 7833)", flag_kind::text,
       "", "CADENCE_CLI_ADDRESS"},
      domain,
      {"context_timeout,ct", "how long a call may take (default: 5s, lists 2m)", flag_kind::seconds, "",
       "CADENCE_CONTEXT_TIMEOUT"},
      {"output", "output format", flag_kind::text, "table", "", false, {"table", "json"}},
      {"http_address",
       "host:port of the server's HTTP side, for verify and admin actor, backup and config (default: the host of "
       "--address, port 8088)",
       flag_kind::text, "", "CADENZA_HTTP_ADDRESS"},
      {"jwt", "token for authorisation", flag_kind::text, "", "CADENCE_CLI_JWT"},
      {"jwt-private-key,jwt-pk", "RSA key file to make a token with; --jwt wins", flag_kind::text, "",
       "CADENCE_CLI_JWT_PRIVATE_KEY"},
      {"transport,t", "transport protocol; grpc is the only one", flag_kind::text, "grpc",
       "CADENCE_CLI_TRANSPORT_PROTOCOL"},
      {"tls_cert_path,tcp", "CA certificate; switches TLS on", flag_kind::text, "", "CADENCE_CLI_TLS_CERT_PATH"},
  };
}

bool has(const command& node, std::string_view flag_name) {
  return std::ranges::any_of(node.flags, [flag_name](const auto& declared) { return declared.name() == flag_name; });
}

bool requires_flag(const command& node, std::string_view flag_name) {
  return std::ranges::any_of(
      node.flags, [flag_name](const auto& declared) { return declared.required && declared.name() == flag_name; });
}

/// What each command may be told without naming the flag: what it is about comes first.
void set_positional(command& node, std::string_view group) {
  for (auto& child : node.commands)
    set_positional(child, node.name);
  if (!node.run || node.arguments_max > 0)
    return;
  if (requires_flag(node, "workflow_id")) {
    node.positional = {"workflow_id"};
    for (const char* second : {"query_type", "name", "activity_id", "run_id"})
      if (node.positional.size() == 1 && has(node, second) &&
          (second != std::string_view{"name"} || node.name == "signal"))
        node.positional.emplace_back(second);
  } else if (requires_flag(node, "tasklist") && group == "tasklist") {
    node.positional = {"tasklist"};
  } else if (group == "domain" && (node.needs_domain || node.name == "describe")) {
    node.positional = {"domain"};
  }
}

/// What completion asks the server for.
void set_offers(command& node) {
  for (auto& declared : node.flags) {
    if (declared.name() == "tasklist")
      declared.offers = "tasklists";
    if (declared.name() == "workflow_id" && declared.required)
      declared.offers = "workflows";
  }
  for (auto& child : node.commands)
    set_offers(child);
}

} // namespace

command absent_command(std::string name, std::vector<std::string> aliases, std::string why) {
  command result{std::move(name), std::move(aliases), "not in this version"};
  result.absent = std::move(why);
  return result;
}

command man_command() {
  command result{"man", {}, "Print the manual page", {}, print_man_page};
  result.local = true;
  return result;
}

command version_command() {
  command result{"version", {}, "Print the version", {}, print_version};
  result.local = true;
  return result;
}

command command_tree() {
  command root{"cadenza", {}, "Durable workflow server and its command line"};
  root.flags = global_flags();
  root.commands = {
      server_command(),
      domain_commands(),
      workflow_commands(),
      tasklist_commands(),
      cluster_commands(),
      admin_commands(),
      schema_command(),
      verify_command(),
      completion_command(),
      complete_command(),
      man_command(),
      version_command(),
      absent_command(
          "schedule", {"sched"},
          "Schedules are not built yet; 'cadenza workflow start --cron' runs a workflow by a cron schedule."),
      absent_command("batch", {},
                     "Batch operations are not built yet; 'cadenza workflow reset-batch' resets many workflows."),
  };
  set_positional(root, "");
  set_offers(root);
  add_examples(root);
  return root;
}

} // namespace cadenza::cli
