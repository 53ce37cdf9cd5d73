#include "bridge/net/listener.hpp"

#include "config/log.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cadenza::bridge::net {

namespace {

constexpr int accepts_at_once_max = 64; // then those who are here already have their turn
constexpr int waiting_max = 4096;       // connections that the kernel keeps for us
constexpr std::int64_t pause_ns = 100'000'000;
constexpr int reserve_most = 640; // what a large store keeps open
constexpr int reserve_part = 4;   // of few descriptors, no more than one in so many is kept back

int open_spare() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

int first_reserved() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT32_MAX)
    return INT32_MAX;
  const auto all = static_cast<int>(limit.rlim_cur);
  return all - std::min(reserve_most, all / reserve_part);
}

void tell_short_of_descriptors() {
  static log::repeat_limit often;
  log::limited(often, log::level::error, {},
               "out of file descriptors: connections are refused until others end (a higher `ulimit -n` gives more)");
}

/// -1 when it cannot be had.
int listen_on(const addrinfo& at, int port) {
  sockaddr_storage name{};
  std::memcpy(&name, at.ai_addr, at.ai_addrlen);
  if (at.ai_family == AF_INET6)
    reinterpret_cast<sockaddr_in6&>(name).sin6_port = htons(static_cast<std::uint16_t>(port));
  else
    reinterpret_cast<sockaddr_in&>(name).sin_port = htons(static_cast<std::uint16_t>(port));
  const int out = ::socket(at.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (out < 0)
    return -1;
  const int yes = 1;
  const int no = 0;
  ::setsockopt(out, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (at.ai_family == AF_INET6) // "::" takes IPv4 clients, too, as people expect
    ::setsockopt(out, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
  if (::bind(out, reinterpret_cast<sockaddr*>(&name), at.ai_addrlen) == 0 && ::listen(out, waiting_max) == 0)
    return out;
  const int why = errno;
  ::close(out);
  errno = why;
  return -1;
}

int port_of(int descriptor) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&name), &size);
  return ntohs(name.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(name).sin6_port
                                          : reinterpret_cast<sockaddr_in&>(name).sin_port);
}

/// Adds the sockets to `out`. Gives "" or what went wrong, then with errno as the last attempt has left it.
std::string bind_found(const std::string& host, int& port, std::vector<int>& out) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); failed != 0)
    return errno = EADDRNOTAVAIL, ::gai_strerror(failed);
  int why = 0;
  for (const auto* at = found; at && why == 0; at = at->ai_next) {
    const int one = listen_on(*at, port);
    if (one >= 0) {
      out.push_back(one);
      port = port_of(one);
    } else if ((errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL) || (!at->ai_next && out.empty())) {
      why = errno; // others, a name may have that this machine has switched off
    }
  }
  ::freeaddrinfo(found);
  errno = why;
  return why == 0 ? std::string() : std::strerror(why) + std::string(why == EADDRINUSE ? " (is the port taken?)" : "");
}

} // namespace

outcome<std::vector<int>> bind_all(const std::string& host, int& port) {
  // Everywhere is one socket for both kinds of address, where the machine has both.
  const bool everywhere = host == "0.0.0.0";
  std::vector<int> out;
  auto why = bind_found(everywhere ? "::" : host, port, out);
  if (everywhere && out.empty() && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
    why = bind_found(host, port, out);
  if (why.empty())
    return out;
  for (const int one : out)
    ::close(one);
  return internal_error("cannot listen on " + host + ":" + std::to_string(port) + ": " + why);
}

listener::listener(loop& on, int descriptor, meters& counts, taker take)
  : loop_(on), descriptor_(descriptor), spare_(open_spare()), reserved_from_(first_reserved()), counts_(counts),
    take_(std::move(take)) {}

listener::~listener() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
  if (spare_ >= 0)
    ::close(spare_);
}

bool listener::begin() { return loop_.watch(descriptor_, EPOLLIN, *this); }

void listener::close() {
  if (descriptor_ < 0)
    return;
  loop_.timers().cancel(*this);
  loop_.forget(descriptor_);
  ::close(descriptor_);
  descriptor_ = -1;
}

void listener::on_events(std::uint32_t) {
  for (int i = 0; i < accepts_at_once_max && descriptor_ >= 0; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int one = ::accept4(descriptor_, reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (one >= reserved_from_) {
      counts_.refused(refusal::descriptors); // first: who is sent away finds it counted
      tell_short_of_descriptors();
      ::close(one);
      continue;
    }
    if (one >= 0) {
      const int yes = 1;
      ::setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      take_(one, address_of(from));
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
      return out_of_descriptors();
    if (errno == EAGAIN || errno == EWOULDBLOCK)
      return;
    // Anything else is about a connection that has ended meanwhile.
  }
}

void listener::out_of_descriptors() {
  tell_short_of_descriptors();
  // Those who wait are told by the end of their connection, and try another server or later.
  if (spare_ >= 0) {
    ::close(spare_);
    for (int i = 0; i < accepts_at_once_max; ++i) {
      const int one = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
      if (one < 0)
        break;
      counts_.refused(refusal::descriptors);
      ::close(one);
    }
  }
  spare_ = open_spare();
  // The socket stays readable: watched on, it would keep the loop busy with nothing.
  loop_.change(descriptor_, 0, *this);
  loop_.timers().set(*this, loop_.now_ns() + pause_ns);
}

void listener::on_timer(std::int64_t) {
  if (spare_ < 0)
    spare_ = open_spare();
  loop_.change(descriptor_, EPOLLIN, *this);
}

} // namespace cadenza::bridge::net
