#include "storage/sql/values.hpp"

#include "messages/invariant.hpp"

namespace cadenza::storage::sql {

namespace {

void put_number(std::string& out, std::uint64_t bits, int bytes) {
  for (int i = bytes - 1; i >= 0; --i)
    out.push_back(static_cast<char>(bits >> (8 * i)));
}

} // namespace

void argument::put_size(std::int64_t size) {
  ++count_;
  put_number(data_, static_cast<std::uint64_t>(size), 4);
}

void argument::add(std::int64_t value) {
  CADENZA_ASSERT(type_ == value_type::int4 || type_ == value_type::int8, "a number goes where a number is expected");
  const int bytes = type_ == value_type::int4 ? 4 : 8;
  put_size(bytes);
  put_number(data_, static_cast<std::uint64_t>(value), bytes);
}

void argument::add(std::string_view value) {
  CADENZA_ASSERT(type_ == value_type::bytes || type_ == value_type::text, "bytes go where bytes are expected");
  put_size(static_cast<std::int64_t>(value.size()));
  data_.append(value);
}

void argument::add(const uuid& value) {
  CADENZA_ASSERT(type_ == value_type::id, "an id goes where an id is expected");
  put_size(static_cast<std::int64_t>(value.bytes.size()));
  data_.append(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size());
}

void argument::add_null() {
  has_null_ = true;
  put_size(-1);
}

argument argument::number(std::int32_t value) {
  argument out(value_type::int4, false);
  out.add(std::int64_t{value});
  return out;
}

argument argument::large(std::int64_t value) {
  argument out(value_type::int8, false);
  out.add(value);
  return out;
}

argument argument::text(std::string_view value) {
  argument out(value_type::bytes, false);
  out.add(value);
  return out;
}

argument argument::of(const uuid& value) {
  argument out(value_type::id, false);
  out.add(value);
  return out;
}

void row_set::add(std::string_view value, bool present) {
  fields_.push_back({bytes_.size(), value.size(), present});
  bytes_.append(value);
}

std::int64_t row_set::number(std::size_t row, std::size_t column) const {
  const auto raw = bytes(row, column);
  if (raw.empty() || raw.size() > 8)
    return 0;
  // The sign of the first byte goes on to the left.
  std::int64_t out = static_cast<signed char>(raw.front());
  for (const auto byte : raw.substr(1))
    out = static_cast<std::int64_t>(static_cast<std::uint64_t>(out) << 8 | static_cast<unsigned char>(byte));
  return out;
}

std::string_view row_set::bytes(std::size_t row, std::size_t column) const {
  const auto& one = at(row, column);
  CADENZA_ASSERT(one.begin + one.size <= bytes_.size(), "a field lies within what was read");
  return std::string_view(bytes_).substr(one.begin, one.size);
}

} // namespace cadenza::storage::sql
