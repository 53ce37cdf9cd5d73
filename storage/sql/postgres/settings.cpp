#include "storage/sql/postgres/settings.hpp"

namespace cadenza::storage::sql::postgres {

namespace {

/// How strict to be where the configuration does not use PostgreSQL's own words.
std::string ssl_mode_of(const config::sql_config& given) {
  if (!given.ssl_mode.empty() || !given.tls.enabled)
    return given.ssl_mode;
  if (given.tls.verify_host)
    return "verify-full";
  return given.tls.authority_files.empty() ? "require" : "verify-ca";
}

} // namespace

outcome<postgres_options> options_of(const config::sql_config& given) {
  postgres_options out;
  for (const auto& one : given.databases) {
    endpoint at;
    CADENZA_TRY(set_address(at, one.address));
    at.database = one.database.empty() ? "cadenza" : one.database;
    at.user = one.user;
    at.password = one.password;
    const auto set = [&at](const char* name, const std::string& value) {
      if (!value.empty())
        at.settings[name] = value;
    };
    set("sslmode", ssl_mode_of(given));
    set("sslrootcert", given.tls.authority_files.empty() ? std::string() : given.tls.authority_files.front());
    set("sslcert", given.tls.certificate_file);
    set("sslkey", given.tls.key_file);
    for (const auto& [name, value] : given.attributes)
      at.settings[name] = value;
    out.databases.push_back(std::move(at));
  }
  if (given.connections_max > 0)
    out.connections_max = given.connections_max;
  out.bounds.connection_life = given.connection_life;
  return out;
}

} // namespace cadenza::storage::sql::postgres
