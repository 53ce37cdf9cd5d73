#include "storage/task_list_store.hpp"

#include "messages/shard_hash.hpp"

namespace cadenza::storage {

std::uint32_t ring_position(const task_list_key& key) {
  // Stored by plug-ins that keep an index of it: it never changes.
  auto text = key.domain_id.raw();
  text.push_back(static_cast<char>(key.type));
  text += key.name;
  return farm_fingerprint32(text);
}

} // namespace cadenza::storage
