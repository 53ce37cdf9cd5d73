#include "storage/sql/postgres/open.hpp"

#include "storage/sql/postgres/schema.hpp"

#include <postgresql/libpq-fe.h>

#include <algorithm>
#include <random>

namespace cadenza::storage::sql::postgres {

namespace {

using result_ptr = std::unique_ptr<PGresult, decltype(&PQclear)>;

/// Connections that commit. They work at the same time on different shards, and what waits for one of them is grouped:
/// docs/decisions has what was measured.
constexpr int lanes_max = 4;
constexpr int readers_max = 4;

uuid random_id() {
  static thread_local std::mt19937_64 random{std::random_device{}()};
  return uuid::v4(random(), random());
}

error trouble(const endpoint& of, const PGresult* result) {
  std::string text = PQresultErrorMessage(result);
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  return error{error_kind::unavailable, of.label() + ": " + text};
}

/// Lanes whose program ended without saying so. Those that work are taken anew far more often than that.
constexpr const char* forget_lanes = "DELETE FROM cadenza_lanes WHERE taken_at < now() - interval '30 days'";

/// Says which database of which cluster this is, the first time; ever after it must be the same one.
outcome<void> settle_place(pg_conn* link, const endpoint& at, std::string& cluster, std::size_t place,
                           std::size_t databases) {
  const auto wanted = cluster.empty() ? random_id().str() : cluster;
  const auto claim = "INSERT INTO cadenza_installation (cluster, place, databases) VALUES ('" + wanted + "', " +
                     std::to_string(place) + ", " + std::to_string(databases) + ") ON CONFLICT DO NOTHING";
  const result_ptr claimed(PQexec(link, claim.c_str()), PQclear);
  if (PQresultStatus(claimed.get()) != PGRES_COMMAND_OK)
    return trouble(at, claimed.get());
  const result_ptr found(PQexec(link, "SELECT cluster, place, databases FROM cadenza_installation"), PQclear);
  if (PQresultStatus(found.get()) != PGRES_TUPLES_OK || PQntuples(found.get()) != 1)
    return trouble(at, found.get());
  const std::string stored = PQgetvalue(found.get(), 0, 0);
  const std::string stored_place = PQgetvalue(found.get(), 0, 1);
  const std::string stored_count = PQgetvalue(found.get(), 0, 2);
  if (!cluster.empty() && stored != cluster)
    return bad_request(at.label() + " belongs to another cluster than the first database");
  if (stored_place != std::to_string(place) || stored_count != std::to_string(databases))
    return bad_request(at.label() + " is database " + stored_place + " of " + stored_count +
                       " of its cluster (counted from 0), and the configuration has it as " + std::to_string(place) +
                       " of " + std::to_string(databases) + "; their number and order cannot change");
  cluster = stored;
  return {};
}

outcome<void> check(const postgres_options& options, std::size_t place, std::string& cluster) {
  const auto& at = options.databases[place];
  auto link = connect(at);
  if (!link)
    return link.error();
  auto state = look_at_schema(link->get());
  if (!state)
    return state.error();
  if (options.migrate && !state->foreign && state->version < newest_schema()) {
    std::vector<std::string> told;
    if (auto made = set_up_schema(link->get(), options.program); !made)
      return made.error();
    if (auto done = migrate(link->get(), newest_schema(), options.program, false, told); !done)
      return done.error();
    for (const auto& line : told)
      if (options.log)
        options.log(log::level::info, {field::data(at.label()), field::version(line)},
                    "{data} was brought to {version}");
    state = look_at_schema(link->get());
    if (!state)
      return state.error();
  }
  if (auto why = why_not(*state, at))
    return bad_request(*std::move(why));
  const result_ptr forgotten(PQexec(link->get(), forget_lanes), PQclear);
  return settle_place(link->get(), at, cluster, place, options.databases.size());
}

/// A connection that holds what only one process at a time, or only those that share, can have. Goes with the process,
/// whatever becomes of it.
outcome<std::shared_ptr<void>> hold(const endpoint& at, tenancy how) {
  auto link = connect(at);
  if (!link)
    return link.error();
  const bool shared = how == tenancy::shared;
  const result_ptr held(PQexec(link->get(), shared ? "SELECT pg_try_advisory_lock_shared(1128351310, -2)"
                                                   : "SELECT pg_try_advisory_lock(1128351310, -2)"),
                        PQclear);
  if (PQresultStatus(held.get()) != PGRES_TUPLES_OK)
    return trouble(at, held.get());
  if (*PQgetvalue(held.get(), 0, 0) != 't')
    return error{error_kind::unavailable,
                 at.label() + " is in use by another Cadenza process" +
                     (shared ? " that is no node of a cluster: it has no node.address"
                             : "; servers share a database when each is a node of a cluster and has a node.address")};
  return std::shared_ptr<void>(link->release(), [](void* kept) { PQfinish(static_cast<pg_conn*>(kept)); });
}

} // namespace

outcome<std::unique_ptr<store>> open_postgres(postgres_options options) {
  if (options.databases.empty())
    return bad_request("a store on PostgreSQL needs a database");
  std::string cluster;
  for (std::size_t place = 0; place < options.databases.size(); ++place)
    if (auto fine = check(options, place, cluster); !fine)
      return fine.error();
  store_parts parts;
  if (options.sharing != tenancy::open) {
    auto held = hold(options.databases.front(), options.sharing);
    if (!held)
      return held.error();
    parts.held = *std::move(held);
  }
  for (const auto& at : options.databases) {
    database_parts one;
    one.connect = connector_to(at, options.probes);
    one.label = at.label();
    const int most = std::max(options.connections_max, 2);
    one.lanes = std::clamp(most / 2, 1, lanes_max);
    one.readers = std::clamp(most - one.lanes, 1, readers_max);
    parts.databases.push_back(std::move(one));
  }
  parts.bounds = options.bounds;
  parts.probes = std::move(options.probes);
  parts.log = std::move(options.log);
  parts.make_id = random_id;
  return std::unique_ptr<store>(std::make_unique<sql_store>(std::move(parts)));
}

} // namespace cadenza::storage::sql::postgres
