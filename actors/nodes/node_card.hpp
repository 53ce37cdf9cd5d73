#pragma once

#include "storage/cluster_store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cadenza::actors {

/// What a node does. A node may have several roles; the numbers are stored.
enum class node_role : unsigned {
  frontend = 1, ///< takes requests of clients
  history = 2,  ///< holds history shards
  matching = 4, ///< holds task lists
  worker = 8,   ///< works for the system's own workflows
};
inline constexpr unsigned all_roles = 15;

/// The protocols between nodes that this program speaks. A new one is spoken once both sides know it; one is given up a
/// release after it has a successor.
inline constexpr int node_protocol_oldest = 1;
inline constexpr int node_protocol_newest = 1;
/// The formats of stored records that this program reads, and the one that it writes.
inline constexpr int record_formats_oldest = 1;
inline constexpr int record_formats_newest = 1;

/// What a node says of itself: the value of its lease (record.v1.NodeCard).
struct node_card {
  std::string name; ///< unique in the cluster; kept over restarts
  /// Of the process: greater than that of every earlier one of this name.
  std::int64_t incarnation = 0;
  std::string link_address; ///< host:port for other nodes
  std::string grpc_address; ///< host:port for clients
  std::string http_address;
  unsigned roles = all_roles; ///< bits of `node_role`
  bool draining = false;      ///< gives away what it has, takes nothing
  std::string build;          ///< version of the program, for people
  int protocol_oldest = node_protocol_oldest;
  int protocol_newest = node_protocol_newest;
  int records_oldest = record_formats_oldest;
  int records_newest = record_formats_newest;
  std::int64_t lease_ns = 0; ///< others wait this long for a sign of life
  std::int64_t started_ns = 0;

  [[nodiscard]] bool has(node_role role) const { return (roles & static_cast<unsigned>(role)) != 0; }
  bool operator==(const node_card&) const = default;
};

[[nodiscard]] std::string encode(const node_card& card);
/// Nothing when the bytes are no card.
[[nodiscard]] std::optional<node_card> decode_card(const std::string& name, const std::string& bytes);

/// Roles from words as Cadence's services are named: "frontend,history,matching,worker"; "all". Nothing for other words
/// and for none.
[[nodiscard]] std::optional<unsigned> roles_of(std::string_view text);
/// The words, separated by commas, in the order of the numbers.
[[nodiscard]] std::string text_of_roles(unsigned roles);

} // namespace cadenza::actors
