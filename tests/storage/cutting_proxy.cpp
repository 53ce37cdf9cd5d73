#include "tests/storage/cutting_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace cadenza::storage::test {

namespace {

sockaddr_in on_loopback(int port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons(static_cast<std::uint16_t>(port));
  return at;
}

bool send_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// Takes one of what is to come, if anything is.
bool take(std::atomic<int>& left) {
  auto seen = left.load();
  while (seen > 0)
    if (left.compare_exchange_weak(seen, seen - 1))
      return true;
  return false;
}

} // namespace

cutting_proxy::cutting_proxy(int server_port) : server_port_(server_port) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto at = on_loopback(0);
  socklen_t size = sizeof at;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&at), size) != 0 || listen(listener_, 64) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) != 0 || pipe(wake_) != 0)
    throw std::runtime_error("no proxy");
  port_ = ntohs(at.sin_port);
  thread_ = std::thread([this] { run(); });
}

cutting_proxy::~cutting_proxy() {
  static_cast<void>(!write(wake_[1], "x", 1));
  thread_.join();
  for (const auto& one : pairs_) {
    close(one.client);
    close(one.server);
  }
  for (const int fd : {listener_, wake_[0], wake_[1]})
    close(fd);
}

void cutting_proxy::accept_one() {
  pair one;
  one.client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  one.server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto at = on_loopback(server_port_);
  if (one.client < 0 || connect(one.server, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
    close(one.client);
    close(one.server);
    return;
  }
  pairs_.push_back(one);
}

bool cutting_proxy::pass(pair& one, bool from_client) {
  char buffer[65536];
  const auto got = recv(from_client ? one.client : one.server, buffer, sizeof buffer, 0);
  if (got <= 0)
    return false;
  if (take(from_client ? cut_requests_ : cut_answers_)) {
    ++cuts_;
    return false;
  }
  if (!send_all(from_client ? one.server : one.client, {buffer, static_cast<std::size_t>(got)}))
    return false;
  if (from_client && take(cut_behind_)) {
    ++cuts_;
    return false;
  }
  return true;
}

void cutting_proxy::run() {
  for (;;) {
    std::vector<pollfd> watched{{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const auto& one : pairs_) {
      watched.push_back({one.client, POLLIN, 0});
      watched.push_back({one.server, POLLIN, 0});
    }
    if (poll(watched.data(), watched.size(), -1) < 0)
      continue;
    if (watched[0].revents != 0)
      return;
    std::vector<pair> left;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      auto& one = pairs_[i];
      bool open = true;
      if (watched[2 + 2 * i].revents != 0)
        open = pass(one, true);
      if (open && watched[3 + 2 * i].revents != 0)
        open = pass(one, false);
      if (open) {
        left.push_back(one);
      } else {
        close(one.client);
        close(one.server);
      }
    }
    pairs_ = std::move(left);
    if (watched[1].revents != 0)
      accept_one();
  }
}

} // namespace cadenza::storage::test
