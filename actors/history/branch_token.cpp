#include "actors/history/branch_token.hpp"

#include "messages/thrift_output.hpp"
#include "messages/uuid.hpp"

namespace cadenza::actors {
namespace {

void put_id(thrift_output& out, std::int16_t field, const std::string& raw) {
  out.field(thrift_type::bytes, field);
  out.bytes(uuid::from_raw(raw).str());
}

void put_number(thrift_output& out, std::int16_t field, std::int64_t value) {
  out.field(thrift_type::i64, field);
  out.number(value);
}

} // namespace

std::string branch_token(const record::v1::HistoryBranch& branch) {
  thrift_output out;
  put_id(out, 10, branch.tree_id());
  put_id(out, 20, branch.branch_id());
  out.field(thrift_type::list, 30);
  out.type(thrift_type::structure);
  out.number(static_cast<std::int32_t>(branch.ancestors_size()));
  for (const auto& a : branch.ancestors()) {
    put_id(out, 10, a.branch_id());
    put_number(out, 20, a.begin_node());
    put_number(out, 30, a.end_node());
    out.end();
  }
  out.end();
  return std::move(out).take();
}

} // namespace cadenza::actors
