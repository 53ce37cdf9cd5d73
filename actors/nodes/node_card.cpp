#include "actors/nodes/node_card.hpp"

#include "messages/invariant.hpp"

#include "cadenza/record/v1/node.pb.h"

#include <array>
#include <utility>

namespace cadenza::actors {
namespace {

constexpr std::uint32_t card_format = 1;

constexpr std::array<std::pair<std::string_view, node_role>, 4> role_names{{{"frontend", node_role::frontend},
                                                                            {"history", node_role::history},
                                                                            {"matching", node_role::matching},
                                                                            {"worker", node_role::worker}}};

unsigned role_named(std::string_view word) {
  if (word == "all")
    return all_roles;
  for (const auto& [name, role] : role_names)
    if (name == word)
      return static_cast<unsigned>(role);
  return 0;
}

} // namespace

std::string encode(const node_card& card) {
  CADENZA_ASSERT(!card.name.empty() && card.lease_ns > 0,
                 "a node that tells of itself has a name, and says how long others wait for it");
  record::v1::NodeCard out;
  out.set_format(card_format);
  out.set_incarnation(card.incarnation);
  out.set_link_address(card.link_address);
  out.set_grpc_address(card.grpc_address);
  out.set_http_address(card.http_address);
  out.set_roles(card.roles);
  out.set_draining(card.draining);
  out.set_build(card.build);
  out.set_protocol_oldest(card.protocol_oldest);
  out.set_protocol_newest(card.protocol_newest);
  out.set_records_oldest(card.records_oldest);
  out.set_records_newest(card.records_newest);
  out.set_lease_ns(card.lease_ns);
  out.set_started_ns(card.started_ns);
  return out.SerializeAsString();
}

std::optional<node_card> decode_card(const std::string& name, const std::string& bytes) {
  record::v1::NodeCard from;
  if (!from.ParseFromString(bytes) || from.format() == 0 || from.lease_ns() <= 0)
    return std::nullopt;
  node_card out;
  out.name = name;
  out.incarnation = from.incarnation();
  out.link_address = from.link_address();
  out.grpc_address = from.grpc_address();
  out.http_address = from.http_address();
  out.roles = from.roles() & all_roles;
  out.draining = from.draining();
  out.build = from.build();
  out.protocol_oldest = from.protocol_oldest();
  out.protocol_newest = from.protocol_newest();
  out.records_oldest = from.records_oldest();
  out.records_newest = from.records_newest();
  out.lease_ns = from.lease_ns();
  out.started_ns = from.started_ns();
  return out;
}

std::optional<unsigned> roles_of(std::string_view text) {
  unsigned out = 0;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto role = role_named(text.substr(0, comma));
    if (role == 0)
      return std::nullopt;
    out |= role;
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  if (out == 0)
    return std::nullopt;
  return out;
}

std::string text_of_roles(unsigned roles) {
  std::string out;
  for (const auto& [name, role] : role_names)
    if ((roles & static_cast<unsigned>(role)) != 0)
      out.append(out.empty() ? "" : ",").append(name);
  return out;
}

} // namespace cadenza::actors
