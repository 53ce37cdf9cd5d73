#pragma once

#include "actors/base/call.hpp"
#include "messages/outcome.hpp"

#include "cadenza/record/v1/link.pb.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace cadenza::actors {

/// Bounds of one link. Bytes are those of messages, without heads.
struct link_bounds {
  std::size_t chunk_bytes = 64 << 10;     ///< larger messages go in parts of this size
  std::size_t credit_bytes = 1 << 20;     ///< of large messages, on their way and not yet taken
  std::size_t message_bytes = 256u << 20; ///< the largest message
  std::size_t window_bytes = 256u << 20;  ///< requests without an answer, and answers not yet sent
  std::size_t window_requests = 8'192;    ///< requests without an answer
  std::size_t window_waiting = 100'000;   ///< of those that may wait long
};

/// Sends a frame to the other side.
using frame_sink = std::function<void(const wire::v1::LinkHead& head, std::string body)>;

/// The sending half of a session: cuts messages into frames. Small messages go at once; large ones take turns, a part
/// each, and no more of them is on its way than the other side has room for. So a small message never waits for more
/// than `credit_bytes`.
class link_outbox {
public:
  link_outbox(const link_bounds& bounds, std::uint64_t session, frame_sink sink)
    : bounds_(bounds), session_(session), sink_(std::move(sink)) {}

  /// Sends a frame that is no part of a message.
  void send(wire::v1::LinkHead head);
  /// Sends a message: at once, or its parts in their turn.
  void send_message(wire::v1::LinkBegin begin, std::string bytes);
  /// The other side has taken bytes of large messages. False: more than were on their way.
  [[nodiscard]] bool taken(std::uint64_t bytes);
  /// Nobody wants the rest of this message; false: it is not one that is being sent.
  bool give_up(std::uint64_t id, bool answer);

  /// Bytes that wait for their turn.
  [[nodiscard]] std::size_t waiting_bytes() const { return waiting_; }

private:
  struct large {
    std::uint64_t id = 0;
    bool answer = false;
    wire::v1::LinkBegin begin; ///< empty once it was sent
    bool begun = false;
    std::string bytes;
    std::size_t sent = 0;
  };
  void pump();
  void emit(wire::v1::LinkHead& head, std::string body);

  const link_bounds bounds_;
  const std::uint64_t session_;
  frame_sink sink_;
  std::uint64_t sequence_ = 0;
  std::size_t under_way_ = 0;
  std::size_t waiting_ = 0;
  std::deque<large> turns_;
};

/// A message that has arrived whole.
struct link_message {
  wire::v1::LinkBegin begin;
  std::string bytes;
};

/// The receiving half of a session: checks the order of the frames and puts messages together.
class link_inbox {
public:
  explicit link_inbox(const link_bounds& bounds, std::uint64_t session) : bounds_(bounds), session_(session) {}

  enum class verdict { fresh, repeated, foreign, broken };
  /// Whether a frame is the next one. `repeated`: it was there before; `foreign`: of another session; `broken`: frames
  /// before it are missing, so the session is over.
  [[nodiscard]] verdict look(const wire::v1::LinkHead& head);

  /// The message when it is whole. An error: what arrived is not what the protocol allows, the session is over.
  [[nodiscard]] outcome<std::optional<link_message>> begin(const wire::v1::LinkBegin& begin, std::string body);
  [[nodiscard]] outcome<std::optional<link_message>> more(const wire::v1::LinkMore& more, const std::string& body);

  /// Bytes of large messages to be acknowledged; 0 while it is not worth a frame.
  [[nodiscard]] std::uint64_t to_acknowledge();

private:
  using key = std::pair<std::uint64_t, bool>;
  const link_bounds bounds_;
  const std::uint64_t session_;
  std::uint64_t sequence_ = 0;
  std::uint64_t unacknowledged_ = 0;
  std::size_t held_ = 0; ///< announced sizes of what is not whole
  std::map<key, link_message> partial_;
};

void put_caller(const caller_info& from, wire::v1::LinkCaller& to);
[[nodiscard]] caller_info caller_of(const wire::v1::LinkCaller& from);
void put_failure(const error& from, wire::v1::LinkFailure& to);
[[nodiscard]] error failure_of(const wire::v1::LinkFailure& from);

} // namespace cadenza::actors
