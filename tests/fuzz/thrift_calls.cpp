#include "target.hpp"

#include "messages/thrift_calls.hpp"
#include "messages/thrift_writer.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <functional>
#include <memory>

using namespace cadenza;

namespace {

using google::protobuf::Message;

/// Maps in order.
std::string bytes_of(const Message& message) {
  std::string out;
  google::protobuf::io::StringOutputStream stream(&out);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return out;
}

/// A name that is no method's stands for some method, always the same.
const thrift_method& method_of(std::string_view name) {
  const auto& all = thrift_methods();
  for (const auto& one : all)
    if (one.name == name)
      return one;
  std::size_t sum = 0;
  for (const char c : name)
    sum = sum * 31 + static_cast<unsigned char>(c);
  return all[sum % all.size()];
}

std::unique_ptr<Message> request_of(const thrift_method& which) {
  const auto* type = which.request == nullptr ? nullptr : which.request->message;
  if (type == nullptr)
    return nullptr;
  return std::unique_ptr<Message>(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

std::string arguments(const thrift_method& which, const Message& request) {
  thrift_writer out{std::string()};
  out.out().field(thrift_type::structure, 1);
  out.structure(request, *which.request);
  out.out().end();
  return std::move(out).take();
}

} // namespace

// The name of a procedure, a line; then the body of its call. What was understood is written so that it is understood
// again, to the same.
FUZZ_TARGET(thrift_calls) {
  const auto& which = method_of(fuzz::take_line(input));
  const auto request = request_of(which);
  if (!request)
    return;
  thrift_envelope around;
  bool mended = false;
  if (const auto good = read_thrift_call(which, input, *request, around, mended); !good) {
    (void)write_thrift_exception(which, around, good.error());
    return;
  }
  const auto written = arguments(which, *request);
  const auto again = request_of(which);
  thrift_envelope none;
  bool mended_again = false;
  REQUIRE(read_thrift_call(which, written, *again, none, mended_again));
  REQUIRE(!mended_again);
  REQUIRE(none.how == thrift_envelope::form::none);
  REQUIRE(bytes_of(*request) == bytes_of(*again));
}
