#include "config/typed_node.hpp"

#include "config/host_port.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace cadenza::config {

namespace {

bool is_role(std::string_view word) { return std::ranges::find(role_names, word) != role_names.end(); }

std::string all_roles() { return fmt::format("{}", fmt::join(role_names, ", ")); }

/// The roles that the services of the file stand for. Whoever names but the frontend says where it listens.
std::vector<std::string> roles_of_services(const reader& services, problems& out) {
  std::vector<std::string> named{"frontend"};
  for (const auto& [name, section] : services.named()) {
    if (!is_role(name))
      out.add(fmt::format("{}: a node has no such role; there are {}", section.where(), all_roles()));
    named.push_back(name);
  }
  if (named.size() > 1)
    return named;
  return {role_names.begin(), role_names.end()};
}

void check_ports(const reader& all, const node_config& node, const frontend_config& frontend, problems& out) {
  if (frontend.grpc_port == 0)
    out.add(fmt::format("{}: a node tells others where it listens: 0 cannot be",
                        all.where("services.frontend.rpc.grpcPort")));
  if (frontend.http_port == 0)
    out.add(fmt::format("{}: a node tells others where it listens: 0 cannot be",
                        all.where("services.frontend.rpc.http.port")));
  for (const auto& [taken, whose] : {std::pair(frontend.grpc_port, "gRPC"), {frontend.http_port, "HTTP"}})
    if (node.listen_port == taken)
      out.add(fmt::format("{}: {} listens at port {} already", all.where("node.address"), whose, taken));
}

void check_times(const reader& from, const node_config& node, problems& out) {
  if (3 * node.beat > node.lease)
    out.add(fmt::format("{}: expected a third of node.lease ({}) at most, found {}", from.where("beat"),
                        format_duration(node.lease), format_duration(node.beat)));
}

void check_store(const reader& all, const datastore_config& store, problems& out) {
  if (store.kind == datastore_kind::sql && store.sql.plugin == "postgres")
    return;
  const std::string kind(store.kind == datastore_kind::sql ? store.sql.plugin : name_of(store.kind));
  out.add(fmt::format("{}: several nodes share one store, and {} ({}) belongs to one process; a cluster needs a "
                      "persistence.defaultStore on PostgreSQL",
                      all.where("node.address"), store.name, kind));
}

} // namespace

outcome<std::vector<std::string>> roles_of(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (const auto& some : words) {
    std::string word;
    for (const char c : some + ',') {
      if (c != ',') {
        word += c;
        continue;
      }
      if (!is_role(word))
        return bad_request(fmt::format("--services: there is no service \"{}\"; there are {}", word, all_roles()));
      if (std::ranges::find(out, word) == out.end())
        out.push_back(std::exchange(word, {}));
      word.clear();
    }
  }
  if (out.empty())
    return std::vector<std::string>(role_names.begin(), role_names.end());
  return out;
}

node_config node_of(const reader& all, const server_config& so_far, problems& out) {
  const auto from = all.at("node");
  node_config node;
  node.address = from.text("address");
  node.name = from.text("name");
  node.client_address = from.text("clientAddress");
  node.lease = from.duration("lease");
  node.beat = from.duration("beat");
  node.certificate_file = from.text("tls.certFile");
  node.key_file = from.text("tls.keyFile");
  node.authority_file = from.text("tls.caFile");
  const auto listen = from.text("bindAddress");
  if (node.alone()) {
    for (const auto& [option, value] : {std::pair("name", node.name),
                                        {"bindAddress", listen},
                                        {"clientAddress", node.client_address},
                                        {"tls.certFile", node.certificate_file}})
      if (!value.empty())
        out.add(fmt::format("{}: needs node.address, which makes the server one node of several", from.where(option)));
    return node;
  }
  const auto reached = parts_of(node.address);
  const auto bound = parts_of(listen.empty() ? node.address : listen);
  if (reached.host.empty())
    out.add(fmt::format("{}: other nodes need a host, too", from.where("address")));
  node.listen_host = bound.host.empty() ? "0.0.0.0" : without_brackets(bound.host);
  node.listen_port = bound.port;
  if (node.name.empty())
    node.name = node.address;
  if (node.client_address.empty())
    node.client_address = fmt::format("{}:{}", reached.host, so_far.frontend.grpc_port);
  node.http_address = fmt::format("{}:{}", parts_of(node.client_address).host, so_far.frontend.http_port);
  node.roles = roles_of_services(all.at("services"), out);
  const int files = static_cast<int>(!node.certificate_file.empty()) + static_cast<int>(!node.key_file.empty()) +
                    static_cast<int>(!node.authority_file.empty());
  if (files != 0 && files != 3)
    out.add(fmt::format("{}: certFile, keyFile and caFile belong together", from.where("tls")));
  check_times(from, node, out);
  check_ports(all, node, so_far.frontend, out);
  check_store(all, so_far.persistence.main, out);
  return node;
}

} // namespace cadenza::config
