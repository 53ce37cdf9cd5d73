#include "actors/nodes/cluster_view.hpp"

#include "messages/invariant.hpp"

#include <algorithm>

namespace cadenza::actors {
namespace {

/// FNV-1a: every version of this program must come to the same number.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t out = 0xCBF29CE484222325ULL;
  for (const char c : text)
    out = (out ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return out;
}

/// Spreads the bits (the last steps of MurmurHash3's 64-bit variant).
std::uint64_t spread(std::uint64_t value) {
  value = (value ^ (value >> 33)) * 0xFF51AFD7ED558CCDULL;
  value = (value ^ (value >> 33)) * 0xC4CEB9FE1A85EC53ULL;
  return value ^ (value >> 33);
}

std::uint64_t score(std::uint64_t seed, std::uint64_t key) { return spread(seed ^ spread(key)); }

} // namespace

cluster_view::cluster_view(std::uint64_t epoch, std::string self, std::vector<node_card> members, int shard_count)
  : epoch_(epoch), self_(std::move(self)), members_(std::move(members)) {
  CADENZA_ASSERT(shard_count > 0, "a cluster has a shard at least");
  std::sort(members_.begin(), members_.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  for (std::size_t i = 0; i < members_.size(); ++i) {
    CADENZA_ASSERT(i == 0 || members_[i - 1].name != members_[i].name,
                   "the members of a cluster have names of their own; node " + members_[i].name);
    const auto& one = members_[i];
    seeds_.push_back(spread(hash_of(one.name)));
    fingerprint_ = spread(fingerprint_ ^ seeds_.back()) ^
                   spread(static_cast<std::uint64_t>(one.incarnation) * 32 + one.roles * 2 + (one.draining ? 1 : 0)) ^
                   hash_of(one.link_address);
  }
  shards_.assign(static_cast<std::size_t>(shard_count), -1);
  matching_ = eligible(node_role::matching);
  place_shards();
}

const node_card* cluster_view::find(std::string_view name) const {
  const auto i = std::lower_bound(members_.begin(), members_.end(), name,
                                  [](const node_card& one, std::string_view wanted) { return one.name < wanted; });
  return i != members_.end() && i->name == name ? &*i : nullptr;
}

std::vector<int> cluster_view::eligible(node_role role) const {
  std::vector<int> staying;
  std::vector<int> draining;
  for (std::size_t i = 0; i < members_.size(); ++i)
    if (members_[i].has(role))
      (members_[i].draining ? draining : staying).push_back(static_cast<int>(i));
  return staying.empty() ? draining : staying;
}

void cluster_view::place_shards() {
  const auto nodes = eligible(node_role::history);
  if (nodes.empty())
    return;
  const auto share = (shards_.size() + nodes.size() - 1) / nodes.size();
  std::vector<std::size_t> held(members_.size(), 0);
  for (std::size_t shard = 0; shard < shards_.size(); ++shard) {
    int best = -1;
    std::uint64_t highest = 0;
    for (const int node : nodes) {
      const auto index = static_cast<std::size_t>(node);
      const auto scored = score(seeds_[index], shard);
      if (held[index] < share && (best < 0 || scored > highest)) {
        best = node;
        highest = scored;
      }
    }
    CADENZA_ASSERT(best >= 0, "the shares of all nodes together have room for every shard");
    shards_[shard] = best;
    ++held[static_cast<std::size_t>(best)];
  }
}

const node_card* cluster_view::owner_of_shard(int shard) const {
  CADENZA_ASSERT(shard >= 0 && shard < shard_count(),
                 "a shard is one of those that the cluster has; shard " + std::to_string(shard));
  const int node = shards_[static_cast<std::size_t>(shard)];
  return node < 0 ? nullptr : &members_[static_cast<std::size_t>(node)];
}

const node_card* cluster_view::best_of(const std::vector<int>& nodes, std::string_view key) const {
  const auto hashed = hash_of(key);
  const auto best = std::max_element(nodes.begin(), nodes.end(), [&](int a, int b) {
    return score(seeds_[static_cast<std::size_t>(a)], hashed) < score(seeds_[static_cast<std::size_t>(b)], hashed);
  });
  return best == nodes.end() ? nullptr : &members_[static_cast<std::size_t>(*best)];
}

const node_card* cluster_view::owner_of_list(std::string_view key) const { return best_of(matching_, key); }

const node_card* cluster_view::owner_of_duty(node_role role, std::string_view duty) const {
  return best_of(eligible(role), duty);
}

bool cluster_view::shard_is_here(int shard) const {
  const auto* owner = owner_of_shard(shard);
  return owner != nullptr && owner->name == self_;
}

std::map<std::string, int> cluster_view::shares() const {
  std::map<std::string, int> out;
  for (const auto& member : members_)
    out[member.name] = 0;
  for (const int index : shards_)
    if (index >= 0)
      ++out[members_[static_cast<std::size_t>(index)].name];
  return out;
}

} // namespace cadenza::actors
