#include "server/schema_commands.hpp"

#include "config/load.hpp"
#include "storage/sql/postgres/schema.hpp"
#include "storage/sql/postgres/settings.hpp"

#include <algorithm>
#include <charconv>
#include <ostream>

namespace cadenza {
namespace {

namespace pg = storage::sql::postgres;
using what = cli::schema_options::what;

constexpr const char* program = "cadenza " CADENZA_VERSION;

/// Where a configuration's store is.
outcome<config::sql_config> configured(const std::string& file) {
  config::source from;
  from.files.push_back(file);
  const auto loaded = config::load(from);
  if (!loaded)
    return loaded.error();
  const auto& main = loaded->values.persistence.main;
  if (main.kind != config::datastore_kind::sql)
    return bad_request("persistence.defaultStore of " + file + " is no database: it has no schema to manage");
  return main.sql;
}

/// Where the command line says that the database is.
outcome<config::sql_config> spelled_out(const cli::schema_options& options) {
  config::sql_config out;
  out.plugin = options.plugin;
  auto address = options.endpoint;
  if (options.port != 0)
    address += ":" + std::to_string(options.port);
  out.databases.push_back({options.database, address, options.user, options.password});
  for (const auto& one : options.attributes) {
    const auto equals = one.find('=');
    if (equals == std::string::npos)
      return bad_request("'" + one + "' is no attribute of a connection: name=value");
    out.attributes[one.substr(0, equals)] = one.substr(equals + 1);
  }
  out.tls.enabled = options.tls;
  out.tls.certificate_file = options.tls_cert_file;
  out.tls.key_file = options.tls_key_file;
  if (!options.tls_ca_file.empty())
    out.tls.authority_files.push_back(options.tls_ca_file);
  out.tls.verify_host = options.tls_verify_host;
  return out;
}

outcome<std::vector<pg::endpoint>> databases_of(const cli::schema_options& options) {
  const auto where = options.config_file.empty() ? spelled_out(options) : configured(options.config_file);
  if (!where)
    return where.error();
  if (where->plugin != "postgres")
    return error{error_kind::unimplemented,
                 "this program has no databases of the kind " + where->plugin + "; it has postgres"};
  auto all = pg::options_of(*where);
  if (!all)
    return all.error();
  return std::move(all->databases);
}

/// "0.3", "v3" and "3" are version 3 of a schema.
outcome<int> target_of(const std::string& text) {
  if (text.empty())
    return pg::newest_schema();
  std::string_view digits = text;
  if (const auto dot = digits.rfind('.'); dot != std::string_view::npos)
    digits.remove_prefix(dot + 1);
  if (digits.starts_with('v'))
    digits.remove_prefix(1);
  int version = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (failed != std::errc() || end != digits.data() + digits.size() || version < 0 || version > pg::newest_schema())
    return bad_request("'" + text + "' is no version of the schema; this program knows those up to " +
                       std::to_string(pg::newest_schema()));
  return version;
}

outcome<void> tell_version(const pg::endpoint& at, pg_conn* link, std::ostream& out) {
  const auto state = pg::look_at_schema(link);
  if (!state)
    return state.error();
  out << at.label() << ": ";
  if (state->foreign)
    out << "belongs to a Go Cadence server\n";
  else if (!state->set_up)
    out << "not a Cadenza schema\n";
  else
    out << "version " << state->version << " of the schema (this program makes " << pg::newest_schema() << ")\n";
  return {};
}

outcome<void> update(const cli::schema_options& options, const pg::endpoint& at, pg_conn* link, std::ostream& out) {
  const auto target = target_of(options.target);
  if (!target)
    return target.error();
  std::vector<std::string> told;
  const auto now = pg::migrate(link, *target, program, options.dry, told);
  for (const auto& line : told)
    out << at.label() << ": " << (options.dry ? "would be upgraded to " : "brought to ") << line << '\n';
  if (!now)
    return now.error();
  if (told.empty())
    out << at.label() << ": is at version " << *now << '\n';
  return {};
}

outcome<void> carry_out(const cli::schema_options& options, const pg::endpoint& at, std::ostream& out) {
  if (options.action == what::create) {
    CADENZA_TRY(pg::create_database(at));
    out << at.label() << ": is there\n";
    return {};
  }
  if (options.action == what::drop) {
    if (!options.sure)
      return bad_request("this deletes everything in " + at.label() + "; confirm with --yes");
    CADENZA_TRY(pg::drop_database(at));
    out << at.label() << ": is gone\n";
    return {};
  }
  auto link = pg::connect(at);
  if (!link)
    return link.error();
  if (options.action == what::version)
    return tell_version(at, link->get(), out);
  if (options.action == what::update)
    return update(options, at, link->get(), out);
  CADENZA_TRY(pg::set_up_schema(link->get(), program));
  out << at.label() << ": is set up; update-schema creates the tables\n";
  return {};
}

} // namespace

int schema_command(const cli::schema_options& options, std::ostream& out, std::ostream& err) {
  const auto databases = databases_of(options);
  if (!databases) {
    err << "Error: " << databases.error().message << '\n';
    return 1;
  }
  for (const auto& at : *databases)
    if (const auto done = carry_out(options, at, out); !done) {
      err << "Error: " << done.error().message << '\n';
      return 1;
    }
  return 0;
}

} // namespace cadenza
