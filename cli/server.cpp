#include "cli/commands.hpp"
#include "cli/invocation.hpp"

#include <filesystem>

namespace cadenza::cli {

namespace {

std::optional<problem> set_port(const invocation& call, const char* name, std::optional<std::uint16_t>& target) {
  if (!call.given(name))
    return std::nullopt;
  const auto port = call.number(name);
  if (port < 0 || port > 65535)
    return problem{"Option " + std::string{name} + " format is invalid.", "a port is a number from 0 to 65535"};
  target = static_cast<std::uint16_t>(port);
  return std::nullopt;
}

status start(invocation& call) {
  server_options options;
  // A directory is what the other server's --config means; a file is ours.
  const auto& config = call.text("config");
  options.root = call.text("root");
  if (!config.empty()) {
    if (std::filesystem::is_directory(std::filesystem::path{options.root} / config))
      options.config_dir = config;
    else
      options.config_file = config;
  }
  options.environment = call.text("env");
  options.zone = call.text("zone");
  options.services = call.all("services");
  options.data_dir = call.text("data");
  options.ephemeral = call.on("ephemeral");
  options.check_config = call.on("check-config");
  options.strict = call.on("strict");
  options.print_config = call.on("print-config");
  options.migrate = call.on("migrate");
  if (options.ephemeral && !options.data_dir.empty())
    return problem{"--ephemeral and --data exclude each other.", "an ephemeral server keeps nothing on disk"};
  if (auto failure = set_port(call, "port", options.port))
    return failure;
  if (auto failure = set_port(call, "http-port", options.http_port))
    return failure;
  if (!call.local().server_start)
    return problem{"This program has no server in it.", ""};
  if (call.local().server_start(options, call.out(), call.err()) != 0)
    return problem{"", ""};
  return {};
}

} // namespace

command server_command() {
  command group{"server", {}, "Run the server"};
  group.commands = {
      {"start",
       {},
       "Start the server and run it in the foreground",
       {{"config,c", "configuration file, or a directory of base and environment files", flag_kind::text, "",
         "CADENCE_CONFIG_DIR"},
        {"data", "data directory; the configuration's when left out"},
        {"port", "port for gRPC; 0 for any free one", flag_kind::number},
        {"http-port", "port for health, metrics and operator commands; 0 for any free one", flag_kind::number},
        {"ephemeral", "keep everything in memory; it is lost when the server stops", flag_kind::toggle},
        {"check-config", "check the configuration and stop", flag_kind::toggle},
        {"strict", "refuse options that this version checks but does not act on, instead of warning about them",
         flag_kind::toggle},
        {"print-config", "print the configuration as it will be used, and stop", flag_kind::toggle},
        {"migrate", "create or update the schema of a PostgreSQL database before anything else", flag_kind::toggle},
        {"root,r", "directory that relative configuration directories start from", flag_kind::text, ".",
         "CADENCE_ROOT"},
        {"env,e", "environment: which file joins base.yaml", flag_kind::text, "development", "CADENCE_ENVIRONMENT"},
        {"zone,az", "availability zone: which file joins those", flag_kind::text, "", "CADENCE_AVAILABILTY_ZONE"},
        {"services",
         "what this node of a cluster does: frontend,history,matching,worker; a server that is alone does all",
         flag_kind::list}},
       start}};
  group.commands.front().local = true;
  return group;
}

} // namespace cadenza::cli
