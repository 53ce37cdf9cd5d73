#include "actors/nodes/link_sockets.hpp"

#include "messages/constants.hpp"

#include <caf/actor_system.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/default_multiplexer.hpp>
#include <caf/io/network/doorman_impl.hpp>
#include <caf/io/network/stream_impl.hpp>
#include <caf/openssl/session.hpp>
#include <caf/policy/tcp.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <deque>
#include <exception>
#include <memory>
#include <utility>

namespace cadenza::actors {
namespace {

using caf::io::network::native_socket;
using caf::io::network::rw_state;
using multiplexer = caf::io::network::default_multiplexer;

constexpr int slice_ms = 100;           ///< between looks whether an attempt is to stop
constexpr std::size_t unheard_max = 64; ///< accepted connections that have not said anything yet
constexpr int silent_ms = 5'000;        ///< of these: they are closed then

multiplexer& multiplexer_of(caf::actor_system& system) {
  return dynamic_cast<multiplexer&>(system.middleman().backend());
}

/// A socket that is closed with this object.
class socket_guard {
public:
  explicit socket_guard(int fd) : fd_(fd) {}
  ~socket_guard() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  socket_guard(const socket_guard&) = delete;
  socket_guard& operator=(const socket_guard&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

private:
  int fd_;
};

/// The system ends a connection that is dead, whether or not somebody writes.
void watch(int fd, std::int64_t silence_ns) {
  const int on = 1;
  const int silence_ms = static_cast<int>(silence_ns / ns_per_ms);
  const int silence_s = std::max(1, silence_ms / 1'000);
  // What the system does not know it does without: the links look by themselves, too.
  (void)::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &silence_s, sizeof silence_s);
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silence_ms, sizeof silence_ms);
}

// ---------------------------------------------------------------- one connection

/// TLS of one connection. Its handshake is moved on by what comes: nothing is written before it is over.
class tls {
public:
  explicit tls(caf::openssl::session_ptr session) : session_(std::move(session)) {}

  /// `failure`, `success`: it goes on, or `indeterminate`: it is over.
  [[nodiscard]] rw_state shake(native_socket fd) {
    ::ERR_clear_error(); // what another connection has left on this thread counts as an error of this one
    std::size_t none = 0;
    char nothing = 0;
    const auto state = session_->read_some(none, fd, &nothing, 0);
    established_ = state == rw_state::indeterminate;
    return state;
  }
  [[nodiscard]] bool established() const { return established_; }
  [[nodiscard]] caf::openssl::session& session() { return *session_; }

private:
  const caf::openssl::session_ptr session_;
  bool established_ = false;
};
using tls_ptr = std::shared_ptr<tls>;

tls_ptr make_tls(caf::actor_system& system, int fd, bool accepted, std::string& why) {
  ::ERR_clear_error();
  try {
    if (auto session = caf::openssl::make_session(system, fd, accepted))
      return std::make_shared<tls>(std::move(session));
    why = "TLS does not begin";
  } catch (const std::exception& failed) { // its files were replaced by others that are none
    why = failed.what();
  }
  return nullptr;
}

/// What the port remembers of who has called. A connection that is over is not held open by that.
struct caller {
  int fd = -1;
  bool heard = false; ///< something that is no handshake
  bool over = false;
};
using caller_ptr = std::shared_ptr<caller>;

class link_scribe;

/// How a stream of CAF reads and writes: straight, or through TLS.
class socket_policy {
public:
  socket_policy(link_scribe& owner, tls_ptr secret) : owner_(owner), secret_(std::move(secret)) {}

  rw_state read_some(std::size_t& result, native_socket fd, void* buffer, std::size_t size);
  rw_state write_some(std::size_t& result, native_socket fd, const void* buffer, std::size_t size) {
    if (!secret_)
      return caf::policy::tcp::write_some(result, fd, buffer, size);
    ::ERR_clear_error();
    return secret_->session().write_some(result, fd, buffer, size);
  }
  [[nodiscard]] bool must_read_more(native_socket fd, std::size_t threshold) {
    return secret_ && secret_->session().must_read_more(fd, threshold);
  }

private:
  link_scribe& owner_;
  const tls_ptr secret_;
};

/// A connection in the hands of a broker; on the thread of the multiplexer, but for `shut`.
class link_scribe final : public caf::io::scribe {
public:
  link_scribe(multiplexer& on, int fd, tls_ptr secret)
    : caf::io::scribe(caf::io::network::conn_hdl_from_socket(fd)), secret_(secret),
      stream_(on, fd, *this, std::move(secret)) {
    state_->fd = fd;
  }
  ~link_scribe() override { state_->over = true; }

  void configure_read(caf::io::receive_policy::config config) override {
    stream_.configure_read(config);
    if (!std::exchange(launched_, true))
      stream_.start(this);
  }
  void ack_writes(bool enable) override { stream_.ack_writes(enable); }
  std::vector<char>& wr_buf() override { return stream_.wr_buf(); }
  std::vector<char>& rd_buf() override { return stream_.rd_buf(); }
  void flush() override {
    if (open())
      stream_.flush(this);
  }
  void graceful_shutdown() override {
    if (!open())
      shut();
    stream_.graceful_shutdown();
    detach(&stream_.backend(), false);
  }
  std::string addr() const override {
    auto known = caf::io::network::remote_addr_of_fd(stream_.fd());
    return known ? std::move(*known) : std::string();
  }
  std::uint16_t port() const override {
    const auto known = caf::io::network::remote_port_of_fd(stream_.fd());
    return known ? *known : 0;
  }
  void add_to_loop() override { stream_.activate(this); }
  void remove_from_loop() override { stream_.passivate(); }
  bool consume(caf::execution_unit* on, const void* data, std::size_t size) override {
    state_->heard = true;
    return caf::io::scribe::consume(on, data, size);
  }

  [[nodiscard]] const caller_ptr& state() const { return state_; }
  void shut() const { (void)::shutdown(stream_.fd(), SHUT_RDWR); }

private:
  [[nodiscard]] bool open() const { return !secret_ || secret_->established(); }

  const tls_ptr secret_;
  const caller_ptr state_ = std::make_shared<caller>();
  bool launched_ = false;
  caf::io::network::stream_impl<socket_policy> stream_;
};

rw_state socket_policy::read_some(std::size_t& result, native_socket fd, void* buffer, std::size_t size) {
  result = 0;
  if (!secret_)
    return caf::policy::tcp::read_some(result, fd, buffer, size);
  if (!secret_->established()) {
    const auto state = secret_->shake(fd);
    if (state != rw_state::indeterminate)
      return state;
    owner_.flush(); // what was to be written meanwhile
  }
  ::ERR_clear_error();
  return secret_->session().read_some(result, fd, buffer, size);
}

// ---------------------------------------------------------------- the port

class link_doorman final : public caf::io::network::doorman_impl {
public:
  link_doorman(caf::actor_system& system, const socket_rules& rules, int fd)
    : caf::io::network::doorman_impl(multiplexer_of(system), fd), system_(system), rules_(rules) {}

  bool new_connection() override {
    socket_guard fd(acceptor_.accepted_socket());
    if (detached() || fd.get() < 0)
      return false;
    forget_silent();
    watch(fd.get(), rules_.silence_ns);
    tls_ptr secret;
    if (rules_.secret) {
      caf::io::network::nonblocking(fd.get(), true);
      std::string why; // whoever has called sees that the connection is closed
      secret = make_tls(system_, fd.get(), true, why);
      if (!secret)
        return false;
    }
    auto made = caf::make_counted<link_scribe>(acceptor_.backend(), fd.release(), std::move(secret));
    unheard_.push_back({system_.clock().now(), made->state()});
    const auto handle = made->hdl();
    parent()->add_scribe(std::move(made));
    return caf::io::doorman::new_connection(&acceptor_.backend(), handle);
  }

private:
  struct unheard {
    caf::actor_clock::time_point since;
    caller_ptr who;
  };

  /// Whoever calls and says nothing, as those do who only look which ports are open, is not waited for.
  void forget_silent() {
    std::erase_if(unheard_, [](const unheard& one) { return one.who->heard || one.who->over; });
    const auto before = system_.clock().now() - std::chrono::milliseconds(silent_ms);
    while (!unheard_.empty() && (unheard_.size() >= unheard_max || unheard_.front().since < before)) {
      (void)::shutdown(unheard_.front().who->fd, SHUT_RDWR);
      unheard_.pop_front();
    }
  }

  caf::actor_system& system_;
  const socket_rules rules_;
  std::deque<unheard> unheard_;
};

// ---------------------------------------------------------------- connecting

/// Waits until `events` come: 0, or what went wrong as an `errno`; ECANCELED when it is to stop.
int wait_for(int fd, short events, int timeout_ms, const std::atomic<bool>& stop) {
  for (int waited = 0; waited < timeout_ms; waited += slice_ms) {
    if (stop.load())
      return ECANCELED;
    pollfd wait{fd, events, 0};
    const int ready = ::poll(&wait, 1, std::min(slice_ms, timeout_ms - waited));
    if (ready > 0)
      return 0;
    if (ready < 0 && errno != EINTR)
      return errno;
  }
  return ETIMEDOUT;
}

/// A connection to one address of a host; -1, and `problem` is an `errno`.
int connect_one(const addrinfo& at, int timeout_ms, const std::atomic<bool>& stop, int& problem) {
  socket_guard fd(::socket(at.ai_family, at.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at.ai_protocol));
  problem = errno;
  if (fd.get() < 0)
    return -1;
  if (::connect(fd.get(), at.ai_addr, at.ai_addrlen) == 0)
    return fd.release();
  problem = errno;
  if (problem != EINPROGRESS)
    return -1;
  problem = wait_for(fd.get(), POLLOUT, timeout_ms, stop);
  if (problem != 0)
    return -1;
  socklen_t size = sizeof problem;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &problem, &size) != 0)
    problem = errno;
  return problem == 0 ? fd.release() : -1;
}

/// Brings the handshake of TLS to its end, on this side; "" or what went wrong.
std::string shake_hands(tls& secret, int fd, int timeout_ms, const std::atomic<bool>& stop) {
  for (int waited = 0; waited < timeout_ms && !stop.load(); waited += slice_ms) {
    for (;;) {
      const auto state = secret.shake(fd);
      if (state == rw_state::indeterminate)
        return {};
      if (state == rw_state::failure)
        return "its certificate, or this node's, is not accepted, or it does not speak TLS";
      pollfd wait{fd, POLLIN, 0};
      if (::poll(&wait, 1, slice_ms) <= 0)
        break;
    }
  }
  return "no TLS handshake in time";
}

} // namespace

std::optional<endpoint> endpoint_of(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0)
    return std::nullopt;
  endpoint out;
  out.host = address.substr(0, colon);
  if (out.host.front() == '[' && out.host.back() == ']')
    out.host = out.host.substr(1, out.host.size() - 2);
  const auto* end = address.data() + address.size();
  const auto read = std::from_chars(address.data() + colon + 1, end, out.port);
  if (read.ec != std::errc() || read.ptr != end || out.port == 0)
    return std::nullopt;
  return out;
}

connected connect_to(caf::actor_system& system, const socket_rules& rules, const endpoint& at, bool look,
                     const std::atomic<bool>& stop) {
  connected out;
  const auto where = at.host + ":" + std::to_string(at.port) + ": ";
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int looked = ::getaddrinfo(at.host.c_str(), std::to_string(at.port).c_str(), &hints, &found);
  if (looked != 0) {
    out.why = at.host + ": " + ::gai_strerror(looked);
    return out;
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, &::freeaddrinfo);
  int problem = EHOSTUNREACH;
  int made = -1;
  for (const auto* one = all.get(); one != nullptr && made < 0; one = one->ai_next)
    made = connect_one(*one, rules.connect_timeout_ms, stop, problem);
  socket_guard fd(made);
  if (made < 0) {
    out.refused = problem == ECONNREFUSED;
    out.why = where + std::strerror(problem);
    return out;
  }
  out.listens = true;
  if (look)
    return out;
  watch(fd.get(), rules.silence_ns);
  tls_ptr secret;
  if (rules.secret) {
    secret = make_tls(system, fd.get(), false, out.why);
    if (secret)
      out.why = shake_hands(*secret, fd.get(), rules.handshake_timeout_ms, stop);
    if (!out.why.empty()) {
      out.why = where + out.why;
      return out;
    }
  }
  out.scribe = caf::make_counted<link_scribe>(multiplexer_of(system), fd.release(), std::move(secret));
  return out;
}

void shut(const caf::io::scribe_ptr& scribe) {
  if (const auto* ours = dynamic_cast<const link_scribe*>(scribe.get()))
    ours->shut();
}

caf::io::doorman_ptr listen_at(caf::actor_system& system, const socket_rules& rules, const std::string& address,
                               std::uint16_t port, std::string& why) {
  const auto fd = caf::io::network::new_tcp_acceptor_impl(port, address.empty() ? nullptr : address.c_str(), true);
  if (fd)
    return caf::make_counted<link_doorman>(system, rules, *fd);
  why = system.render(fd.error());
  return nullptr;
}

} // namespace cadenza::actors
