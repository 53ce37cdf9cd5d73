#include "bridge/rpc/thrift_routes.hpp"

#include "messages/invariant.hpp"

#include <unordered_map>

namespace cadenza::bridge {

namespace {

using names = std::unordered_map<std::string_view, const thrift_method*>; // keys live in thrift_methods()

names by(std::string thrift_method::*name) {
  names out;
  for (const auto& one : thrift_methods())
    out.emplace(one.*name, &one);
  return out;
}

thrift_route find(const method_table& table, const names& in, std::string_view name) {
  const auto at = in.find(name);
  if (at == in.end())
    return {};
  const auto* which = table.find(at->second->rpc_path);
  CADENZA_ASSERT(which != nullptr, at->second->rpc_path + " is no RPC");
  return {at->second, which};
}

} // namespace

thrift_route thrift_route_of_path(const method_table& table, std::string_view path) {
  static const auto all = by(&thrift_method::path);
  return find(table, all, path);
}

thrift_route thrift_route_of_name(const method_table& table, std::string_view name) {
  static const auto all = by(&thrift_method::name);
  return find(table, all, name);
}

std::unique_ptr<google::protobuf::Message> response_of(const method& which, const std::string& bytes) {
  std::unique_ptr<google::protobuf::Message> out(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(which.output)->New());
  CADENZA_ASSERT(out->ParseFromString(bytes), "an answer of the server's own does not parse");
  return out;
}

} // namespace cadenza::bridge
