#pragma once

#include "config/dynamic_keys.hpp"
#include "config/problems.hpp"
#include "config/tree.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cadenza::config {

/// What a lookup is about. Leave out what does not apply; views need to live only during the lookup.
struct filters {
  std::string_view domain{};
  std::string_view task_list{};
  int task_type = -1; ///< 0: decision, 1: activity
  int shard = -1;
  std::string_view domain_id{};
  std::string_view cluster{};
  std::string_view workflow_id{};
  std::string_view workflow_type{};
  std::string_view ratelimit_key{};
  std::string_view entity_namespace{};
};

/// One restriction of a value.
struct constraint {
  filter by;
  std::string text;        ///< of all filters but the two below
  std::int64_t number = 0; ///< of task_type and shard_id
};

/// A value of one key, as given, with what it is restricted to.
struct dynamic_value {
  std::vector<constraint> constraints{};
  std::int64_t integer = 0; ///< of booleans, integers and durations (nanoseconds)
  double number = 0;        ///< of numbers
  tree given{};             ///< as it stands in the file: texts, lists and maps are read from here
};

/// Values of keys by place in the table; a key that is not given has none.
using dynamic_layer = std::vector<std::vector<dynamic_value>>;

/// Reads a document in Cadence's format: { key: [ {value: …, constraints: {domainName: …}} ] }. Unknown keys, wrong
/// types and filters the key does not have become problems; keys that only Cadence uses become warnings.
[[nodiscard]] dynamic_layer read_dynamic(const tree& document, problems& out, std::vector<std::string>& warnings);

/// The default of the key at a place of the table, as a value without restrictions.
[[nodiscard]] dynamic_value default_value(std::size_t index);

/// All dynamic configuration at one moment. Immutable: any number of threads may look up at once without a lock.
class snapshot {
public:
  /// A key that `over` gives hides all values `below` has for it.
  snapshot(const dynamic_layer& below, const dynamic_layer& over, std::uint64_t version);

  /// The first value all of whose restrictions are met, else the unrestricted one, else the default.
  [[nodiscard]] bool get(key<bool> which, const filters& about = {}) const {
    return find(which.index, about).integer != 0;
  }
  [[nodiscard]] std::int64_t get(key<std::int64_t> which, const filters& about = {}) const {
    return find(which.index, about).integer;
  }
  [[nodiscard]] double get(key<double> which, const filters& about = {}) const {
    return find(which.index, about).number;
  }
  [[nodiscard]] std::chrono::nanoseconds get(key<std::chrono::nanoseconds> which, const filters& about = {}) const {
    return std::chrono::nanoseconds(find(which.index, about).integer);
  }
  /// Lives as long as the snapshot.
  [[nodiscard]] std::string_view get(key<std::string_view> which, const filters& about = {}) const {
    return find(which.index, about).given.text;
  }
  /// Lives as long as the snapshot.
  [[nodiscard]] const tree& get(key<tree> which, const filters& about = {}) const {
    return find(which.index, about).given;
  }

  /// Grows with every change.
  [[nodiscard]] std::uint64_t version() const { return version_; }
  /// All values of a key, in the order in which they are tried; empty: only the default. For `admin config`.
  [[nodiscard]] const std::vector<dynamic_value>& values(std::size_t index) const { return slots_[index].restricted; }
  [[nodiscard]] const dynamic_value& unrestricted(std::size_t index) const { return slots_[index].fallback; }

private:
  struct slot {
    dynamic_value fallback;
    std::vector<dynamic_value> restricted;
  };
  [[nodiscard]] const dynamic_value& find(std::size_t index, const filters& about) const {
    const auto& at = slots_[index];
    return at.restricted.empty() ? at.fallback : find_restricted(at, about);
  }
  [[nodiscard]] static const dynamic_value& find_restricted(const slot& at, const filters& about);

  std::vector<slot> slots_;
  std::uint64_t version_;
};

using snapshot_ptr = std::shared_ptr<const snapshot>;

} // namespace cadenza::config
