#pragma once

#include "messages/uuid.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cadenza::storage {

/// A signed 64-bit number as eight bytes that sort like the number.
void put_ordered(std::string& out, std::int64_t value);
[[nodiscard]] std::int64_t get_ordered(const char* bytes);

/// Page token of a history read: the last node that was given.
struct history_token {
  std::int64_t first_event_id = 0;
  std::int64_t txn_id = 0;

  [[nodiscard]] std::string text() const;
  /// Nothing for a token that no store gave.
  [[nodiscard]] static std::optional<history_token> parse(std::string_view text);
};

/// Page token of a read of the audit: the last entry that was given.
struct audit_token {
  std::int64_t at_ns = 0;
  uuid id;

  [[nodiscard]] std::string text() const;
  /// Nothing for a token that no store gave.
  [[nodiscard]] static std::optional<audit_token> parse(std::string_view text);
};

/// The `next` of a scan whose caller goes on from the last row's id by itself: says only that there is more.
[[nodiscard]] std::string more_after(std::int64_t id);

} // namespace cadenza::storage
