#include "messages/thrift_methods.hpp"

#include "messages/thrift_plan.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace cadenza {
namespace {

[[noreturn]] void wrong(const thrift_method_row& row, std::string_view what) {
  throw std::logic_error(std::string(row.name) + ": " + std::string(what));
}

const thrift_plan* plan_of(const thrift_method_row& row, std::string_view name) {
  if (name.empty())
    return nullptr;
  const auto* found = thrift_plan_of(name);
  if (found == nullptr)
    wrong(row, name);
  return found;
}

error_kind kind_named(const thrift_method_row& row, std::string_view name) {
  for (std::size_t i = 0; i < thrift_method::error_kinds; ++i) {
    if (name_of(static_cast<error_kind>(i)) == name)
      return static_cast<error_kind>(i);
  }
  wrong(row, name);
}

void read_throws(const thrift_method_row& row, thrift_method& into) {
  for (auto rest = row.throws; !rest.empty();) {
    const auto one = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    const auto colon = one.find(':');
    std::int16_t id = 0;
    if (colon == one.npos || std::from_chars(one.data(), one.data() + colon, id).ptr != one.data() + colon)
      wrong(row, one);
    into.throws[static_cast<std::size_t>(kind_named(row, one.substr(colon + 1)))] = id;
  }
}

} // namespace

const std::vector<thrift_method>& thrift_methods() {
  static const auto all = [] {
    std::vector<thrift_method> out;
    for (const auto& row : thrift_method_rows()) {
      auto& one = out.emplace_back();
      one.name = std::string(row.service) + "::" + std::string(row.name);
      one.path = "/" + std::string(row.service) + "/" + std::string(row.name);
      one.rpc_path =
          "/" + std::string(row.rpc_service) + "/" + std::string(row.rpc_name.empty() ? row.name : row.rpc_name);
      one.request = plan_of(row, row.request);
      one.response = plan_of(row, row.response);
      one.translated = row.translated;
      read_throws(row, one);
    }
    return out;
  }();
  return all;
}

} // namespace cadenza
