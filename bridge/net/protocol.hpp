#pragma once

#include "bridge/net/output.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace cadenza::bridge::net {

class connection;

/// What is spoken on one connection. It lives as long as its connection. Everything is called under the loop's turn.
class protocol {
public:
  virtual ~protocol() = default;

  /// Bytes from the client, on the loop's own thread. They are gone when this returns.
  virtual void on_bytes(std::string_view bytes) = 0;

  /// Adds what is to be sent now; not much more than `bytes_wanted` at a time.
  static constexpr std::size_t bytes_wanted = 256 << 10;
  virtual void produce(output& into) = 0;

  /// The client has gone: calls are told so, and nothing they answer goes anywhere. On the loop's own thread, once.
  virtual void on_closed() = 0;

  /// Looks at time-outs. When it wants to be asked again; INT64_MAX: not for a time-out. On the loop's own thread.
  virtual std::int64_t check(std::int64_t now_ns) = 0;

  /// Lets what is under way finish and takes nothing new; `finished` is true when all is said.
  virtual void drain() = 0;
  /// Answers what is under way with "the server stops". On the loop's own thread.
  virtual void abandon() = 0;
  [[nodiscard]] virtual bool finished() const = 0;

  /// The client's first words were understood.
  [[nodiscard]] virtual bool greeted() const = 0;
  /// False: it has enough to do; it asks with `connection::read_again`.
  [[nodiscard]] virtual bool takes_bytes() const { return true; }
  /// Bytes of answers that it holds because the client does not take them.
  [[nodiscard]] virtual std::int64_t bytes_held() const { return 0; }
};

/// Makes protocols for connections. One object for each port and protocol; it outlives them.
class front {
public:
  enum class match { no, yes, too_short };

  virtual ~front() = default;
  /// Whether a client that begins with `first` speaks this. It must decide at 32 bytes at the latest.
  [[nodiscard]] virtual match recognise(std::string_view first) const = 0;
  /// Its name where both sides agree on the protocol before the first byte (ALPN).
  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual std::unique_ptr<protocol> open(connection& on) = 0;
};

} // namespace cadenza::bridge::net
