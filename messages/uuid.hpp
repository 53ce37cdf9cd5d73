#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cadenza {

/// A 16-byte id of a domain, a run, a history tree or a branch. Every value is one, the all-zero value too, which any
/// client can name: an id that may be absent is a `std::optional<uuid>`.
struct uuid {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const uuid&) const = default;

  /// The 36-character text form.
  [[nodiscard]] std::string str() const;

  /// The 16 raw bytes, as stored in records.
  [[nodiscard]] std::string raw() const;

  /// Accepts the 36-character form in either case; nothing for any other text.
  [[nodiscard]] static std::optional<uuid> parse(std::string_view text);

  /// From 16 raw bytes; nothing for any other length.
  [[nodiscard]] static std::optional<uuid> parse_raw(std::string_view raw);

  /// From the 16 raw bytes of a field that is never absent in a record; all zeros, which nothing has, for any other
  /// length.
  [[nodiscard]] static uuid from_raw(std::string_view raw);

  /// A version 4 id from 128 random bits.
  [[nodiscard]] static uuid v4(std::uint64_t high, std::uint64_t low);

  /// A version 7 id: the first 48 bits are the unix time in milliseconds.
  [[nodiscard]] static uuid v7(std::int64_t now_ns, std::uint64_t high, std::uint64_t low);
};

} // namespace cadenza

template <> struct std::hash<cadenza::uuid> {
  std::size_t operator()(const cadenza::uuid& id) const noexcept {
    std::size_t high = 0;
    std::size_t low = 0;
    for (int i = 0; i < 8; ++i) {
      high = high << 8 | id.bytes[static_cast<std::size_t>(i)];
      low = low << 8 | id.bytes[static_cast<std::size_t>(i + 8)];
    }
    return high ^ (low * 0x9E3779B97F4A7C15ULL);
  }
};
