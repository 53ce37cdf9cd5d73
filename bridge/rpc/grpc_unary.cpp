#include "bridge/rpc/grpc_unary.hpp"

#include "bridge/net/inflate.hpp"
#include "bridge/rpc/grpc_codes.hpp"

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>

namespace cadenza::bridge {

namespace {

constexpr std::size_t heavy_bytes_min = 1 << 20; // reading so much holds up the others of a loop
constexpr std::int64_t memory_patience_ns = 100'000'000;
constexpr std::int64_t look_again_ns = 1'000'000'000;

} // namespace

grpc_unary::grpc_unary(net::h2_session& in, std::int32_t id, grpc_shared& shared, const grpc_head& head,
                       const method& which, std::shared_ptr<const actors::caller_info> caller)
  : grpc_stream(in, id, shared, head), inbound_call(shared.calls, wire_kind::grpc), method_(which),
    caller_(std::move(caller)), intake_(std::make_unique<grpc_intake>(in, head.gzip)),
    request_due_ns_(on().now_ns() + in.shared().how.request_timeout.count()) {
  arrived(which);
  set_next_due(on().now_ns());
}

grpc_unary::grpc_unary(net::h2_session& in, std::int32_t id, grpc_shared& shared, const grpc_head& head,
                       const thrift_route& which, std::string service,
                       std::shared_ptr<const actors::caller_info> caller)
  : grpc_stream(in, id, shared, head), inbound_call(shared.calls, wire_kind::grpc), method_(*which.which),
    caller_(std::move(caller)), intake_(std::make_unique<grpc_intake>(in, head.gzip)),
    request_due_ns_(on().now_ns() + in.shared().how.request_timeout.count()) {
  arrived(which, std::move(service));
  set_next_due(on().now_ns());
}

// --- the request arrives

void grpc_unary::on_data(std::string_view bytes) {
  if (!intake_)
    return session()->take_more(*this, bytes.size()); // nobody wants it any more
  if (view_.empty() && intake_->empty() && grpc_intake::whole_in(bytes)) {
    // The usual case: it is read from where it lies, if its end comes with it.
    view_ = bytes;
    return session()->views(this);
  }
  if (!view_.empty())
    on_view_over();
  take(bytes);
}

void grpc_unary::on_view_over() {
  if (!view_.empty())
    take(std::exchange(view_, {}));
}

void grpc_unary::take(std::string_view bytes) {
  if (!intake_)
    return;
  if (const auto refused = intake_->add(*session(), *this, bytes))
    return give_up(*refused);
  set_next_due(on().now_ns());
}

void grpc_unary::on_end() {
  if (!intake_)
    return;
  if (view_.empty() && !intake_->whole())
    return give_up({grpc_code::invalid_argument,
                    intake_->empty() ? "the request has no message" : "the request ends within its message",
                    {}});
  session()->begin_when_there_is_room(*this);
}

void grpc_unary::set_next_due(std::int64_t now_ns) {
  auto due = head().steady_deadline_ns;
  if (intake_) {
    const bool here = !view_.empty() || intake_->whole();
    if (!here)
      due = std::min(due, request_due_ns_);
    if (intake_->waits_for_memory())
      due = std::min(due, now_ns + memory_patience_ns);
    else if (!here && !intake_->empty())
      due = std::min(due, now_ns + look_again_ns);
  }
  set_due(due);
}

void grpc_unary::on_due(std::int64_t now_ns) {
  if (now_ns >= head().steady_deadline_ns) {
    left();
    return give_up({grpc_code::deadline_exceeded, "the deadline of the call has passed", {}});
  }
  if (!intake_)
    return;
  auto& counts = session()->shared().counts;
  const bool here = !view_.empty() || intake_->whole();
  if (!here && now_ns >= request_due_ns_) {
    counts.refused(intake_->waits_for_memory() ? net::refusal::request_bytes : net::refusal::request_timeout);
    return give_up({grpc_code::unavailable, "the request did not arrive in time", {}});
  }
  if (intake_->waits_for_memory()) {
    intake_->try_to_set_aside(*session(), *this);
  } else if (!here && intake_->stands_in_the_way()) {
    counts.refused(net::refusal::request_bytes);
    return give_up(grpc_intake::out_of_memory());
  }
  set_next_due(now_ns);
}

void grpc_unary::give_up(const wire_status& why) {
  intake_.reset();
  view_ = {};
  if (session())
    session()->let_go(*this);
  end_with(why);
}

// --- the request begins

void grpc_unary::on_begin() {
  if (!intake_)
    return;                 // given up while it waited
  session()->let_go(*this); // its memory goes soon, and is counted until then
  if (!method_.hangs)
    session()->began(*this);
  if (!view_.empty()) {
    const auto message = std::exchange(view_, {}).substr(grpc_intake::prefix_bytes);
    if (speaks_thrift())
      return start_thrift(message);
    google::protobuf::io::ArrayInputStream request(message.data(), static_cast<int>(message.size()));
    return start(request, [message] { return std::string(message); });
  }
  if (intake_->compressed() || intake_->size() >= heavy_bytes_min)
    return start_elsewhere();
  const auto from = std::move(intake_);
  if (speaks_thrift())
    return start_thrift(from->message().whole());
  net::body::reader request(from->message());
  start(request, [&from] { return from->message().whole(); });
}

void grpc_unary::start(google::protobuf::io::ZeroCopyInputStream& request, const std::function<std::string()>& again) {
  intake_.reset();
  set_next_due(on().now_ns());
  begin(std::move(caller_), head().deadline_ns, request, again);
}

void grpc_unary::start_thrift(std::string_view request) {
  intake_.reset();
  set_next_due(on().now_ns());
  begin_thrift(std::move(caller_), head().deadline_ns, request);
}

void grpc_unary::start_elsewhere() {
  const std::shared_ptr<grpc_intake> from(std::move(intake_));
  set_next_due(on().now_ns());
  // The session may go meanwhile; what it counts on is the server's.
  auto& counts = session()->shared().counts;
  shared().heavy.run([keep = net::h2_stream_ptr(this), this, from, &counts] { start_inflated(*from, counts); });
}

void grpc_unary::start_inflated(grpc_intake& from, net::meters& counts) {
  if (!from.compressed()) {
    if (speaks_thrift())
      return begin_thrift(std::move(caller_), head().deadline_ns, from.message().whole());
    net::body::reader request(from.message());
    return begin(std::move(caller_), head().deadline_ns, request, [&from] { return from.message().whole(); });
  }
  net::body whole;
  const auto bytes_max = static_cast<std::size_t>(shared().message_bytes_max);
  switch (net::inflate(from.message(), bytes_max, from.memory(), whole)) {
  case net::inflated::whole: {
    if (speaks_thrift())
      return begin_thrift(std::move(caller_), head().deadline_ns, whole.whole());
    net::body::reader request(whole);
    return begin(std::move(caller_), head().deadline_ns, request, [&whole] { return whole.whole(); });
  }
  case net::inflated::broken: return send_status({grpc_code::internal, "the message is not valid gzip data", {}});
  case net::inflated::too_large:
    counts.refused(net::refusal::message_bytes);
    return send_status(grpc_intake::too_large("the decompressed message is too large", shared().message_bytes_max));
  case net::inflated::no_memory:
    counts.refused(net::refusal::request_bytes);
    return send_status(grpc_intake::out_of_memory());
  }
}

// --- the answer

void grpc_unary::send(const google::protobuf::MessageLite& response) {
  if (speaks_thrift())
    return send_thrift(in_thrift(response), {});
  send_message(grpc_message(response));
}

void grpc_unary::send(std::string serialized_response) {
  if (speaks_thrift())
    return send_thrift(in_thrift(serialized_response), {});
  send_message(grpc_message(std::move(serialized_response)));
}

void grpc_unary::send(const error& reason) {
  if (!speaks_thrift())
    return send_status(status_of(reason));
  auto told = in_thrift(reason);
  if (told.body.empty())
    return send_status(std::move(told.status));
  auto tail = thrift_trailers(told);
  send_thrift(std::move(told.body), std::move(tail));
}

void grpc_unary::send_thrift(std::string body, std::vector<header_text> tail) {
  auto trailers = std::make_unique<owned_trailers>();
  trailers->texts = std::move(tail);
  if (!thrift_service().empty())
    trailers->texts.push_back({service_header, thrift_service()});
  const auto good = grpc_good_trailers();
  trailers->fields.assign(good.begin(), good.end());
  for (const auto& one : trailers->texts)
    trailers->fields.push_back({one.name, one.value});
  trailers_ = std::move(trailers);
  send_message(grpc_message(std::move(body)));
}

std::span<const net::header> grpc_unary::trailers() {
  return trailers_ ? std::span<const net::header>(trailers_->fields) : grpc_good_trailers();
}

void grpc_unary::send_message(net::payload_ptr message) {
  answer_ = std::move(message);
  run_soon();
}

void grpc_unary::send_status(wire_status status) {
  failure_ = std::make_unique<wire_status>(std::move(status));
  run_soon();
}

void grpc_unary::on_run() {
  if (!session())
    return;
  set_due(INT64_MAX);
  if (failure_)
    return end_with(*failure_);
  const auto size = static_cast<std::int64_t>(answer_->size() - grpc_intake::prefix_bytes);
  if (size > shared().message_bytes_max) {
    session()->shared().counts.refused(net::refusal::message_bytes);
    return end_with({grpc_code::resource_exhausted,
                     "the response has " + std::to_string(size) + " bytes, more than the limit of " +
                         std::to_string(shared().message_bytes_max) + " bytes",
                     {}});
  }
  if (!session()->on().has_room_for(static_cast<std::int64_t>(answer_->size())))
    return end_with({grpc_code::unavailable, "earlier responses have not been read yet; try again", {}});
  session()->answer(*this, grpc_answer_head(), std::move(answer_));
}

void grpc_unary::on_closed() {
  intake_.reset();
  left();
}

void grpc_unary::on_abandon() { end_with({grpc_code::unavailable, "the server is stopping; try again", {}}); }

} // namespace cadenza::bridge
