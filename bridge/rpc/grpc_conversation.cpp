#include "bridge/rpc/grpc_conversation.hpp"

#include "bridge/rpc/grpc_codes.hpp"
#include "bridge/rpc/grpc_intake.hpp"

#include <algorithm>

namespace cadenza::bridge {

namespace {

constexpr std::size_t message_bytes_max = 64 << 10; // a question of the standard protocols has a few dozen
constexpr std::size_t prefix_bytes = grpc_intake::prefix_bytes;

/// The length that the first message of `bytes` announces; `bytes` has a whole prefix.
std::size_t announced(std::string_view bytes) {
  std::size_t out = 0;
  for (std::size_t i = 1; i < prefix_bytes; ++i)
    out = out << 8 | static_cast<std::uint8_t>(bytes[i]);
  return out;
}

} // namespace

grpc_conversation::grpc_conversation(net::h2_session& in, std::int32_t id, grpc_shared& shared, const grpc_head& head,
                                     std::unique_ptr<stream> user)
  : grpc_stream(in, id, shared, head), user_(std::move(user)), memory_(in.shared().requests) {
  set_due(head.steady_deadline_ns);
}

void grpc_conversation::on_data(std::string_view bytes) {
  if (!memory_.take_little(static_cast<std::int64_t>(bytes.size()))) {
    session()->shared().counts.refused(net::refusal::request_bytes);
    return end(grpc_intake::out_of_memory());
  }
  // What is not read keeps the stream's window: a client that asks faster than it takes answers waits.
  session()->hold(*this, static_cast<std::int64_t>(bytes.size()));
  received_ += bytes;
  read_what_is_here();
}

void grpc_conversation::on_end() {
  request_over_ = true;
  read_what_is_here();
}

void grpc_conversation::read_what_is_here() {
  if (!wants_ || begins_ || half_close_told_ || ending_ || !session())
    return;
  const bool whole = received_.size() >= prefix_bytes && received_.size() - prefix_bytes >= announced(received_);
  if (received_.size() >= prefix_bytes && (received_.front() != 0 || announced(received_) > message_bytes_max)) {
    session()->shared().counts.refused(net::refusal::message_bytes);
    return end({grpc_code::invalid_argument, "the message is compressed or too large for this method", {}});
  }
  if (whole) {
    begins_ = true;
    session()->begin_when_there_is_room(*this);
  } else if (request_over_) {
    half_close_told_ = true;
    user_->on_half_close(*this);
  }
}

void grpc_conversation::on_begin() {
  begins_ = false;
  if (!session() || ending_)
    return;
  wants_ = false;
  const auto size = prefix_bytes + announced(received_);
  const auto message = received_.substr(prefix_bytes, size - prefix_bytes);
  received_.erase(0, size);
  memory_.give_back(static_cast<std::int64_t>(size));
  session()->hold(*this, -static_cast<std::int64_t>(size));
  session()->take_more(*this, size);
  user_->on_message(*this, message);
}

void grpc_conversation::on_due(std::int64_t) {
  end({grpc_code::deadline_exceeded, "the deadline of the call has passed", {}});
}

// --- from any thread

void grpc_conversation::read_next() {
  {
    const std::lock_guard guard(lock_);
    asks_ = true;
  }
  run_soon();
}

void grpc_conversation::write(const google::protobuf::MessageLite& message) {
  auto bytes = grpc_message(message);
  {
    const std::lock_guard guard(lock_);
    to_say_.push_back(std::move(bytes));
  }
  run_soon();
}

void grpc_conversation::finish(const wire_status& status) {
  {
    const std::lock_guard guard(lock_);
    if (!to_end_)
      to_end_ = status;
  }
  run_soon();
}

// --- under the turn

void grpc_conversation::on_run() {
  std::deque<net::payload_ptr> say;
  std::optional<wire_status> end_with;
  bool asks = false;
  {
    const std::lock_guard guard(lock_);
    say.swap(to_say_);
    end_with.swap(to_end_);
    asks = std::exchange(asks_, false);
  }
  if (!session() || ending_)
    return;
  for (auto& message : say) {
    if (!session()->on().has_room_for(static_cast<std::int64_t>(message->size())))
      return end({grpc_code::unavailable, "earlier responses have not been read yet; try again", {}});
    if (!std::exchange(spoke_, true))
      session()->begin_answer(*this, grpc_answer_head());
    session()->say(*this, std::move(message));
  }
  if (end_with)
    return end(std::move(*end_with));
  if (asks) {
    wants_ = true;
    tell_soon();
  }
}

void grpc_conversation::end(wire_status why) {
  if (ending_ || !session())
    return;
  ending_ = std::make_unique<grpc_status_fields>(why);
  if (spoke_)
    session()->say_no_more(*this);
  else
    session()->answer(*this, ending_->whole_answer(), nullptr);
}

std::span<const net::header> grpc_conversation::trailers() {
  return ending_ ? ending_->trailers() : grpc_good_trailers();
}

void grpc_conversation::on_said() {
  ++written_;
  tell_soon();
}

void grpc_conversation::tell_soon() {
  hold_peer(); // until `tell`
  on().run_on_own_thread(teller_);
}

void grpc_conversation::tell() {
  const stream_peer_ptr keep(this, false);
  if (!session())
    return;
  for (; written_ > 0; --written_)
    user_->on_written(*this);
  read_what_is_here();
}

void grpc_conversation::on_closed() {
  received_ = {};
  memory_.give_back(memory_.bytes());
  user_->on_done(*this);
}

void grpc_conversation::on_abandon() { end({grpc_code::unavailable, "the server is stopping; try again", {}}); }

} // namespace cadenza::bridge
