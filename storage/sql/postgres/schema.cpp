#include "storage/sql/postgres/schema.hpp"

#include "storage/schema/migration.hpp"

#include <postgresql/libpq-fe.h>

#include <charconv>

namespace cadenza::storage::sql::postgres {

namespace {

using result_ptr = std::unique_ptr<PGresult, decltype(&PQclear)>;

constexpr const char* set_up_text = R"(
  CREATE TABLE IF NOT EXISTS cadenza_schema (
    version int PRIMARY KEY, works_for int NOT NULL, since_ns bigint NOT NULL, made_by text NOT NULL);
  INSERT INTO cadenza_schema VALUES (0, 0, extract(epoch FROM now()) * 1000000000, )";

std::string trouble_of(const PGresult* result, PGconn* link) {
  std::string out = result == nullptr ? PQerrorMessage(link) : PQresultErrorMessage(result);
  while (!out.empty() && out.back() == '\n')
    out.pop_back();
  return out;
}

/// Carries out statements in one transaction, unless they say otherwise.
outcome<void> carry_out(PGconn* link, const std::string& text) {
  const result_ptr result(PQexec(link, text.c_str()), PQclear);
  const auto how = PQresultStatus(result.get());
  if (how == PGRES_COMMAND_OK || how == PGRES_TUPLES_OK)
    return {};
  const auto trouble = trouble_of(result.get(), link);
  const result_ptr back(PQexec(link, "ROLLBACK"), PQclear);
  return unavailable(trouble);
}

/// A text as it stands in a statement.
std::string literal(PGconn* link, const std::string& text) {
  const std::unique_ptr<char, decltype(&PQfreemem)> quoted(PQescapeLiteral(link, text.data(), text.size()), PQfreemem);
  return quoted ? quoted.get() : "''";
}

std::string name_of(PGconn* link, const std::string& text) {
  const std::unique_ptr<char, decltype(&PQfreemem)> quoted(PQescapeIdentifier(link, text.data(), text.size()),
                                                           PQfreemem);
  return quoted ? quoted.get() : "\"\"";
}

int number_at(const PGresult* result, int column) {
  const std::string_view text = PQgetvalue(result, 0, column);
  int out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

/// The same server, and a database that is always there.
outcome<raw_connection> connect_beside(const endpoint& to) {
  auto beside = to;
  beside.database = "postgres";
  return connect(beside);
}

/// So that two programs do not change a schema at the same time.
constexpr const char* alone =
    "BEGIN; SET LOCAL client_min_messages = warning; SELECT pg_advisory_xact_lock(1128351310, -1);";

} // namespace

int newest_schema() { return schema::postgres_migrations().back().version; }

outcome<schema_state> look_at_schema(pg_conn* link) {
  const result_ptr tables(PQexec(link, "SELECT (to_regclass('cadenza_schema') IS NOT NULL)::int,"
                                       " (to_regclass('schema_version') IS NOT NULL AND"
                                       "  to_regclass('current_executions') IS NOT NULL)::int"),
                          PQclear);
  if (PQresultStatus(tables.get()) != PGRES_TUPLES_OK)
    return unavailable(trouble_of(tables.get(), link));
  schema_state out;
  out.set_up = number_at(tables.get(), 0) != 0;
  out.foreign = !out.set_up && number_at(tables.get(), 1) != 0;
  if (!out.set_up)
    return out;
  const result_ptr newest(PQexec(link, "SELECT version, works_for FROM cadenza_schema ORDER BY version DESC LIMIT 1"),
                          PQclear);
  if (PQresultStatus(newest.get()) != PGRES_TUPLES_OK)
    return unavailable(trouble_of(newest.get(), link));
  if (PQntuples(newest.get()) == 1) {
    out.version = number_at(newest.get(), 0);
    out.works_for = number_at(newest.get(), 1);
  }
  return out;
}

std::optional<std::string> why_not(const schema_state& state, const endpoint& of) {
  const auto known = newest_schema();
  if (state.foreign)
    return of.label() +
           " belongs to a Go Cadence server. Its data is neither read nor written: give Cadenza a database "
           "of its own";
  if (!state.set_up)
    return of.label() + " has not a Cadenza schema. `cadenza schema setup-schema` and `cadenza schema update-schema` "
                        "make it, or the server itself with --migrate";
  if (state.version < known)
    return of.label() + " has version " + std::to_string(state.version) + " of the schema, and this program needs " +
           std::to_string(known) +
           ". `cadenza schema update-schema` brings it up to date, or the server itself with "
           "--migrate";
  if (state.version > known && state.works_for > known)
    return of.label() + " has version " + std::to_string(state.version) +
           " of the schema, made by a newer program, which asks for programs that know version " +
           std::to_string(state.works_for) + "; this one knows " + std::to_string(known) + ". Use the newer program";
  return std::nullopt;
}

outcome<void> set_up_schema(pg_conn* link, const std::string& program) {
  const auto state = look_at_schema(link);
  if (!state)
    return state.error();
  if (state->foreign)
    return bad_request("this database belongs to a Go Cadence server; give Cadenza a database of its own");
  return carry_out(link,
                   alone + std::string(set_up_text) + literal(link, program) + ") ON CONFLICT DO NOTHING; COMMIT");
}

outcome<int> migrate(pg_conn* link, int to, const std::string& program, bool dry, std::vector<std::string>& told) {
  auto state = look_at_schema(link);
  if (!state)
    return state.error();
  if (!state->set_up)
    return bad_request("the table of versions is missing: `cadenza schema setup-schema` makes it");
  for (const auto& step : schema::postgres_migrations()) {
    if (step.version <= state->version || step.version > to)
      continue;
    told.push_back("version " + std::to_string(step.version) + ": " + step.name);
    if (dry)
      continue;
    // Whoever has done it meanwhile has written the row, so this fails as a whole and is looked at again.
    const auto done =
        carry_out(link, alone + ("INSERT INTO cadenza_schema VALUES (" + std::to_string(step.version)) + ", " +
                            std::to_string(step.works_for) + ", extract(epoch FROM now()) * 1000000000, " +
                            literal(link, program) + ");" + step.text + "; COMMIT");
    if (done)
      continue;
    const auto now = look_at_schema(link);
    if (!now || now->version < step.version)
      return done.error();
    told.back() += " (another program was faster)";
  }
  if (dry)
    return state->version;
  state = look_at_schema(link);
  return state ? outcome<int>(state->version) : outcome<int>(state.error());
}

outcome<void> drop_schema(pg_conn* link) {
  return carry_out(link, R"(DO $$ DECLARE one text; BEGIN
    FOR one IN SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables
               WHERE tablename LIKE 'cadenza\_%' AND schemaname = current_schema() LOOP
      EXECUTE 'DROP TABLE ' || one || ' CASCADE';
    END LOOP; END $$)");
}

outcome<void> create_database(const endpoint& to) {
  auto beside = connect_beside(to);
  if (!beside)
    return beside.error();
  const result_ptr there(
      PQexec(beside->get(),
             ("SELECT 1 FROM pg_database WHERE datname = " + literal(beside->get(), to.database)).c_str()),
      PQclear);
  if (PQresultStatus(there.get()) == PGRES_TUPLES_OK && PQntuples(there.get()) == 1)
    return {};
  return carry_out(beside->get(),
                   "CREATE DATABASE " + name_of(beside->get(), to.database) + " ENCODING 'UTF8' TEMPLATE template0");
}

outcome<void> drop_database(const endpoint& to) {
  auto beside = connect_beside(to);
  if (!beside)
    return beside.error();
  return carry_out(beside->get(), "DROP DATABASE IF EXISTS " + name_of(beside->get(), to.database));
}

} // namespace cadenza::storage::sql::postgres
