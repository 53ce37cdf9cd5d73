#include "cli/commands.hpp"
#include "cli/help.hpp"
#include "cli/invocation.hpp"

#include <ostream>

namespace cadenza::cli {

namespace {

status print_completion(invocation& call) {
  const auto script = completion_script(call.tree(), call.argument(0));
  if (script.empty())
    return problem{"No completion for shell '" + call.argument(0) + "'.", "bash, zsh or fish"};
  call.out() << script;
  return {};
}

status print_man_page(invocation& call) {
  call.out() << man_page(call.tree(), call.local().version);
  return {};
}

std::vector<flag> global_flags() {
  return {
      {"address,ad", "host:port of the server (default: 127.0.0.1:7833)", flag_kind::text, "", "CADENCE_CLI_ADDRESS"},
      {"domain,do", "domain to work in", flag_kind::text, "", "CADENCE_CLI_DOMAIN"},
      {"context_timeout,ct", "seconds a call may take (default: 5, lists 120)", flag_kind::number, "",
       "CADENCE_CONTEXT_TIMEOUT"},
      {"output", "how data is shown", flag_kind::text, "table", "", false, {"table", "json"}},
      {"http_address", "host:port of the server's HTTP side, for verify and admin actor, backup and config",
       flag_kind::text, "", "CADENZA_HTTP_ADDRESS"},
      {"jwt", "token for authorisation", flag_kind::text, "", "CADENCE_CLI_JWT"},
      {"jwt-private-key,jwt-pk", "RSA key file to make a token with; --jwt wins", flag_kind::text, "",
       "CADENCE_CLI_JWT_PRIVATE_KEY"},
      {"transport,t", "transport protocol; grpc is the only one", flag_kind::text, "grpc",
       "CADENCE_CLI_TRANSPORT_PROTOCOL"},
      {"tls_cert_path,tcp", "CA certificate; switches TLS on", flag_kind::text, "", "CADENCE_CLI_TLS_CERT_PATH"},
  };
}

} // namespace

command completion_command() {
  command result{"completion", {}, "Print a completion script for a shell", {}, print_completion};
  result.local = true;
  result.arguments = "bash|zsh|fish";
  result.arguments_min = 1;
  result.arguments_max = 1;
  return result;
}

command man_command() {
  command result{"man", {}, "Print the manual page", {}, print_man_page};
  result.local = true;
  return result;
}

command command_tree() {
  command root{"cadenza", {}, "Durable workflow server and its command line"};
  root.flags = global_flags();
  root.commands = {server_command(), domain_commands(), workflow_commands(),  tasklist_commands(), cluster_commands(),
                   admin_commands(), verify_command(),  completion_command(), man_command()};
  return root;
}

} // namespace cadenza::cli
