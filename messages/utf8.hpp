#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Text as it is allowed on the wire and in JSON. Everything here looks at bytes alone: no locale, no state.
namespace cadenza::utf8 {

/// Bytes of a client's text that an error or a log line may show: what names are limited to by default.
inline constexpr std::size_t excerpt_bytes_max = 1000;

/// Whether `text` is UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF.
[[nodiscard]] bool valid(std::string_view text);

/// `text` with each run of bytes that is no UTF-8 replaced by U+FFFD.
[[nodiscard]] std::string readable(std::string_view text);

/// The same in place; text that is valid is only looked at.
void make_readable(std::string& text);

/// Appends a letter; U+FFFD for a number that is none.
void append(std::string& to, std::uint32_t letter);

/// Whether `byte` goes on with a letter that began before it.
[[nodiscard]] constexpr bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// The longest beginning of `text` of at most `bytes_max` bytes that does not end within a letter.
[[nodiscard]] std::string_view head(std::string_view text, std::size_t bytes_max);

/// The longest end of `text` of at most `bytes_max` bytes that does not begin within a letter.
[[nodiscard]] std::string_view tail(std::string_view text, std::size_t bytes_max);

/// `text` when it has at most `bytes_max` bytes, else its head and "…".
[[nodiscard]] std::string shortened(std::string_view text, std::size_t bytes_max);

/// A text of a client as errors and log lines show it: readable, and not longer than any honest name. Texts that are
/// cut end with "… (N bytes)", so that it shows what came.
[[nodiscard]] std::string excerpt(std::string_view text, std::size_t bytes_max = excerpt_bytes_max);

} // namespace cadenza::utf8
