#include "storage/sql/postgres/endpoint.hpp"

#include <postgresql/libpq-fe.h>

#include <algorithm>
#include <charconv>

namespace cadenza::storage::sql::postgres {

namespace {

bool is_port(std::string_view text) {
  int port = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  return failed == std::errc() && end == text.data() + text.size() && port > 0 && port < 65536;
}

/// Splits one address; false when its port is none.
bool split(std::string_view address, std::string& host, std::string& port) {
  port = "5432";
  const auto bracket = address.find(']');
  const auto colon = address.rfind(':');
  if (address.starts_with('[') && bracket != std::string_view::npos) {
    host = address.substr(1, bracket - 1);
    if (bracket + 1 == address.size())
      return true;
    port = address.substr(std::min(bracket + 2, address.size()));
    return address[bracket + 1] == ':' && is_port(port);
  }
  if (colon == std::string_view::npos || std::count(address.begin(), address.end(), ':') > 1) {
    host = address; // no port, or an IPv6 address without brackets
    return !host.empty();
  }
  host = address.substr(0, colon);
  port = address.substr(colon + 1);
  return !host.empty() && is_port(port);
}

std::string first_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

} // namespace

std::string endpoint::label() const { return "database " + database + " on " + host + ":" + port; }

outcome<void> set_address(endpoint& to, const std::string& address) {
  std::string hosts;
  std::string ports;
  std::string_view rest = address;
  for (;;) {
    const auto comma = rest.find(',');
    std::string host;
    std::string port;
    if (!split(rest.substr(0, comma), host, port))
      return bad_request("'" + address + "' is no address of a database: host:port, several with commas between");
    hosts += (hosts.empty() ? "" : ",") + host;
    ports += (ports.empty() ? "" : ",") + port;
    if (comma == std::string_view::npos)
      break;
    rest.remove_prefix(comma + 1);
  }
  to.host = std::move(hosts);
  to.port = std::move(ports);
  return {};
}

void free_connection::operator()(pg_conn* link) const { PQfinish(link); }

outcome<raw_connection> connect(const endpoint& to) {
  const auto timeout = std::to_string(to.connect_timeout.count());
  std::vector<const char*> names;
  std::vector<const char*> values;
  const auto set = [&](const char* name, const std::string& value) {
    names.push_back(name);
    values.push_back(value.c_str());
  };
  set("host", to.host);
  set("port", to.port);
  set("dbname", to.database);
  if (!to.user.empty())
    set("user", to.user);
  if (!to.password.empty())
    set("password", to.password);
  // Whoever is stuck is noticed: a peer that is gone, and data that nobody takes.
  static const std::string defaults[][2]{{"application_name", "cadenza"}, {"target_session_attrs", "read-write"},
                                         {"keepalives_idle", "5"},        {"keepalives_interval", "2"},
                                         {"keepalives_count", "3"},       {"tcp_user_timeout", "15000"}};
  for (const auto& [name, value] : defaults)
    if (!to.settings.contains(name))
      set(name.c_str(), value);
  set("connect_timeout", timeout);
  for (const auto& [name, value] : to.settings)
    set(name.c_str(), value);
  names.push_back(nullptr);
  values.push_back(nullptr);
  raw_connection made(PQconnectdbParams(names.data(), values.data(), 0));
  if (!made)
    return unavailable(to.label() + ": no memory for a connection");
  if (PQstatus(made.get()) != CONNECTION_OK)
    return unavailable(to.label() + ": " + first_line(PQerrorMessage(made.get())));
  return made;
}

} // namespace cadenza::storage::sql::postgres
