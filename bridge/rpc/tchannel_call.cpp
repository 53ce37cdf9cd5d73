#include "bridge/rpc/tchannel_call.hpp"

#include "bridge/rpc/grpc_codes.hpp"
#include "bridge/rpc/tchannel_session.hpp"
#include "bridge/rpc/thrift_trailers.hpp"

#include <array>
#include <chrono>

namespace cadenza::bridge {

namespace {

std::int64_t unix_now_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

using header = std::pair<std::string_view, std::string_view>;

template <std::size_t Count> std::string headers_of(const std::array<header, Count>& all) {
  std::string out;
  tchannel::put_number(out, all.size(), 2);
  for (const auto& [name, value] : all) {
    tchannel::put_text(out, name);
    tchannel::put_text(out, value);
  }
  return out;
}

constexpr std::string_view answering_service = "$rpc$-service";

} // namespace

tchannel::error_code tchannel_code(const wire_status& of) {
  switch (of.code) {
  case grpc_code::deadline_exceeded: return tchannel::error_code::timeout;
  case grpc_code::resource_exhausted: return tchannel::error_code::busy;
  case grpc_code::unavailable: return tchannel::error_code::declined;
  case grpc_code::invalid_argument:
  case grpc_code::unimplemented: return tchannel::error_code::bad_request;
  default: return tchannel::error_code::unexpected;
  }
}

tchannel_call::tchannel_call(tchannel_session& in, call_core& core, const tchannel_marks& marks,
                             const thrift_route& which, std::string service)
  : inbound_call(core, wire_kind::tchannel), loop_(in.on().on()), session_(&in), marks_(marks) {
  arrived(which, std::move(service));
}

std::int64_t tchannel_call::set_deadline(std::uint32_t ttl_ms) {
  const auto ttl_ns = std::int64_t{ttl_ms} * 1'000'000;
  loop_.timers().set(*this, loop_.now_ns() + ttl_ns);
  return unix_now_ns() + ttl_ns;
}

void tchannel_call::start(std::shared_ptr<const actors::caller_info> caller, std::uint32_t ttl_ms,
                          std::string_view body) {
  begin_thrift(std::move(caller), set_deadline(ttl_ms), body);
}

void tchannel_call::start_elsewhere(net::worker& on, std::shared_ptr<const actors::caller_info> caller,
                                    std::uint32_t ttl_ms, std::shared_ptr<const tchannel_arrival> from) {
  const auto deadline_ns = set_deadline(ttl_ms);
  on.run([keep = tchannel_call_ptr(this), this, who = std::move(caller), deadline_ns, from = std::move(from)] {
    begin_thrift(who, deadline_ns, from->body().whole());
  });
}

void tchannel_call::detach() {
  if (!session_)
    return;
  session_ = nullptr;
  loop_.timers().cancel(*this);
}

void tchannel_call::on_timer(std::int64_t) {
  if (session_)
    session_->end_call_early(*this, tchannel::error_code::timeout, "the time-to-live of the call has expired");
}

// --- the answer, from any thread

std::string tchannel_call::service_header_alone() const {
  return headers_of(std::array<header, 1>{{{answering_service, thrift_service()}}});
}

void tchannel_call::send(const google::protobuf::MessageLite& response) {
  leave({false, service_header_alone(), in_thrift(response), std::nullopt});
}

void tchannel_call::send(std::string serialized_response) {
  leave({false, service_header_alone(), in_thrift(serialized_response), std::nullopt});
}

void tchannel_call::send(const error& reason) {
  auto told = in_thrift(reason);
  if (told.body.empty())
    return leave({true, {}, {}, std::move(told.status)});
  auto headers = headers_of(std::array<header, 3>{
      {{answering_service, thrift_service()},
       {"$rpc$-application-error-name", told.name},
       {"$rpc$-application-error-details", std::string_view(told.text).substr(0, exception_text_bytes_max)}}});
  leave({true, std::move(headers), std::move(told.body), std::nullopt});
}

void tchannel_call::leave(reply answer) {
  reply_ = std::move(answer);
  hold(); // until `on_posted`
  loop_.post(*this);
}

void tchannel_call::on_posted() {
  const tchannel_call_ptr keep(this, false);
  if (session_)
    session_->answered(*this);
}

} // namespace cadenza::bridge
