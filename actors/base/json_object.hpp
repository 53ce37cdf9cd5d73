#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cadenza::actors {

/// Reads one JSON object member by member, without building a tree. Task tokens come with every answer of a worker, so
/// this is on the hot path. Strict: any text that is no JSON object makes it fail, and it stays failed.
class json_object_reader {
public:
  explicit json_object_reader(std::string_view text) : rest_(text) {}

  /// Moves to the next member and gives its key; nothing at the end of the object or on failure. After each key exactly
  /// one of the value functions must be called.
  [[nodiscard]] std::optional<std::string_view> next_key();

  /// The value of the member at hand as text; null gives "".
  void read(std::string& into);
  /// The same as a whole number; null gives 0.
  void read(std::int64_t& into);
  /// Passes over a value of any type.
  void skip();

  /// True when the whole text was one well-formed object. Ask after `next_key` gave nothing.
  [[nodiscard]] bool complete() const { return done_ && !failed_; }

private:
  void blanks();
  bool take(char wanted);
  bool take_word(std::string_view word);
  bool read_string(std::string& into);
  bool read_escape(std::string& into);
  std::optional<std::uint32_t> read_hex4();
  void skip_value(int depth);
  bool skip_number();
  void fail() { failed_ = true; }

  std::string_view rest_;
  std::string key_;
  std::string passed_;
  bool started_ = false;
  bool first_ = true;
  bool done_ = false;
  bool failed_ = false;
};

} // namespace cadenza::actors
