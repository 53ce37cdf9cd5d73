#include "bridge/http/tchannel_door.hpp"

#include "config/log.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cadenza::bridge {
namespace {

constexpr std::size_t frame_header_bytes = 16;
constexpr std::size_t tracing_bytes = 25;
constexpr std::size_t peers_known_max = 1000;
constexpr int patience_ms = 500;

std::string peer_name(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET6)
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof text);
  else
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  return text;
}

/// A listening socket, and its port; -1 when there is none to be had.
int listen_on(const std::string& host, int& port) {
  sockaddr_storage address{};
  socklen_t size = sizeof(sockaddr_in);
  auto& v4 = reinterpret_cast<sockaddr_in&>(address);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<std::uint16_t>(port));
  } else if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(static_cast<std::uint16_t>(port));
    size = sizeof(sockaddr_in6);
  } else {
    return -1;
  }
  const int out = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (out < 0)
    return -1;
  const int yes = 1;
  setsockopt(out, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  socklen_t bound = sizeof address;
  if (bind(out, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(out, 16) != 0 ||
      getsockname(out, reinterpret_cast<sockaddr*>(&address), &bound) != 0) {
    close(out);
    return -1;
  }
  port = ntohs(address.ss_family == AF_INET6 ? v6.sin6_port : v4.sin_port);
  return out;
}

void put_16(std::string& out, std::size_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value);
}

} // namespace

std::string refuse_tchannel(const std::string& request, const std::string& message) {
  // A frame is its size, type, a reserved byte, an id, eight reserved bytes and its content. Type 1 begins a
  // connection.
  constexpr char init = 1;
  constexpr char error = static_cast<char>(0xff);
  constexpr char protocol_error = static_cast<char>(0xff);
  if (request.size() < frame_header_bytes || request[2] != init)
    return {};
  std::string out;
  put_16(out, frame_header_bytes + 1 + tracing_bytes + 2 + message.size());
  out += error;
  out += '\0';
  out += request.substr(4, 4);
  out.append(8, '\0');
  out += protocol_error;
  out.append(tracing_bytes, '\0');
  put_16(out, message.size());
  return out + message;
}

tchannel_door::~tchannel_door() {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto told = write(stop_, &one, sizeof one);
    thread_.join();
  }
  if (listener_ >= 0)
    close(listener_);
  if (stop_ >= 0)
    close(stop_);
}

int tchannel_door::open(int port) {
  listener_ = listen_on(host_, port);
  stop_ = eventfd(0, EFD_CLOEXEC);
  if (listener_ < 0 || stop_ < 0)
    return 0;
  thread_ = std::thread([this] { run(); });
  return port;
}

void tchannel_door::run() {
  pollfd watched[] = {{listener_, POLLIN, 0}, {stop_, POLLIN, 0}};
  while (poll(watched, 2, -1) >= 0 || errno == EINTR) {
    if (watched[1].revents != 0)
      return;
    if (watched[0].revents == 0)
      continue;
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int peer = accept4(listener_, reinterpret_cast<sockaddr*>(&address), &size, SOCK_CLOEXEC);
    if (peer < 0) {
      if (errno != EINTR && errno != ECONNABORTED)
        (void)poll(&watched[1], 1, patience_ms); // out of descriptors: the visitor waits
      continue;
    }
    ++visitors_;
    const auto name = peer_name(address);
    if (known_.size() < peers_known_max && known_.insert(name).second)
      log::warn(
          "{} speaks to the port of TChannel, which is not spoken here: use gRPC on port {} (`cadence --transport "
          "grpc`)",
          name, grpc_port_);
    answer(peer);
    close(peer);
  }
}

void tchannel_door::answer(int peer) {
  std::string request;
  pollfd watched[] = {{peer, POLLIN, 0}, {stop_, POLLIN, 0}};
  while (request.size() < frame_header_bytes && poll(watched, 2, patience_ms) > 0 && watched[1].revents == 0) {
    char some[512];
    const auto got = recv(peer, some, sizeof some, MSG_DONTWAIT);
    if (got <= 0)
      break;
    request.append(some, static_cast<std::size_t>(got));
  }
  const auto frame = refuse_tchannel(request, "this server speaks gRPC, not TChannel: use --transport grpc and port " +
                                                  std::to_string(grpc_port_));
  if (!frame.empty())
    (void)send(peer, frame.data(), frame.size(), MSG_NOSIGNAL);
}

} // namespace cadenza::bridge
