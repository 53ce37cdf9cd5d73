#pragma once

#include "bridge/net/connection.hpp"
#include "bridge/net/counted.hpp"
#include "bridge/net/loop.hpp"
#include "bridge/net/protocol.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace cadenza::bridge::net {

class http1_session;

/// A request over HTTP/1.
struct http1_request {
  std::string method;
  std::string path;                              ///< decoded, without the query
  std::map<std::string, std::string> parameters; ///< of the query, decoded; the last of equal names
  std::map<std::string, std::string> headers;    ///< names in lower case; the last of equal names
  std::string body;
  address from;
};

struct http1_response {
  int status = 200;
  std::string content_type;
  std::string body;
};

/// One request over HTTP/1 that waits for its answer. Counted. `answer` from any thread, once; without it the
/// connection waits.
class http1_exchange final : public counted, private posted {
public:
  http1_exchange(http1_session& in, http1_request request);

  [[nodiscard]] const http1_request& request() const { return request_; }
  void answer(http1_response response);

private:
  friend class http1_session;
  void on_posted() override;

  loop& loop_;
  http1_session* session_; ///< null: the client has gone; under the turn
  const http1_request request_;
  http1_response response_;
};

using http1_exchange_ptr = counted_ptr<http1_exchange>;

/// What is done with requests over HTTP/1. Outlives all sessions.
class http1_user {
public:
  virtual ~http1_user() = default;
  /// On the loop's own thread: must not wait.
  virtual void serve(http1_exchange_ptr exchange) = 0;
};

/// HTTP/1 on one connection, parsed by Boost.Beast: one request after the other.
///
/// Threads: under the loop's turn. Lifetime: its connection's.
class http1_session final : public protocol {
public:
  http1_session(connection& on, http1_user& user);
  ~http1_session() override;

  void on_bytes(std::string_view bytes) override;
  void produce(output& into) override;
  void on_closed() override;
  std::int64_t check(std::int64_t now_ns) override;
  void drain() override;
  void abandon() override;
  [[nodiscard]] bool finished() const override { return over_ && out_.empty(); }
  [[nodiscard]] bool greeted() const override { return greeted_; }
  [[nodiscard]] bool takes_bytes() const override { return !serving_ && !over_; }
  [[nodiscard]] std::int64_t bytes_held() const override { return static_cast<std::int64_t>(out_.size()); }

private:
  friend class http1_exchange;
  struct reading; ///< the parser, which takes long to compile

  void read();
  [[nodiscard]] bool set_aside();
  void serve();
  void refuse(int status, refusal why, std::string_view text);
  void send_away(int status, std::string_view text);
  void answer(const http1_response& response);
  void say(const http1_response& response);
  void begin_reading();

  connection& connection_;
  http1_user& user_;
  std::unique_ptr<reading> reading_;
  share memory_;   ///< for the request that is arriving
  std::string in_; ///< bytes that the parser has not taken
  std::string out_;
  http1_exchange_ptr serving_;
  bool keeps_open_ = true;
  bool without_body_ = false; ///< HEAD
  bool over_ = false;
  bool greeted_ = false;
  std::int64_t since_ns_; ///< when the present request may have begun
};

/// HTTP/1 clients: those that begin with the name of a method.
class http1_front final : public front {
public:
  explicit http1_front(http1_user& user) : user_(user) {}
  [[nodiscard]] match recognise(std::string_view first) const override;
  [[nodiscard]] std::string_view name() const override { return "http/1.1"; }
  [[nodiscard]] std::unique_ptr<protocol> open(connection& on) override {
    return std::make_unique<http1_session>(on, user_);
  }

private:
  http1_user& user_;
};

} // namespace cadenza::bridge::net
