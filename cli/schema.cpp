#include "cli/commands.hpp"
#include "cli/invocation.hpp"

/// `schema`: the databases of a store that is on one, without a server. Names and flags are those of the reference
/// system's tool for SQL databases, so that its scripts go on working.
namespace cadenza::cli {

namespace {

using what = schema_options::what;

std::vector<flag> place_flags() {
  return {{"config,c", "configuration file with the default store; without the flags below"},
          {"endpoint,ep", "host of the database, or host:port", flag_kind::text, "127.0.0.1", "SQL_HOST"},
          {"port,p", "its port", flag_kind::number, "", "SQL_PORT"},
          {"user,u", "name to log in with", flag_kind::text, "", "SQL_USER"},
          {"password,pw", "password to log in with", flag_kind::text, "", "SQL_PASSWORD"},
          {"database,db", "name of the database", flag_kind::text, "cadenza", "SQL_DATABASE"},
          {"plugin,pl", "kind of database", flag_kind::text, "postgres", "SQL_PLUGIN"},
          {"connect-attributes,ca", "further settings of the connection, name=value", flag_kind::list, "",
           "SQL_CONNECT_ATTRIBUTES"},
          {"quiet,q", "end with 0 even after an error", flag_kind::toggle},
          {"tls", "speak TLS to the database", flag_kind::toggle, "", "SQL_TLS"},
          {"tls-cert-file", "own certificate", flag_kind::text, "", "SQL_TLS_CERT_FILE"},
          {"tls-key-file", "key of the certificate", flag_kind::text, "", "SQL_TLS_KEY_FILE"},
          {"tls-ca-file", "authority that the database's certificate must come from", flag_kind::text, "",
           "SQL_TLS_CA_FILE"},
          {"tls-enable-host-verification", "check the name in the database's certificate", flag_kind::toggle, "",
           "SQL_TLS_ENABLE_HOST_VERIFICATION"}};
}

status run(invocation& call, what action) {
  if (!call.local().schema)
    return problem{"This program cannot work on databases.", ""};
  schema_options options;
  options.action = action;
  options.config_file = call.text("config");
  options.plugin = call.text("plugin");
  options.endpoint = call.text("endpoint");
  options.port = static_cast<int>(call.number("port"));
  options.user = call.text("user");
  options.password = call.text("password");
  options.database = call.text("database");
  options.attributes = call.all("connect-attributes");
  options.tls = call.on("tls");
  options.tls_cert_file = call.text("tls-cert-file");
  options.tls_key_file = call.text("tls-key-file");
  options.tls_ca_file = call.text("tls-ca-file");
  options.tls_verify_host = call.on("tls-enable-host-verification");
  if (action == what::update) {
    options.target = call.text("version");
    options.dry = call.on("dryrun");
  }
  options.sure = action == what::drop && call.on("yes");
  const auto code = call.local().schema(options, call.out(), call.err());
  return code == 0 || call.on("quiet") ? status{} : status{problem{"", ""}};
}

command one(std::string name, std::vector<std::string> aliases, std::string summary, std::vector<flag> flags,
            what action) {
  command out{std::move(name), std::move(aliases), std::move(summary), place_flags() + flags,
              [action](invocation& call) { return run(call, action); }};
  out.local = true;
  return out;
}

} // namespace

command schema_command() {
  command group{"schema", {}, "Create, update and show the schema of a database"};
  group.commands = {
      one("create", {"create-database"}, "Create the database", {}, what::create),
      one("setup-schema", {"setup"}, "Prepare an empty database",
          {{"version,v", "accepted: a schema begins at 0"},
           {"schema-file,f", "accepted: the schema is in the program"},
           {"disable-versioning,d", "accepted: a schema always has a version", flag_kind::toggle},
           {"overwrite,o", "accepted: what is there stays", flag_kind::toggle}},
          what::set_up),
      one("update-schema", {"update"}, "Update the schema",
          {{"version,v", "version to go to; the newest when left out"},
           {"schema-dir,d", "accepted: the steps are in the program"},
           {"dryrun", "say what would be done", flag_kind::toggle}},
          what::update),
      one("version", {}, "Show the schema version of a database", {}, what::version),
      one("drop", {"drop-database"}, "Delete the database with everything in it",
          {{"yes", "do not ask for confirmation", flag_kind::toggle}}, what::drop),
  };
  return group;
}

} // namespace cadenza::cli
