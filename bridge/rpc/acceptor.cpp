#include "bridge/rpc/acceptor.hpp"

#include "config/log.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cadenza::bridge {
namespace {

constexpr int pause_ms = 100;     ///< without a descriptor, before the next look
constexpr int reserve_most = 640; ///< what a large store keeps open
constexpr int reserve_part = 4;   ///< of few descriptors, no more than one in so many is kept back

using addresses = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

/// Where to listen. Everywhere is one socket for both kinds of address where the machine has both.
addresses resolve(const std::string& host, int port) {
  addrinfo wanted{};
  wanted.ai_family = host == "0.0.0.0" ? AF_INET6 : AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const bool everywhere = host == "0.0.0.0";
  if (getaddrinfo(everywhere ? nullptr : host.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0)
    found = nullptr;
  return {found, [](addrinfo* which) {
            if (which != nullptr)
              freeaddrinfo(which);
          }};
}

/// A listening socket; -1 and errno when there is none to be had. A second server on the port must fail, not share it.
int listen_on(const addrinfo& where) {
  const int out = socket(where.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (out < 0)
    return -1;
  const int yes = 1;
  const int no = 0;
  setsockopt(out, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  setsockopt(out, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes); // connections have it from here
  if (where.ai_family == AF_INET6)
    setsockopt(out, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
  if (bind(out, where.ai_addr, where.ai_addrlen) == 0 && ::listen(out, SOMAXCONN) == 0)
    return out;
  const int why = errno;
  close(out);
  errno = why;
  return -1;
}

int port_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

int open_spare() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

int first_reserved() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT32_MAX)
    return INT32_MAX;
  const auto all = static_cast<int>(limit.rlim_cur);
  return all - std::min(reserve_most, all / reserve_part);
}

bool out_of_descriptors(int why) { return why == EMFILE || why == ENFILE; }

void tell_refused() {
  static log::repeat_limit rare;
  log::limited(rare, log::level::error,
               "out of file descriptors: connections are refused until others end (a higher `ulimit -n` gives more)");
}

} // namespace

acceptor::~acceptor() { stop(); }

outcome<int> acceptor::listen(const std::string& host, int port) {
  auto found = resolve(host, port);
  int why = EADDRNOTAVAIL;
  const auto try_all = [&] {
    for (const auto* one = found.get(); one != nullptr && listener_ < 0; one = one->ai_next) {
      listener_ = listen_on(*one);
      why = listener_ < 0 ? errno : 0;
    }
  };
  try_all();
  if (listener_ < 0 && host == "0.0.0.0" && why == EAFNOSUPPORT) { // a machine without IPv6
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_port = htons(static_cast<std::uint16_t>(port));
    addrinfo one{};
    one.ai_family = AF_INET;
    one.ai_addr = reinterpret_cast<sockaddr*>(&any);
    one.ai_addrlen = sizeof any;
    listener_ = listen_on(one);
    why = errno;
  }
  if (listener_ < 0)
    return internal_error("cannot listen on " + host + ":" + std::to_string(port) + ": " + std::strerror(why) +
                          (why == EADDRINUSE ? " (is another server running?)" : ""));
  stop_ = eventfd(0, EFD_CLOEXEC);
  spare_ = open_spare();
  if (stop_ < 0 || spare_ < 0)
    return internal_error(std::string("cannot listen: ") + std::strerror(errno));
  reserve_from_ = first_reserved();
  return port_of(listener_);
}

void acceptor::start(std::function<void(int)> take) {
  take_ = std::move(take);
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "grpc-accept");
}

void acceptor::stop() {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    static_cast<void>(!write(stop_, &one, sizeof one));
    thread_.join();
  }
  for (int* descriptor : {&listener_, &stop_, &spare_})
    if (const int open = std::exchange(*descriptor, -1); open >= 0)
      close(open);
}

void acceptor::run() {
  pollfd watched[] = {{listener_, POLLIN, 0}, {stop_, POLLIN, 0}};
  while (poll(watched, 2, -1) >= 0 || errno == EINTR) {
    if (watched[1].revents != 0)
      return;
    if (watched[0].revents != 0)
      accept_all();
  }
}

void acceptor::accept_all() {
  for (;;) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket < 0 && (errno == EINTR || errno == ECONNABORTED))
      continue;
    if (socket < 0)
      return out_of_descriptors(errno) || errno == ENOBUFS || errno == ENOMEM ? make_room() : void();
    if (socket >= reserve_from_) {
      refused_.fetch_add(1, std::memory_order_relaxed); // first: who is sent away finds it counted
      tell_refused();
      close(socket);
      continue;
    }
    remember(socket);
    take_(socket);
  }
}

/// None left: one visitor is refused, so that it need not find out by waiting, and the others wait.
void acceptor::make_room() {
  tell_refused();
  if (spare_ >= 0)
    close(spare_);
  const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (socket >= 0) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    close(socket);
  }
  spare_ = open_spare();
  pollfd watched{stop_, POLLIN, 0};
  static_cast<void>(poll(&watched, 1, pause_ms)); // the listener stays readable: looking at it would spin
}

void acceptor::remember(int socket) {
  struct stat status {};
  const auto at = static_cast<std::size_t>(socket);
  if (at >= taken_.size())
    taken_.resize(at + 1);
  taken_[at] = fstat(socket, &status) == 0 ? status.st_ino : 0;
}

void acceptor::end_connections() {
  for (std::size_t at = 0; at < taken_.size(); ++at) {
    const int socket = static_cast<int>(at);
    struct stat status {};
    // Its owner may have closed it, and the number be another file's by now.
    if (taken_[at] != 0 && fstat(socket, &status) == 0 && S_ISSOCK(status.st_mode) && status.st_ino == taken_[at])
      shutdown(socket, SHUT_RDWR);
  }
  taken_.clear();
}

} // namespace cadenza::bridge
