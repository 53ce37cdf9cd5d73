#pragma once

#include "messages/invariant.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace cadenza::storage::rocks {

/// A bounded map from stored keys to what is known of their rows. Entries stay where they are until `trim`, so pointers
/// to them are good for the length of a group; what was not looked at for a generation goes first. For one thread.
template <class Value> class generation_cache {
public:
  using entry = std::pair<const std::string, Value>;

  explicit generation_cache(std::size_t entries_max) : generation_max_(entries_max / 2 + 1) {}

  /// Null when nothing is known.
  [[nodiscard]] entry* find(std::string_view key) {
    if (const auto it = young_.find(key); it != young_.end())
      return &*it;
    const auto it = old_.find(key);
    if (it == old_.end())
      return nullptr;
    const auto moved = young_.insert(old_.extract(it));
    CADENZA_ASSERT(moved.inserted, "a row is known once");
    return &*moved.position;
  }

  /// Only for a key that `find` did not find.
  entry& add(std::string_view key, Value value) {
    const auto [place, fresh] = young_.emplace(std::string(key), std::move(value));
    CADENZA_ASSERT(fresh, "what is known of a row is not put aside for something older");
    return *place;
  }

  /// Lets the older half go when the younger is full.
  void trim() {
    if (young_.size() < generation_max_)
      return;
    old_ = std::move(young_);
    young_ = {};
  }

  void clear() {
    young_ = {};
    old_ = {};
  }

private:
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  using map = std::unordered_map<std::string, Value, hash, std::equal_to<>>;

  std::size_t generation_max_;
  map young_;
  map old_;
};

} // namespace cadenza::storage::rocks
