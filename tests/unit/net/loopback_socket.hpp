#pragma once

#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cadenza::tests {

/// A client's connection to a port of this machine. Reading and writing wait for at most ten seconds.
class loopback_socket {
public:
  /// `receive_bytes`: how much the system keeps for a client that does not read; 0: what it likes. Throws when nobody
  /// listens.
  explicit loopback_socket(int port, int receive_bytes = 0) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_bytes > 0)
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    const timeval patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // A server that hangs up before the call returns did listen: what is sent and read then says so.
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 && errno != ECONNRESET) {
      ::close(fd_);
      throw std::runtime_error("nobody listens");
    }
  }
  ~loopback_socket() { ::close(fd_); }
  loopback_socket(const loopback_socket&) = delete;
  loopback_socket& operator=(const loopback_socket&) = delete;

  [[nodiscard]] int descriptor() const { return fd_; }

  /// False once the server has hung up, or takes nothing.
  [[nodiscard]] bool send(const std::string& bytes) const {
    for (std::size_t at = 0; at < bytes.size();) {
      const auto part = ::send(fd_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
      if (part <= 0)
        return false;
      at += static_cast<std::size_t>(part);
    }
    return true;
  }
  /// Fewer than `size` bytes: the server has hung up, or says nothing: `errno` is EAGAIN then.
  [[nodiscard]] std::string read(std::size_t size) const {
    std::string out(size, '\0');
    for (std::size_t at = 0; at < size;) {
      const auto part = ::recv(fd_, out.data() + at, size - at, 0);
      if (part <= 0) {
        out.resize(at);
        return out;
      }
      at += static_cast<std::size_t>(part);
    }
    return out;
  }
  /// Everything until the server hangs up.
  [[nodiscard]] std::string rest() const {
    std::string out;
    char part[4096];
    for (ssize_t got = 0; (got = ::recv(fd_, part, sizeof part, 0)) > 0;)
      out.append(part, static_cast<std::size_t>(got));
    return out;
  }
  /// The connection ends with a reset instead of an orderly end.
  void abort_at_end() const {
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

private:
  const int fd_;
};

} // namespace cadenza::tests
