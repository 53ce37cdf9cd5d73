#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace cadenza {

/// Types of Thrift's binary protocol, by the number it writes for them.
enum class thrift_type : std::uint8_t {
  stop = 0,
  boolean = 2,
  byte = 3,
  real = 4,
  i16 = 6,
  i32 = 8,
  i64 = 10,
  bytes = 11,
  structure = 12,
  map = 13,
  set = 14,
  list = 15,
};

/// Writes values in Thrift's binary protocol.
class thrift_output {
public:
  /// What Cadence puts before each value that it keeps.
  static constexpr char version_byte = 0x59;

  thrift_output() : thrift_output(std::string(1, version_byte)) {}
  /// What is written goes behind `begin`.
  explicit thrift_output(std::string begin) : out_(std::move(begin)) {}

  [[nodiscard]] std::string take() && { return std::move(out_); }

  /// The beginning of a field of a struct; its value follows.
  void field(thrift_type type, std::int16_t id) {
    this->type(type);
    number(id);
  }
  /// The end of a struct.
  void end() { type(thrift_type::stop); }
  void type(thrift_type t) { out_ += static_cast<char>(t); }
  /// Big-endian, as wide as its type.
  template <class T> void number(T value) {
    for (int shift = 8 * (static_cast<int>(sizeof(T)) - 1); shift >= 0; shift -= 8)
      out_ += static_cast<char>(static_cast<std::uint64_t>(value) >> shift);
  }
  void bytes(std::string_view value) {
    number(static_cast<std::int32_t>(value.size()));
    out_ += value;
  }

private:
  std::string out_;
};

} // namespace cadenza
