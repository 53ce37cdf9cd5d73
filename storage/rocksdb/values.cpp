#include "storage/rocksdb/values.hpp"

#include "messages/invariant.hpp"

namespace cadenza::storage::rocks {

namespace {

constexpr std::size_t uuid_bytes = 16;

void put_id(std::string& out, const uuid& id) {
  out.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
}

} // namespace

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size() && i < 10; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    value |= std::uint64_t{byte & 0x7fU} << (7 * i);
    if (byte < 0x80) {
      bytes.remove_prefix(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

void put_signed(std::string& out, std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  put_varint(out, value < 0 ? ~(bits << 1) : bits << 1);
}

std::optional<std::int64_t> take_signed(std::string_view& bytes) {
  const auto bits = take_varint(bytes);
  if (!bits)
    return std::nullopt;
  return static_cast<std::int64_t>((*bits & 1) != 0 ? ~(*bits >> 1) : *bits >> 1);
}

void put_current_head(std::string& out, const current_row& row) {
  put_id(out, row.run_id);
  put_signed(out, row.state);
  put_signed(out, row.last_write_version);
}

std::optional<current_row> read_current_value(std::string_view bytes) {
  if (bytes.size() < uuid_bytes)
    return std::nullopt;
  current_row row;
  row.run_id = uuid::from_raw(bytes.substr(0, uuid_bytes));
  bytes.remove_prefix(uuid_bytes);
  const auto state = take_signed(bytes);
  const auto version = take_signed(bytes);
  if (!state || !version || *state < INT32_MIN || *state > INT32_MAX)
    return std::nullopt;
  row.state = static_cast<int>(*state);
  row.last_write_version = *version;
  row.value = bytes;
  return row;
}

void put_tree_head(std::string& out, std::int64_t version, const uuid* first_branch) {
  CADENZA_ASSERT(version > 0, "a stored history tree has a version");
  put_varint(out, static_cast<std::uint64_t>(version));
  if (first_branch != nullptr)
    put_id(out, *first_branch);
}

std::optional<tree_value> read_tree_value(const uuid& tree_id, std::string_view bytes) {
  const auto version = take_varint(bytes);
  if (!version || *version == 0 || *version > INT64_MAX)
    return std::nullopt;
  tree_value out;
  out.version = static_cast<std::int64_t>(*version);
  if (bytes.empty())
    return out;
  if (bytes.size() < uuid_bytes)
    return std::nullopt;
  out.first = branch_row{tree_id, uuid::from_raw(bytes.substr(0, uuid_bytes)), std::string(bytes.substr(uuid_bytes))};
  return out;
}

void put_lease_head(std::string& out, std::int64_t version, std::int64_t expires_ns) {
  CADENZA_ASSERT(version > 0, "a stored lease has a version");
  put_varint(out, static_cast<std::uint64_t>(version));
  put_signed(out, expires_ns);
}

std::optional<node_lease> read_lease(std::string_view node, std::string_view bytes) {
  const auto version = take_varint(bytes);
  const auto expires_ns = take_signed(bytes);
  if (!version || !expires_ns)
    return std::nullopt;
  return node_lease{std::string(node), static_cast<std::int64_t>(*version), *expires_ns, std::string(bytes)};
}

} // namespace cadenza::storage::rocks
