#include "actors/nodes/caf_transport.hpp"

#include "messages/invariant.hpp"

#include <caf/all.hpp>
#include <caf/io/all.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/openssl/all.hpp>
#include <caf/openssl/middleman_actor.hpp>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace cadenza::actors {
namespace {

using std::chrono::milliseconds;

using hall_atom = caf::atom_constant<caf::atom("hall")>;
using own_atom = caf::atom_constant<caf::atom("own")>;
using dial_atom = caf::atom_constant<caf::atom("dial")>;
using call_atom = caf::atom_constant<caf::atom("call")>; ///< from porch to porch: its address and itself

constexpr int handshake_timeout_ms = 5'000;
constexpr int call_timeout_ms = 1'000;

struct endpoint {
  std::string host;
  std::uint16_t port = 0;
};

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

private:
  const int fd_;
};

/// Whether a connection can be made at all: 0, or what went wrong as an `errno`. CAF itself waits for a connection as
/// long as the system does, two minutes and more when nothing answers.
int try_address(const addrinfo& at, int timeout_ms) {
  const socket_guard fd(::socket(at.ai_family, at.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at.ai_protocol));
  if (fd.get() < 0)
    return errno;
  if (::connect(fd.get(), at.ai_addr, at.ai_addrlen) == 0)
    return 0;
  if (errno != EINPROGRESS)
    return errno;
  pollfd wait{fd.get(), POLLOUT, 0};
  const int ready = ::poll(&wait, 1, timeout_ms);
  if (ready < 0)
    return errno;
  if (ready == 0)
    return ETIMEDOUT;
  int problem = 0;
  socklen_t size = sizeof problem;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &problem, &size) != 0)
    return errno;
  return problem;
}

/// Whether somebody listens there; when not, `out` says why.
template <class Reached> bool probe(const endpoint& at, int timeout_ms, Reached& out) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int looked = ::getaddrinfo(at.host.c_str(), std::to_string(at.port).c_str(), &hints, &found);
  if (looked != 0) {
    out.why = at.host + ": " + ::gai_strerror(looked);
    return false;
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, &::freeaddrinfo);
  int problem = EHOSTUNREACH;
  for (const auto* one = all.get(); one != nullptr; one = one->ai_next) {
    problem = try_address(*one, timeout_ms);
    if (problem == 0)
      return true;
  }
  out.refused = problem == ECONNREFUSED;
  out.why = at.host + ":" + std::to_string(at.port) + ": " + std::strerror(problem);
  return false;
}

caf::io::middleman_actor connector_of(caf::actor_system& system, bool secret) {
  auto broker = system.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
  return secret ? caf::openssl::make_middleman_actor(system, std::move(broker))
                : caf::io::make_middleman_actor(system, std::move(broker));
}

/// What came of an attempt to reach an address.
struct reached {
  std::string address;
  caf::actor porch; ///< null: there is none, or it was only looked whether somebody listens
  bool listens = false;
  bool refused = false;
  std::string why;
};

struct dial_request {
  std::string address;
  std::uint64_t attempt = 0;
  caf::actor link;
};

/// Nobody has called from this address.
struct not_called {
  std::string address;
  std::uint64_t wait = 0;
};

} // namespace
} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::reached)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::dial_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::not_called)

namespace cadenza::actors {
namespace {

/// Makes one attempt to connect, on a thread of its own, because names are looked up and connections made with calls
/// that wait.
class dialler final : public caf::event_based_actor {
public:
  /// `connect` false: looks only whether somebody listens there.
  dialler(caf::actor_config& cfg, link_wire_options options, std::string address, bool connect, caf::actor asker)
    : caf::event_based_actor(cfg), options_(std::move(options)), address_(std::move(address)), connect_(connect),
      asker_(std::move(asker)) {}

  const char* name() const override { return "dialler"; }

protected:
  caf::behavior make_behavior() override {
    send(this, dial_atom::value);
    return {[this](dial_atom) { dial(); }};
  }

private:
  void dial() {
    reached out;
    out.address = address_;
    const auto at = endpoint_of(address_);
    if (!at) {
      out.why = "\"" + address_ + "\" is no host:port";
      return over(std::move(out));
    }
    out.listens = probe(*at, options_.connect_timeout_ms, out);
    if (!out.listens || !connect_)
      return over(std::move(out));
    connector_ = connector_of(system(), options_.secret());
    request(connector_, milliseconds(handshake_timeout_ms), caf::connect_atom::value, at->host, at->port)
        .then(
            [this](const caf::node_id&, const caf::strong_actor_ptr& porch, const std::set<std::string>&) {
              reached made{address_, caf::actor_cast<caf::actor>(porch), true, false, {}};
              if (!made.porch)
                made.why = address_ + " is no node of a cluster";
              over(std::move(made));
            },
            [this](const caf::error& why) {
              over({address_, nullptr, true, false, address_ + ": " + system().render(why)});
            });
  }

  void over(reached out) {
    send(asker_, std::move(out));
    if (connector_)
      caf::anon_send_exit(connector_, caf::exit_reason::user_shutdown);
    connector_ = nullptr;
    asker_ = nullptr;
    quit();
  }

  const link_wire_options options_;
  const std::string address_;
  const bool connect_;
  caf::actor asker_;
  caf::io::middleman_actor connector_;
};

/// Stands at the port for good: sends what comes to the hall that there is, and finds the porches of other nodes.
///
/// Between two nodes there is one connection, for the links of both: CAF closes a second one, and two that are made at
/// the same time both. So the node whose address is the lesser dials and introduces itself; the other waits for that,
/// and dials only when it was not called for a second.
class porch final : public caf::event_based_actor {
public:
  porch(caf::actor_config& cfg, link_wire_options options)
    : caf::event_based_actor(cfg), options_(std::move(options)) {}

  const char* name() const override { return "porch"; }

protected:
  caf::behavior make_behavior() override {
    set_default_handler(caf::drop);
    set_down_handler([this](const caf::down_msg& down) {
      for (auto i = known_.begin(); i != known_.end();)
        i = i->second->address() == down.source ? known_.erase(i) : std::next(i);
    });
    return {
        [this](hall_atom, const caf::actor& next) { hall_ = next; },
        [this](own_atom, const std::string& address) { own_ = address; },
        [this](frame_atom atom, std::string& head, std::string& body) {
          if (hall_)
            delegate(hall_, atom, std::move(head), std::move(body));
        },
        [this](call_atom, const std::string& address, const caf::actor& other) { learn(address, other); },
        [this](dial_request& asked) { dial(std::move(asked)); },
        [this](reached& out) { on(std::move(out)); },
        [this](const not_called& over) {
          if (waiting_.contains(over.address) && over.wait == waits_)
            try_address_of(over.address, true);
        },
    };
  }

private:
  void dial(dial_request asked) {
    const auto known = known_.find(asked.address);
    if (known != known_.end())
      return send(asked.link, dialled{asked.attempt, known->second, false, {}});
    const auto address = asked.address;
    auto& all = waiting_[address];
    all.push_back(std::move(asked));
    if (all.size() == 1)
      try_address_of(address, own_ <= address);
  }

  void try_address_of(const std::string& address, bool connect) {
    spawn<dialler, caf::detached + caf::hidden>(options_, address, connect, caf::actor_cast<caf::actor>(this));
  }

  void on(reached out) {
    if (!waiting_.contains(out.address))
      return; // it has called meanwhile
    if (out.porch) {
      send(out.porch, call_atom::value, own_, caf::actor_cast<caf::actor>(this));
      return learn(out.address, out.porch);
    }
    if (out.listens && out.why.empty()) {
      delayed_send(this, milliseconds(call_timeout_ms), not_called{out.address, ++waits_});
      return;
    }
    for (const auto& one : std::exchange(waiting_[out.address], {}))
      send(one.link, dialled{one.attempt, nullptr, out.refused, out.why});
    waiting_.erase(out.address);
  }

  void learn(const std::string& address, const caf::actor& other) {
    if (!other)
      return;
    known_[address] = other;
    monitor(other);
    const auto i = waiting_.find(address);
    if (i == waiting_.end())
      return;
    for (const auto& one : std::exchange(i->second, {}))
      send(one.link, dialled{one.attempt, other, false, {}});
    waiting_.erase(i);
  }

  const link_wire_options options_;
  std::string own_;
  caf::actor hall_;
  std::map<std::string, caf::actor> known_; ///< porches of others, by address
  std::map<std::string, std::vector<dial_request>> waiting_;
  std::uint64_t waits_ = 0;
};

} // namespace

outcome<void> prepare_links(caf::actor_system_config& config, const link_wire_options& options) {
  const bool any = !options.certificate.empty() || !options.key.empty() || !options.authority.empty();
  if (any) {
    for (const auto* file : {&options.certificate, &options.key, &options.authority}) {
      std::error_code failed;
      if (file->empty())
        return bad_request("TLS between nodes takes a certificate, its key and an authority: one of them is missing");
      if (!std::filesystem::is_regular_file(*file, failed))
        return bad_request("TLS between nodes: " + *file + " is no file that can be read");
    }
    config.openssl_certificate = options.certificate;
    config.openssl_key = options.key;
    config.openssl_cafile = options.authority;
  }
  config.load<caf::io::middleman>();
  if (any)
    config.load<caf::openssl::manager>();
  config.set("middleman.heartbeat-interval", caf::timespan(options.heartbeat_ns));
  config.set("middleman.connection-timeout", caf::timespan(options.silence_ns));
  return {};
}

caf_transport::caf_transport(caf::actor_system& system, link_wire_options options)
  : system_(system), options_(std::move(options)), porch_(system.spawn<porch, caf::hidden>(options_)) {
  CADENZA_ASSERT(system_.has_middleman(), "links over the network need a system that was prepared for them");
  CADENZA_ASSERT(!options_.secret() || system_.has_openssl_manager(),
                 "links with certificates need a system that was given them");
}

caf_transport::~caf_transport() {
  close();
  caf::anon_send_exit(porch_, caf::exit_reason::user_shutdown);
}

outcome<int> caf_transport::open(const std::string& address, int port) {
  CADENZA_ASSERT(port_ == 0, "a node has one port for others");
  const auto wanted = static_cast<std::uint16_t>(port);
  const auto opened = options_.secret() ? caf::openssl::publish(porch_, wanted, address.c_str(), true)
                                        : system_.middleman().publish(porch_, wanted, address.c_str(), true);
  if (!opened)
    return bad_request("the port for other nodes, " + address + ":" + std::to_string(port) +
                       ", cannot be opened: " + system_.render(opened.error()));
  port_ = *opened;
  set_own_address(address + ":" + std::to_string(port_));
  return port_;
}

void caf_transport::set_own_address(const std::string& address) { caf::anon_send(porch_, own_atom::value, address); }

void caf_transport::set_hall(const caf::actor& hall) { caf::anon_send(porch_, hall_atom::value, hall); }

void caf_transport::close() {
  if (port_ == 0)
    return;
  const auto& keeper =
      options_.secret() ? system_.openssl_manager().actor_handle() : system_.middleman().actor_handle();
  caf::anon_send(keeper, caf::close_atom::value, static_cast<std::uint16_t>(port_));
  port_ = 0;
}

void caf_transport::dial(const std::string& address, std::uint64_t attempt, const caf::actor& link) {
  caf::anon_send(porch_, dial_request{address, attempt, link});
}

} // namespace cadenza::actors
