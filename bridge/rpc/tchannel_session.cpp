#include "bridge/rpc/tchannel_session.hpp"

#include "bridge/base/caller.hpp"
#include "messages/utf8.hpp"

#include <algorithm>

namespace cadenza::bridge {

namespace {

using tchannel::error_code;
using tchannel::frame_type;

constexpr std::size_t heavy_bytes_min = 1 << 20; // reading so much holds up the others of a loop
constexpr std::size_t shown_bytes_max = 256;     // of a method that a client asked for
constexpr std::string_view process = "cadenza";
constexpr std::string_view stops = "the server is stopping; try again";

tchannel_marks marks_of(std::uint32_t id, const tchannel::call_head& head, tchannel::checksum_type sums) {
  tchannel_marks out;
  out.id = id;
  out.sums = sums;
  std::copy(head.tracing.begin(), head.tracing.end(), out.tracing.begin());
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) {
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c + 32);
  }
  return out;
}

} // namespace

net::front::match tchannel_front::recognise(std::string_view first) const {
  constexpr std::size_t type_at = 2;
  if (first.size() <= type_at)
    return match::too_short;
  return first[type_at] == static_cast<char>(frame_type::init_request) ? match::yes : match::no;
}

tchannel_session::tchannel_session(net::connection& on, tchannel_shared& shared)
  : connection_(on), shared_(shared),
    control_frames_(on.shared().how.control_frames_burst, on.shared().how.control_frames_per_second),
    cancels_(on.shared().how.resets_burst, on.shared().how.resets_per_second), heard_ns_(on.on().now_ns()),
    idle_ns_(heard_ns_) {
  connection_.check_by(heard_ns_ + on.shared().how.handshake_timeout.count());
}

// --- frames

void tchannel_session::on_bytes(std::string_view bytes) {
  heard_ns_ = connection_.on().now_ns();
  pinged_ = false;
  while (!bytes.empty() && !over_) {
    if (in_.empty() && bytes.size() >= tchannel::header_bytes) {
      const auto size = tchannel::size_of(bytes);
      if (size == 0)
        return break_off("a frame is shorter than its header");
      if (bytes.size() >= size) { // the usual case: it is read from where it lies
        take(tchannel::read_frame(bytes.substr(0, size)));
        bytes.remove_prefix(size);
        continue;
      }
    }
    const auto wanted = in_.size() < tchannel::header_bytes ? tchannel::header_bytes : tchannel::size_of(in_);
    if (wanted == 0)
      return break_off("a frame is shorter than its header");
    const auto part = std::min(wanted - in_.size(), bytes.size());
    in_ += bytes.substr(0, part);
    bytes.remove_prefix(part);
    if (in_.size() >= tchannel::header_bytes && in_.size() == tchannel::size_of(in_)) {
      take(tchannel::read_frame(in_));
      in_.clear();
    }
  }
}

void tchannel_session::take(const tchannel::frame& frame) {
  if (!greeted_)
    return greet(frame);
  switch (frame.type) {
  case frame_type::call_request: return begin_call(frame);
  case frame_type::call_request_continue: return continue_call(frame);
  case frame_type::cancel:
    if (!cancels_.take(heard_ns_))
      return overdone(net::refusal::resets);
    return cancel(frame.id);
  case frame_type::init_request: return break_off("the connection is already initialized");
  default: break;
  }
  if (!control_frames_.take(heard_ns_))
    return overdone(net::refusal::control_frames);
  if (frame.type == frame_type::ping_request)
    say(tchannel::empty_frame(frame_type::ping_response, frame.id));
}

void tchannel_session::greet(const tchannel::frame& frame) {
  const auto greeting = tchannel::read_greeting(frame.payload);
  if (frame.type != frame_type::init_request || !greeting.readable)
    return break_off("the connection does not start with an init request");
  if (greeting.version < tchannel::version)
    return break_off("only version 2 of TChannel is supported");
  greeted_ = true;
  connection_.check_by(connection_.on().now_ns()); // what counts from now on may be shorter than the handshake's time
  say(tchannel::init_response(frame.id, shared_.host_port, process));
}

// --- calls begin

void tchannel_session::begin_call(const tchannel::frame& frame) {
  tchannel::call_head head;
  tchannel::arguments_part part;
  if (frame.id == tchannel::no_id || !tchannel::read_call_head(frame.payload, head) ||
      !tchannel::read_arguments_part(head.rest, part))
    return break_off("a call cannot be read");
  if (calls_.contains(frame.id) || arrivals_.contains(frame.id))
    return break_off("a call has the id of another call in progress");
  const auto marks = marks_of(frame.id, head, part.type);
  if (draining_)
    return refuse(marks, error_code::declined, stops);
  if (head.ttl_ms == 0)
    return refuse(marks, error_code::bad_request, "the call has no time-to-live");
  if (!connection_.begin_call(static_cast<int>(under_way())))
    return refuse(marks, error_code::busy, "too many calls are in progress");
  if ((head.flags & tchannel::more_follows) != 0)
    return begin_arrival(head, marks, part);
  whole_call call{marks, head.service, head.caller, head.scheme, head.ttl_ms, {}};
  if (const auto flaw = read_arguments(part, connection_.shared().how.header_bytes_max, call.arguments)) {
    call_over();
    return refuse_flaw(marks, *flaw);
  }
  dispatch(call);
}

std::optional<tchannel_flaw> tchannel_session::add(arrival& to, const tchannel::arguments_part& part, bool last) {
  const auto before = to.arguments.bytes();
  auto flaw = to.arguments.add(part, last);
  arriving_bytes_ += to.arguments.bytes() - before;
  return flaw;
}

void tchannel_session::begin_arrival(const tchannel::call_head& head, const tchannel_marks& marks,
                                     const tchannel::arguments_part& part) {
  const auto& how = connection_.shared().how;
  // Nothing can be held back here, as over HTTP/2: what would be too much together is refused.
  if (arriving_bytes_ > how.request_bytes_per_connection + how.message_bytes_max) {
    connection_.shared().counts.refused(net::refusal::request_bytes);
    call_over();
    return refuse(marks, error_code::busy, "too many large calls are arriving");
  }
  auto one = std::make_unique<arrival>(
      marks, std::string(head.service), std::string(head.caller), std::string(head.scheme), head.ttl_ms,
      heard_ns_ + how.request_timeout.count(),
      tchannel_arrival(connection_.shared().requests, how.message_bytes_max, how.header_bytes_max));
  const auto flaw = add(*one, part, false);
  arrivals_.emplace(marks.id, std::move(one));
  connection_.check_by(heard_ns_ + how.request_timeout.count());
  if (!flaw)
    return;
  drop_arrival(marks.id);
  refuse_flaw(marks, *flaw);
}

void tchannel_session::continue_call(const tchannel::frame& frame) {
  const auto found = arrivals_.find(frame.id);
  if (found == arrivals_.end())
    return; // of a call that was refused meanwhile
  auto& one = *found->second;
  tchannel::cursor in(frame.payload);
  const auto flags = in.number(1);
  tchannel::arguments_part part;
  if (in.failed() || !tchannel::read_arguments_part(in.rest(), part) || part.type != one.marks.sums)
    return break_off("a part of a call cannot be read");
  const bool last = (flags & tchannel::more_follows) == 0;
  if (const auto flaw = add(one, part, last)) {
    const auto marks = one.marks;
    drop_arrival(frame.id);
    return refuse_flaw(marks, *flaw);
  }
  if (!last)
    return;
  const std::shared_ptr<const arrival> whole(std::move(found->second));
  arrivals_.erase(found);
  const auto& arguments = whole->arguments;
  arriving_bytes_ -= arguments.bytes();
  dispatch({whole->marks,
            whole->service,
            whole->caller,
            whole->scheme,
            whole->ttl_ms,
            {arguments.method(), arguments.headers(), {}},
            std::shared_ptr<const tchannel_arrival>(whole, &arguments)});
}

void tchannel_session::dispatch(const whole_call& call) {
  const auto& [marks, service, caller, scheme, ttl_ms, arguments, gathered] = call;
  const auto refuse_begun = [&](const std::string& why) {
    call_over();
    refuse(marks, error_code::bad_request, why);
  };
  if (scheme != "thrift")
    return refuse_begun("arguments are taken in thrift, not in \"" + utf8::excerpt(scheme, shown_bytes_max) + "\"");
  const auto route = thrift_route_of_name(shared_.calls.table, arguments.method);
  if (!route) {
    shared_.calls.meters.unknown_method();
    return refuse_begun("unrecognized procedure \"" + utf8::excerpt(arguments.method, shown_bytes_max) +
                        "\" for service \"" + utf8::excerpt(service, shown_bytes_max) + "\"");
  }
  auto who = caller_of(call);
  if (!who)
    return refuse_begun("the application headers cannot be read");
  const tchannel_call_ptr made(new tchannel_call(*this, shared_.calls, marks, route, std::string(service)));
  calls_.emplace(marks.id, made);
  if (!gathered)
    made->start(std::move(who), ttl_ms, arguments.body);
  else if (gathered->body().size() < heavy_bytes_min)
    made->start(std::move(who), ttl_ms, gathered->body().whole());
  else // with its memory, which is counted until it was read
    made->start_elsewhere(shared_.heavy, std::move(who), ttl_ms, gathered);
}

std::shared_ptr<const actors::caller_info> tchannel_session::caller_of(const whole_call& call) {
  std::string said(call.caller);
  said.append(1, '\0').append(call.arguments.headers);
  if (last_caller_ && said == last_said_)
    return last_caller_;
  caller_builder builder;
  builder.add("rpc-caller", call.caller);
  if (!tchannel::read_headers(call.arguments.headers, [&builder](std::string_view name, std::string_view value) {
        builder.add(lower(name), value);
      }))
    return nullptr;
  last_said_ = std::move(said);
  last_caller_ = std::make_shared<const actors::caller_info>(std::move(builder).finish());
  return last_caller_;
}

// --- calls end

void tchannel_session::answered(tchannel_call& which) {
  const tchannel_call_ptr keep(&which);
  which.detach();
  calls_.erase(which.marks().id);
  call_over();
  auto reply = which.take_reply();
  if (reply.status)
    return refuse(which.marks(), tchannel_code(*reply.status), reply.status->message);
  const auto size = static_cast<std::int64_t>(reply.body.size());
  if (size > connection_.shared().how.message_bytes_max) {
    connection_.shared().counts.refused(net::refusal::message_bytes);
    return refuse(which.marks(), error_code::unexpected, "the response is larger than the limit");
  }
  if (!connection_.has_room_for(size))
    return refuse(which.marks(), error_code::declined, "earlier responses have not been read yet; try again");
  answer_bytes_ += size;
  answers_.emplace_back(which.marks(), reply.failed, std::move(reply.headers), std::move(reply.body));
  connection_.write_later();
}

void tchannel_session::end_call_early(tchannel_call& which, error_code code, std::string_view why) {
  const tchannel_call_ptr keep(&which);
  which.detach();
  calls_.erase(which.marks().id);
  call_over();
  refuse(which.marks(), code, why);
  which.give_up();
}

void tchannel_session::cancel(std::uint32_t id) {
  if (const auto found = calls_.find(id); found != calls_.end())
    return end_call_early(*found->second, error_code::cancelled, "the call was cancelled");
  if (const auto found = arrivals_.find(id); found != arrivals_.end()) {
    const auto marks = found->second->marks;
    drop_arrival(id);
    refuse(marks, error_code::cancelled, "the call was cancelled");
  }
}

void tchannel_session::drop_arrival(std::uint32_t id) {
  const auto found = arrivals_.find(id);
  if (found == arrivals_.end())
    return;
  arriving_bytes_ -= found->second->arguments.bytes();
  arrivals_.erase(found);
  call_over();
}

void tchannel_session::call_over() {
  connection_.end_call();
  if (under_way() == 0)
    idle_ns_ = connection_.on().now_ns();
}

void tchannel_session::refuse(const tchannel_marks& marks, error_code code, std::string_view why) {
  say(tchannel::error_frame(marks.id, code, marks.trace(), why));
}

void tchannel_session::refuse_flaw(const tchannel_marks& marks, tchannel_flaw why) {
  auto& counts = connection_.shared().counts;
  switch (why) {
  case tchannel_flaw::broken: return refuse(marks, error_code::bad_request, "the arguments of the call cannot be read");
  case tchannel_flaw::checksum: return refuse(marks, error_code::bad_request, "the checksum of the call is wrong");
  case tchannel_flaw::too_large:
    counts.refused(net::refusal::message_bytes);
    return refuse(marks, error_code::bad_request, "the arguments of the call are larger than the limit");
  case tchannel_flaw::headers_too_large:
    counts.refused(net::refusal::header_bytes);
    return refuse(marks, error_code::bad_request, "the headers of the call are larger than the limit");
  case tchannel_flaw::no_memory:
    counts.refused(net::refusal::request_bytes);
    return refuse(marks, error_code::busy, "the server has no memory for the call right now; try again");
  }
}

void tchannel_session::say(const std::string& frame) {
  control_ += frame;
  connection_.write_later();
}

void tchannel_session::break_off(std::string_view why) {
  connection_.shared().counts.refused(net::refusal::protocol);
  say(tchannel::error_frame(tchannel::no_id, error_code::protocol, {}, why));
  over_ = true;
  connection_.end();
}

void tchannel_session::overdone(net::refusal why) {
  over_ = true;
  connection_.offend(why);
}

} // namespace cadenza::bridge
