#include "bridge/rpc/grpc_front.hpp"

#include "bridge/base/caller.hpp"
#include "bridge/rpc/grpc_codes.hpp"
#include "bridge/rpc/grpc_conversation.hpp"
#include "bridge/rpc/grpc_text.hpp"
#include "bridge/rpc/grpc_unary.hpp"

namespace cadenza::bridge {

namespace {

void answer_at_once(net::h2_session& in, std::int32_t id, const wire_status& status) {
  const grpc_status_fields fields(status);
  in.answer_at_once(id, fields.whole_answer());
}

/// Whether `caller_builder` may look at it.
bool is_about_caller(std::string_view name) { return name.starts_with("cadence-") || name == "rpc-caller"; }

} // namespace

struct grpc_front::last_caller final : net::h2_session::memory {
  std::string said; ///< its headers, one after the other
  std::shared_ptr<const actors::caller_info> who;
  std::string now; ///< kept for its memory
};

std::shared_ptr<const actors::caller_info> grpc_front::caller_of(net::h2_session& in, const net::header_list& headers) {
  if (!in.remembered)
    in.remembered = std::make_unique<last_caller>();
  auto& last = static_cast<last_caller&>(*in.remembered);
  last.now.clear();
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const auto [name, value] = headers[i];
    if (is_about_caller(name))
      last.now.append(name).append(1, '\0').append(value).append(1, '\0'); // no header has a zero inside
  }
  if (last.who && last.now == last.said)
    return last.who;
  caller_builder builder;
  for (std::size_t i = 0; i < headers.size(); ++i)
    builder.add(headers[i].name, headers[i].value);
  last.said.swap(last.now);
  last.who = std::make_shared<const actors::caller_info>(std::move(builder).finish());
  return last.who;
}

net::h2_stream_ptr grpc_front::open(net::h2_session& in, std::int32_t id, const net::header_list& headers) {
  static constexpr net::header not_post[]{{":status", "405"}, {"allow", "POST"}};
  static constexpr net::header not_grpc[]{{":status", "415"}};
  if (headers.find(":method") != "POST")
    in.answer_at_once(id, not_post);
  else if (!grpc_text::is_protobuf(headers.find("content-type")))
    in.answer_at_once(id, not_grpc);
  else
    return open_grpc(in, id, headers);
  return nullptr;
}

net::h2_stream_ptr grpc_front::open_grpc(net::h2_session& in, std::int32_t id, const net::header_list& headers) {
  grpc_head head;
  wire_status refused;
  if (!head.read(headers, in.on().on().now_ns(), refused)) {
    answer_at_once(in, id, refused);
    return nullptr;
  }
  const auto path = headers.find(":path");
  if (const auto* const which = shared_.calls.table.find(path))
    return new grpc_unary(in, id, shared_, head, *which, caller_of(in, headers));
  if (const auto route = thrift_route_of_path(shared_.calls.table, path))
    return new grpc_unary(in, id, shared_, head, route, std::string(headers.find(service_header)),
                          caller_of(in, headers));
  if (auto user = make_stream(path, shared_.calls))
    return new grpc_conversation(in, id, shared_, head, std::move(user));
  shared_.calls.meters.unknown_method();
  answer_at_once(in, id, unknown_method(path));
  return nullptr;
}

void grpc_front::open_too_large(net::h2_session& in, std::int32_t id, const net::header_list&) {
  answer_at_once(
      in, id,
      {grpc_code::invalid_argument, // clients send again what found a resource exhausted
       "the headers are larger than the limit of " + std::to_string(in.shared().how.header_bytes_max) + " bytes",
       {}});
}

} // namespace cadenza::bridge
