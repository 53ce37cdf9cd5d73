#include "tests/unit/messages/thrift_peer.hpp"

#include "messages/thrift_reader.hpp"
#include "messages/thrift_writer.hpp"

#include <stdexcept>

namespace cadenza::tests {

const thrift_method& thrift_method_named(std::string_view name) {
  for (const auto& one : thrift_methods()) {
    if (one.name == name)
      return one;
  }
  throw std::logic_error("no method " + std::string(name));
}

std::string thrift_arguments(const thrift_method& which, const google::protobuf::Message& request) {
  thrift_writer out{std::string()};
  if (which.request != nullptr) {
    out.out().field(thrift_type::structure, 1);
    out.structure(request, *which.request);
  }
  out.out().end();
  return std::move(out).take();
}

thrift_reply read_thrift_reply(const thrift_method& which, std::string_view body, google::protobuf::Message& into) {
  thrift_reply out;
  thrift_reader in(body);
  auto type = thrift_type::stop;
  std::int16_t id = 0;
  while (in.next(type, id)) {
    out.field = id;
    if (id == 0 && which.response != nullptr) {
      in.structure(into, *which.response);
      continue;
    }
    auto inner = thrift_type::stop;
    std::int16_t inner_id = 0;
    while (in.next(inner, inner_id)) {
      if (inner == thrift_type::bytes && out.text.empty())
        out.text = std::string(in.bytes());
      else
        in.skip(inner);
    }
  }
  if (!in.failed() && !in.rest().empty())
    in.fail("there are bytes behind its end");
  if (out.field < 0 && which.response == nullptr)
    out.field = 0;
  out.wrong = in.wrong();
  return out;
}

} // namespace cadenza::tests
