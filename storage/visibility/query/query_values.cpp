#include "storage/visibility/query/query_values.hpp"

#include "messages/constants.hpp"
#include "messages/rfc3339.hpp"
#include "messages/uuid.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <span>

namespace cadenza::storage::visibility {
namespace {

/// A longer number of a datetime attribute counts nanoseconds, a shorter one milliseconds.
constexpr std::size_t millisecond_digits_max = 13;

constexpr std::array<std::string_view, 6> close_status_names = {"COMPLETED",  "FAILED",           "CANCELED",
                                                                "TERMINATED", "CONTINUED_AS_NEW", "TIMED_OUT"};
constexpr std::array<std::string_view, 8> execution_status_names = {
    "PENDING", "STARTED", "COMPLETED", "FAILED", "CANCELED", "TERMINATED", "CONTINUED_AS_NEW", "TIMED_OUT"};

template <class Number> std::optional<Number> whole_number(std::string_view text) {
  if (text.starts_with('+'))
    text.remove_prefix(1);
  Number value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

std::optional<query_value> number(std::string_view text) {
  if (const auto integer = whole_number<std::int64_t>(text))
    return query_value{*integer};
  const auto real = whole_number<double>(text);
  // from_chars knows "inf" and "nan"; a query does not.
  if (!real || text.find_first_not_of("0123456789+-.eE") != std::string_view::npos)
    return std::nullopt;
  return query_value{*real};
}

bool same_word(std::string_view text, std::string_view upper) {
  if (text.size() != upper.size())
    return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (std::toupper(static_cast<unsigned char>(text[i])) != upper[i])
      return false;
  return true;
}

std::optional<query_value> status(const std::string& text, std::span<const std::string_view> names) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (same_word(text, names[i]))
      return query_value{static_cast<std::int64_t>(i)};
  if (const auto value = whole_number<std::int64_t>(text))
    return query_value{*value};
  return std::nullopt;
}

std::optional<query_value> boolean(const std::string& text) {
  if (same_word(text, "TRUE"))
    return query_value{std::int64_t{1}};
  if (same_word(text, "FALSE"))
    return query_value{std::int64_t{0}};
  return std::nullopt;
}

std::optional<query_value> time(const std::string& text) {
  if (const auto ns = whole_number<std::int64_t>(text))
    return query_value{*ns};
  if (const auto ns = workflow::parse_rfc3339(text))
    return query_value{*ns};
  return std::nullopt;
}

std::optional<query_value> datetime(const std::string& text) {
  if (const auto value = whole_number<std::int64_t>(text)) {
    const std::size_t digits = text.size() - (text.starts_with('-') || text.starts_with('+') ? 1 : 0);
    if (digits > millisecond_digits_max)
      return query_value{*value};
    std::int64_t ns = 0;
    if (__builtin_mul_overflow(*value, ns_per_ms, &ns))
      return std::nullopt;
    return query_value{ns};
  }
  // A date alone means its first moment, a time without zone is UTC.
  for (const std::string_view completion : {"", "Z", "T00:00:00Z"})
    if (const auto ns = workflow::parse_rfc3339(text + std::string{completion}))
      return query_value{*ns};
  return std::nullopt;
}

} // namespace

std::optional<query_value> literal_value(const expression& literal, value_kind kind) {
  const auto& text = literal.text;
  switch (kind) {
  case value_kind::keyword:
  case value_kind::phrase:
  case value_kind::domain_id: return query_value{text};
  case value_kind::integer:
  case value_kind::real:
    if (literal.kind == expression_kind::boolean)
      return std::nullopt;
    return number(text);
  case value_kind::boolean: return boolean(text);
  case value_kind::time: return time(text);
  case value_kind::datetime: return datetime(text);
  case value_kind::close_status: return status(text, close_status_names);
  case value_kind::execution_status: return status(text, execution_status_names);
  case value_kind::run_id: {
    const auto id = uuid::parse(text);
    return id ? query_value{*id} : query_value{};
  }
  }
  return std::nullopt;
}

} // namespace cadenza::storage::visibility
