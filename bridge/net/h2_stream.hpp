#pragma once

#include "bridge/net/counted.hpp"
#include "bridge/net/header_list.hpp"
#include "bridge/net/loop.hpp"
#include "bridge/net/payload.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>

namespace cadenza::bridge::net {

class h2_session;

/// One request over HTTP/2 and its answer: an HTTP/2 stream. Kinds of streams derive from it.
///
/// Lifetime: counted; the session holds it until the stream is closed, and so may others.
/// Threads: under the turn of its loop, but for `run_soon`.
class h2_stream : public counted, private posted, private timer {
public:
  [[nodiscard]] std::int32_t id() const { return id_; }
  [[nodiscard]] bool closed() const { return session_ == nullptr; }

protected:
  h2_stream(h2_session& in, std::int32_t id);
  ~h2_stream() override = default;

  // --- what comes from the client; on the loop's own thread
  virtual void on_data(std::string_view bytes) = 0;
  virtual void on_end() = 0; ///< of the request
  /// The stream is over: all was sent, or one side took it back, or the connection is gone. `session` is null.
  virtual void on_closed() = 0;
  /// The time that was set has come.
  virtual void on_due(std::int64_t now_ns) = 0;
  /// Say that the server stops, if nothing was said yet.
  virtual void on_abandon() = 0;
  /// The request may begin now (see `h2_session::begin_when_there_is_room`).
  virtual void on_begin() {}
  /// What was given to `say` has left. On whatever thread has the turn.
  virtual void on_said() {}
  /// What was given to `on_data` goes now (see `h2_session::views`).
  virtual void on_view_over() {}

  /// Any thread: `on_run` is called soon, perhaps on this thread; several requests may share one call.
  void run_soon();
  virtual void on_run() = 0;

  /// After the last byte of a body. At most `trailers_max`; they must stay until the stream is closed.
  static constexpr std::size_t trailers_max = 4;
  virtual std::span<const header> trailers() = 0;

  void set_due(std::int64_t due_ns);
  [[nodiscard]] h2_session* session() { return session_; } ///< null: closed
  [[nodiscard]] loop& on() { return loop_; }

private:
  friend class h2_session;
  void on_posted() final;
  void on_timer(std::int64_t now_ns) final { on_due(now_ns); }
  void next_body(); ///< when the present one was sent
  [[nodiscard]] bool no_more_bodies() const { return last_said_ && (!more_ || more_->empty()); }
  [[nodiscard]] std::int64_t bytes_unsaid() const;

  loop& loop_;
  h2_session* session_;
  h2_stream* next_ = nullptr; ///< of the session's list
  h2_stream* previous_ = nullptr;
  const std::int32_t id_;
  std::atomic<bool> posted_{false};

  bool request_ended_ = false;
  bool answering_ = false;      ///< headers of the answer were submitted
  bool deferred_ = false;       ///< the library waits for more of the body
  bool last_said_ = false;      ///< no more of the body comes
  bool working_ = false;        ///< its answer is likely to come soon
  bool expected_ = false;       ///< see `h2_session::expect`
  std::int64_t held_bytes_ = 0; ///< of the request (see `h2_session::hold`)
  const std::int64_t since_ns_;
  payload_ptr body_; ///< of the answer: being sent, from `body_at_` on
  std::size_t body_at_ = 0;
  std::unique_ptr<std::deque<payload_ptr>> more_; ///< follows it
};

using h2_stream_ptr = counted_ptr<h2_stream>;

} // namespace cadenza::bridge::net
