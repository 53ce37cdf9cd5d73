#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

/// What a log line is made of, for those who only write lines: config/log.hpp has the log itself.
///
/// Values have names and are never put together into a text by hand: a line is a sentence that stands in the code,
/// and fields. `warn({field::domain(d), field::task_list(t)}, "nobody polls {task_list} of {domain}")`. As text it is
/// the sentence with the values in it, and those that it does not quote behind it; as JSON the sentence, and all of
/// them as members. The names are the table log_fields.inc.
namespace cadenza::log {

enum class level : int { debug, info, warn, error, off };

/// One named value. Does not own its text: it lives as long as the call that writes the line.
class field {
public:
  constexpr field(std::string_view name, std::string_view text) : name_(name), text_(text) {}
  constexpr field(std::string_view name, std::int64_t number) : name_(name), number_(number), is_number_(true) {}

  [[nodiscard]] constexpr std::string_view name() const { return name_; }
  [[nodiscard]] constexpr bool is_number() const { return is_number_; }
  [[nodiscard]] constexpr std::string_view text() const { return text_; }
  [[nodiscard]] constexpr std::int64_t number() const { return number_; }
  /// It has no value, and is left out of the line.
  [[nodiscard]] constexpr bool empty() const { return !is_number_ && text_.empty(); }

private:
  std::string_view name_;
  std::string_view text_;
  std::int64_t number_ = 0;
  bool is_number_ = false;
};

/// Name, kind (text or number) and meaning of a field.
struct field_declaration {
  std::string_view name;
  std::string_view kind;
  std::string_view meaning;
};

inline constexpr std::array field_table{
#define CADENZA_LOG_FIELD(name, kind, meaning) field_declaration{#name, #kind, meaning},
#include "config/log_fields.inc"
#undef CADENZA_LOG_FIELD
};

/// A table of them in Markdown, for docs/guides/logs.md.
[[nodiscard]] std::string fields_markdown();

/// The fields of a line, in their order. Only a parameter: it does not own them.
class fields {
public:
  constexpr fields() = default;
  fields(std::initializer_list<field> all) : size_(all.size()) { begin_ = all.begin(); }
  fields(const std::vector<field>& all) : begin_(all.data()), size_(all.size()) {}

  [[nodiscard]] const field* begin() const { return begin_; }
  [[nodiscard]] const field* end() const { return begin_ + size_; }
  [[nodiscard]] std::size_t size() const { return size_; }

private:
  const field* begin_ = nullptr;
  std::size_t size_ = 0;
};

/// What a line says: a literal, in which `{name}` stands for the value of that field. Another name, or a brace that
/// is not closed, does not compile.
class sentence {
public:
  consteval sentence(const char* text) : text_(text) { check(); }
  [[nodiscard]] constexpr std::string_view text() const { return text_; }

private:
  constexpr void check() const {
    for (std::size_t at = text_.find_first_of("{}"); at != std::string_view::npos;) {
      const auto end = text_.find('}', at);
      if (text_[at] != '{' || end == std::string_view::npos || !known(text_.substr(at + 1, end - at - 1)))
        throw "a sentence quotes a field that is not in log_fields.inc"; // never runs: the sentence does not compile
      at = text_.find_first_of("{}", end + 1);
    }
  }
  static constexpr bool known(std::string_view name) {
    for (const auto& one : field_table)
      if (one.name == name)
        return true;
    return false;
  }
  std::string_view text_;
};

/// Who takes lines. Any thread may call it.
using sink = std::function<void(level, fields, sentence)>;

/// The line as text, without time and level.
[[nodiscard]] std::string text_of(fields values, sentence says);

} // namespace cadenza::log

/// The fields: `field::domain(name)`, `field::shard(index)`.
namespace cadenza::field {

struct text {
  std::string_view name;
  constexpr log::field operator()(std::string_view value) const { return {name, value}; }
};

struct number {
  std::string_view name;
  constexpr log::field operator()(std::integral auto value) const { return {name, static_cast<std::int64_t>(value)}; }
};

#define CADENZA_LOG_FIELD(name, kind, meaning) inline constexpr kind name{#name};
#include "config/log_fields.inc"
#undef CADENZA_LOG_FIELD

} // namespace cadenza::field
