#include "server/schema_commands.hpp"

#include "config/load.hpp"
#include "server/serve_lists.hpp"
#include "storage/sql/postgres/open.hpp"
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

outcome<config::sql_config> place_of(const cli::schema_options& options) {
  auto where = options.config_file.empty() ? spelled_out(options) : configured(options.config_file);
  if (!where)
    return where.error();
  if (where->plugin != "postgres")
    return error{error_kind::unimplemented,
                 "this program has no databases of the kind " + where->plugin + "; it has postgres"};
  return where;
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

/// Runs that were there before the lists get into them, once all databases have the tables.
outcome<void> fill_lists(const config::sql_config& where, std::ostream& out) {
  auto lists = open_lists(where, {});
  if (!lists)
    return lists.error();
  const auto complete = (*lists)->complete();
  if (!complete)
    return complete.error();
  if (*complete)
    return {};
  auto options = pg::options_of(where);
  if (!options)
    return options.error();
  options->program = program;
  options->sharing = pg::tenancy::alone;
  auto store = pg::open_postgres(*std::move(options));
  if (!store)
    return error{store.error().kind, "the lists are not filled in yet: " + store.error().message};
  const auto cluster = read_cluster_facts(**store);
  if (!cluster)
    return cluster.error();
  if (!*cluster)
    return error{error_kind::internal_data_inconsistency, "there are runs, and the cluster's own row is missing"};
  actors::rebuild_source runs;
  runs.store = store->get();
  runs.shard_count = (*cluster)->shard_count;
  runs.log = [&out](log::level, log::fields values, log::sentence says) { out << log::text_of(values, says) << '\n'; };
  const auto done = complete_lists(**lists, runs);
  (*store)->close();
  return done;
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

outcome<void> carry_out_all(const cli::schema_options& options, std::ostream& out) {
  const auto where = place_of(options);
  if (!where)
    return where.error();
  const auto all = pg::options_of(*where);
  if (!all)
    return all.error();
  for (const auto& at : all->databases)
    CADENZA_TRY(carry_out(options, at, out));
  if (options.action != what::update || options.dry)
    return {};
  const auto target = target_of(options.target);
  if (!target || *target != pg::newest_schema())
    return {};
  return fill_lists(*where, out);
}

} // namespace

int schema_command(const cli::schema_options& options, std::ostream& out, std::ostream& err) {
  if (const auto done = carry_out_all(options, out); !done) {
    err << "Error: " << done.error().message << '\n';
    return 1;
  }
  return 0;
}

} // namespace cadenza
