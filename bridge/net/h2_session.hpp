#pragma once

#include "bridge/net/connection.hpp"
#include "bridge/net/h2_frames.hpp"
#include "bridge/net/h2_stream.hpp"
#include "bridge/net/header_list.hpp"
#include "bridge/net/protocol.hpp"
#include "messages/outcome.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <span>

struct nghttp2_session;

namespace cadenza::bridge::net {

class h2_session;

/// What is done with requests over HTTP/2. Outlives all sessions.
class h2_user {
public:
  virtual ~h2_user() = default;
  /// A request's headers are here. Null: it was answered (`h2_session::answer_at_once`) or reset.
  virtual h2_stream_ptr open(h2_session& in, std::int32_t id, const header_list& headers) = 0;
  /// The same when the headers are larger than allowed; `headers` are the first of them.
  virtual void open_too_large(h2_session& in, std::int32_t id, const header_list& headers) = 0;
};

/// HTTP/2 on one connection, by nghttp2: frames, header compression and flow control are the library's, bounds are
/// ours.
///
/// Threads: under the loop's turn. Lifetime: its connection's.
class h2_session final : public protocol {
public:
  h2_session(connection& on, h2_user& user);
  ~h2_session() override;

  void on_bytes(std::string_view bytes) override;
  void produce(output& into) override;
  void on_closed() override;
  std::int64_t check(std::int64_t now_ns) override;
  void drain() override;
  void abandon() override;
  [[nodiscard]] bool finished() const override;
  [[nodiscard]] bool greeted() const override { return greeted_; }
  [[nodiscard]] std::int64_t bytes_held() const override { return held_; }

  // --- for streams
  [[nodiscard]] connection& on() { return connection_; }
  [[nodiscard]] common& shared() { return connection_.shared(); }
  /// What its user remembers of this connection.
  struct memory {
    virtual ~memory() = default;
  };
  std::unique_ptr<memory> remembered;

  /// The whole answer: headers, and a body with trailers after it if there is one.
  void answer(h2_stream& to, std::span<const header> head, payload_ptr body);
  /// An answer that goes on: headers, then bodies, until `say_no_more`; then its trailers.
  void begin_answer(h2_stream& to, std::span<const header> head);
  void say(h2_stream& to, payload_ptr body);
  void say_no_more(h2_stream& to);
  /// Headers alone, to a request without a stream object.
  void answer_at_once(std::int32_t id, std::span<const header> head);
  void reset(std::int32_t id, std::uint32_t code);

  /// The client may send so many bytes more on the stream.
  void take_more(h2_stream& on, std::size_t bytes);
  /// The client may have so many bytes of the stream on their way.
  void widen(h2_stream& on, std::int32_t bytes);
  /// Bytes that wait here for the rest of their request, without memory set aside for them (negative: no more). While
  /// there are too many the client may not send more on the whole connection.
  void hold(h2_stream& of, std::int64_t bytes);
  /// A large request has the memory that it waited for: what others hold does not keep it from arriving.
  void expect(h2_stream& which);
  void let_go(h2_stream& of); ///< of all that it holds; it is not expected any more
  [[nodiscard]] bool holds_too_much() const {
    return waiting_bytes_ > connection_.shared().how.request_bytes_per_connection;
  }

  /// Calls `on_begin` at once, or when the client has taken enough of its other answers.
  void begin_when_there_is_room(h2_stream& which);
  /// A request has begun whose answer is likely to follow soon (not: a poll).
  void began(h2_stream& which);
  /// `which` looks at bytes that it was given with `on_data`: `on_view_over` tells when they go. Null: no more.
  void views(h2_stream* which);

private:
  static constexpr std::int64_t expecting_factor = 4;
  struct callbacks; ///< what the library calls
  friend struct callbacks;
  struct starter final : posted {
    explicit starter(h2_session& s) : of(s) {}
    void on_posted() override { of.catch_up(); }
    h2_session& of;
    bool on_its_way = false;
  };

  void on_request(std::int32_t id);
  void on_reset_by_client(std::int32_t id);
  void on_stream_closed(std::int32_t id);
  void on_body(std::int32_t id, std::string_view bytes);
  void on_own_reset(std::uint32_t code);
  [[nodiscard]] bool within_bounds(const h2_frames::seen& seen);
  void overdone(refusal why);
  [[nodiscard]] bool check_client(std::int64_t now_ns);
  void check_life(std::int64_t now_ns);
  [[nodiscard]] h2_stream* find(std::int32_t id);
  void link(h2_stream& which);
  void unlink(h2_stream& which);
  void close_stream(h2_stream& which);
  [[nodiscard]] bool has_room() const;
  void begin_waiting();
  void catch_up();
  void catch_up_soon();
  void let_client_send();
  void submit(h2_stream& to, std::span<const header> head);

  connection& connection_;
  h2_user& user_;
  nghttp2_session* session_ = nullptr;
  output* gathers_ = nullptr; ///< during `produce`
  header_list headers_;       ///< of the request that is arriving
  bool headers_too_large_ = false;
  h2_frames frames_;
  bucket resets_;
  bucket idle_frames_;

  h2_stream* streams_ = nullptr; ///< all that are open
  int streams_count_ = 0;
  std::deque<h2_stream_ptr> waiting_; ///< to begin
  std::vector<h2_stream_ptr> closed_; ///< on a foreign thread: they are told by the loop's own
  h2_stream* views_ = nullptr;
  starter starter_{*this};
  bool greeted_ = false;
  bool broken_ = false;   ///< no more is read
  bool draining_ = false; ///< the client knows that nothing new is begun

  std::int64_t held_ = 0; ///< bytes of answers that were not given to the socket
  std::int64_t waiting_bytes_ = 0;
  int expected_ = 0;                     ///< requests
  std::size_t unconsumed_ = 0;           ///< of the connection's window, kept back because of them
  int working_ = 0;                      ///< calls whose answers are likely to come soon
  std::int64_t answer_bytes_ = 16 << 10; ///< of an answer, on average; before the first, a guess
  std::int64_t heard_ns_;
  std::int64_t said_ns_;    ///< when a part of an answer left last, or the first began to wait
  std::int64_t idle_ns_;    ///< since when no stream is open
  std::int64_t mid_ns_ = 0; ///< since when a frame or headers have begun; 0: they have not
  bool pinged_ = false;
};

/// HTTP/2 clients that begin with its preface.
class h2_front final : public front {
public:
  explicit h2_front(h2_user& user) : user_(user) {}
  [[nodiscard]] match recognise(std::string_view first) const override;
  [[nodiscard]] std::string_view name() const override { return "h2"; }
  [[nodiscard]] std::unique_ptr<protocol> open(connection& on) override {
    return std::make_unique<h2_session>(on, user_);
  }

private:
  h2_user& user_;
};

/// Refuses to work with a library that is known to fall to a client (before 1.52.0-1+deb12u3 where Debian's package
/// tells; before 1.52 anywhere).
[[nodiscard]] outcome<void> check_nghttp2();

} // namespace cadenza::bridge::net
