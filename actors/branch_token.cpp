#include "actors/branch_token.hpp"

#include "messages/uuid.hpp"

namespace cadenza::actors {
namespace {

constexpr char encoding_version = 0x59;

/// Types of Thrift's binary protocol.
constexpr char stop = 0;
constexpr char i64 = 10;
constexpr char text = 11;
constexpr char structure = 12;
constexpr char list = 15;

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i)
    out.push_back(static_cast<char>(value >> (8 * i)));
}

void put_field(std::string& out, char type, int id) {
  out.push_back(type);
  put(out, static_cast<std::uint64_t>(id), 2);
}

void put_text(std::string& out, int id, const std::string& value) {
  put_field(out, text, id);
  put(out, value.size(), 4);
  out += value;
}

void put_number(std::string& out, int id, std::int64_t value) {
  put_field(out, i64, id);
  put(out, static_cast<std::uint64_t>(value), 8);
}

} // namespace

std::string branch_token(const record::v1::HistoryBranch& branch) {
  std::string out(1, encoding_version);
  put_text(out, 10, uuid::from_raw(branch.tree_id()).str());
  put_text(out, 20, uuid::from_raw(branch.branch_id()).str());
  put_field(out, list, 30);
  out.push_back(structure);
  put(out, static_cast<std::uint64_t>(branch.ancestors_size()), 4);
  for (const auto& a : branch.ancestors()) {
    put_text(out, 10, uuid::from_raw(a.branch_id()).str());
    put_number(out, 20, a.begin_node());
    put_number(out, 30, a.end_node());
    out.push_back(stop);
  }
  out.push_back(stop);
  return out;
}

} // namespace cadenza::actors
