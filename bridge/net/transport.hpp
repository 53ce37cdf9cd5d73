#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include <sys/uio.h>

namespace cadenza::bridge::net {

/// How bytes get from and to a client: as they are, or enciphered. Nothing here waits. Owns the socket.
class transport {
public:
  enum class state {
    open,    ///< some bytes went through
    blocked, ///< none now
    over     ///< the client has gone, or the connection is broken
  };
  struct result {
    state how = state::blocked;
    std::size_t bytes = 0;
  };

  virtual ~transport() = default;
  [[nodiscard]] virtual result read(std::uint8_t* to, std::size_t size) = 0;
  [[nodiscard]] virtual result write(std::span<const iovec> from) = 0;
  /// Nothing more will be written.
  virtual void finish() = 0;
  /// Reading is blocked until something can be written (a handshake).
  [[nodiscard]] virtual bool write_before_read() const { return false; }
  /// What both sides agreed to speak ("h2"); empty: to be seen from the first bytes.
  [[nodiscard]] virtual std::string_view agreed_protocol() const { return {}; }
  [[nodiscard]] virtual int descriptor() const = 0;
};

/// Plain TCP. Takes the descriptor over.
[[nodiscard]] std::unique_ptr<transport> plain_transport(int descriptor);

} // namespace cadenza::bridge::net
