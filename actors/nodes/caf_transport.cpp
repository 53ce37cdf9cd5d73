#include "actors/nodes/caf_transport.hpp"

#include "actors/nodes/link_sockets.hpp"
#include "messages/constants.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>
#include <caf/io/all.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/openssl/all.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
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

constexpr int greeting_timeout_ms = 5'000; ///< CAF's own handshake
constexpr int call_timeout_ms = 1'000;

socket_rules rules_of(const link_wire_options& options) {
  return {options.secret(), options.connect_timeout_ms, greeting_timeout_ms, options.silence_ns};
}

/// What has all connections to other nodes.
caf::actor broker_of(caf::actor_system& system) {
  return system.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
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

using stop_flag = std::shared_ptr<std::atomic<bool>>;

} // namespace
} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::reached)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::dial_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::not_called)

namespace cadenza::actors {
namespace {

/// Makes one attempt to connect, on a thread of its own, because names are looked up and connections made with calls
/// that wait. Ends soon when its porch raises `stop` and sends it an exit.
class dialler final : public caf::event_based_actor {
public:
  /// `connect` false: looks only whether somebody listens there.
  dialler(caf::actor_config& cfg, link_wire_options options, std::string address, bool connect, caf::actor asker,
          stop_flag stop)
    : caf::event_based_actor(cfg), options_(std::move(options)), address_(std::move(address)), connect_(connect),
      asker_(std::move(asker)), stop_(std::move(stop)) {}

  const char* name() const override { return "dialler"; }
  void on_exit() override {
    // A connection that nobody waits for any more. Of one that was made the broker has heard by now, and it stays.
    if (made_)
      shut(made_);
    made_ = nullptr;
    asker_ = nullptr;
  }

protected:
  caf::behavior make_behavior() override {
    send(this, dial_atom::value);
    return {[this](dial_atom) { dial(); }};
  }

private:
  void dial() {
    const auto at = endpoint_of(address_);
    if (!at)
      return over({address_, nullptr, false, false, "\"" + address_ + "\" is no host:port"});
    auto got = connect_to(system(), rules_of(options_), *at, !connect_, *stop_);
    if (!got.scribe)
      return over({address_, nullptr, got.listens, got.refused, std::move(got.why)});
    made_ = std::move(got.scribe);
    // From here on it is in the hands of CAF, which greets the other node.
    request(broker_of(system()), milliseconds(greeting_timeout_ms), caf::connect_atom::value, made_, at->port)
        .then(
            [this](const caf::node_id&, const caf::strong_actor_ptr& porch, const std::set<std::string>&) {
              made_ = nullptr;
              reached out{address_, caf::actor_cast<caf::actor>(porch), true, false, {}};
              if (!out.porch)
                out.why = address_ + " is no node of a cluster";
              over(std::move(out));
            },
            [this](const caf::error& why) {
              over({address_, nullptr, true, false, address_ + ": " + system().render(why)});
            });
  }

  void over(reached out) {
    send(asker_, std::move(out));
    quit();
  }

  const link_wire_options options_;
  const std::string address_;
  const bool connect_;
  caf::actor asker_;
  const stop_flag stop_;
  caf::io::scribe_ptr made_; ///< until the other node has been greeted
};

/// Stands at the port for good: sends what comes to the hall that there is, and finds the porches of other nodes.
///
/// Between two nodes there is one connection, for the links of both: CAF closes a second one, and two that are made at
/// the same time both. So the node whose address is the lesser dials and introduces itself; the other waits for that,
/// and dials only when it was not called for a second.
///
/// Told to end, it has its diallers end first, so that no thread of them outlives the transport.
class porch final : public caf::event_based_actor {
public:
  porch(caf::actor_config& cfg, link_wire_options options)
    : caf::event_based_actor(cfg), options_(std::move(options)) {}

  const char* name() const override { return "porch"; }

protected:
  caf::behavior make_behavior() override {
    set_default_handler(caf::drop);
    set_down_handler([this](const caf::down_msg& down) { lost(down.source); });
    set_exit_handler([this](const caf::exit_msg&) {
      stop_->store(true);
      hall_ = nullptr;
      waiting_.clear();
      for (const auto& [dialler, address] : diallers_)
        caf::anon_send_exit(caf::actor_cast<caf::actor>(dialler), caf::exit_reason::kill);
      if (diallers_.empty())
        quit();
    });
    return {
        [this](hall_atom, const caf::actor& next) {
          if (!stop_->load())
            hall_ = next;
        },
        [this](own_atom, const std::string& address) { own_ = address; },
        [this](frame_atom atom, std::string& head, std::string& body) {
          if (hall_)
            delegate(hall_, atom, std::move(head), std::move(body));
        },
        [this](call_atom, const std::string& address, const caf::actor& other) { learn(address, other); },
        [this](dial_request& asked) { dial(std::move(asked)); },
        [this](reached& out) { on(std::move(out)); },
        [this](const not_called& over) {
          const auto i = waiting_.find(over.address);
          if (i == waiting_.end() || i->second.wait != over.wait)
            return;
          i->second.wait = 0;
          try_address_of(over.address, true);
        },
    };
  }

private:
  /// Who wants to reach an address.
  struct waiting {
    std::vector<dial_request> who;
    std::uint64_t wait = 0; ///< to be called from there; 0: not yet
  };

  void dial(dial_request asked) {
    if (stop_->load())
      return send(asked.link, dialled{asked.attempt, nullptr, false, "this node ends"});
    const auto known = known_.find(asked.address);
    if (known != known_.end())
      return send(asked.link, dialled{asked.attempt, known->second, false, {}});
    const auto address = asked.address;
    auto& all = waiting_[address].who;
    all.push_back(std::move(asked));
    if (all.size() == 1)
      try_address_of(address, own_ <= address);
  }

  void try_address_of(const std::string& address, bool connect) {
    const auto made = spawn<dialler, caf::detached + caf::hidden + caf::monitored>(
        options_, address, connect, caf::actor_cast<caf::actor>(this), stop_);
    diallers_.emplace(made->address(), address);
  }

  void lost(const caf::actor_addr& source) {
    const auto dialler = diallers_.find(source);
    if (dialler == diallers_.end()) {
      for (auto i = known_.begin(); i != known_.end();)
        i = i->second->address() == source ? known_.erase(i) : std::next(i);
      return;
    }
    const auto address = dialler->second;
    diallers_.erase(dialler);
    if (stop_->load() && diallers_.empty())
      return quit();
    // One that has ended well has said how before; of one that died whoever waits must hear.
    const auto i = waiting_.find(address);
    const bool another =
        std::any_of(diallers_.begin(), diallers_.end(), [&](const auto& one) { return one.second == address; });
    if (i != waiting_.end() && i->second.wait == 0 && !another)
      on({address, nullptr, false, false, address + ": the attempt to connect has died"});
  }

  void on(reached out) {
    const auto i = waiting_.find(out.address);
    if (i == waiting_.end())
      return; // it has called meanwhile
    if (out.porch) {
      send(out.porch, call_atom::value, own_, caf::actor_cast<caf::actor>(this));
      return learn(out.address, out.porch);
    }
    if (out.listens && out.why.empty()) {
      i->second.wait = ++waits_;
      delayed_send(this, milliseconds(call_timeout_ms), not_called{out.address, i->second.wait});
      return;
    }
    for (const auto& one : std::exchange(i->second.who, {}))
      send(one.link, dialled{one.attempt, nullptr, out.refused, out.why});
    waiting_.erase(i);
  }

  void learn(const std::string& address, const caf::actor& other) {
    if (!other)
      return;
    known_[address] = other;
    monitor(other);
    const auto i = waiting_.find(address);
    if (i == waiting_.end())
      return;
    for (const auto& one : std::exchange(i->second.who, {}))
      send(one.link, dialled{one.attempt, other, false, {}});
    waiting_.erase(i);
  }

  const link_wire_options options_;
  const stop_flag stop_ = std::make_shared<std::atomic<bool>>(false);
  std::string own_;
  caf::actor hall_;
  std::map<std::string, caf::actor> known_; ///< porches of others, by address
  std::map<std::string, waiting> waiting_;
  std::map<caf::actor_addr, std::string> diallers_; ///< under way, and where to
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
  // CAF's own time-out ends each connection that its beat finds in the middle of a greeting. In its place the system
  // ends those whose other side does not acknowledge (link_sockets), and links those that say nothing.
  config.set("middleman.connection-timeout", caf::timespan(0));
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
  caf::scoped_actor self(system_, true);
  self->send_exit(porch_, caf::exit_reason::user_shutdown);
  self->wait_for(porch_);
}

outcome<int> caf_transport::open(const std::string& address, int port) {
  CADENZA_ASSERT(port_ == 0, "a node has one port for others");
  std::string why;
  auto doorman = listen_at(system_, rules_of(options_), address, static_cast<std::uint16_t>(port), why);
  if (!doorman)
    return bad_request("the port for other nodes, " + address + ":" + std::to_string(port) +
                       ", cannot be opened: " + why);
  const auto taken = doorman->port();
  caf::anon_send(broker_of(system_), caf::publish_atom::value, std::move(doorman), taken,
                 caf::actor_cast<caf::strong_actor_ptr>(porch_), std::set<std::string>());
  port_ = taken;
  set_own_address(address + ":" + std::to_string(port_));
  return port_;
}

void caf_transport::set_own_address(const std::string& address) { caf::anon_send(porch_, own_atom::value, address); }

void caf_transport::set_hall(const caf::actor& hall) { caf::anon_send(porch_, hall_atom::value, hall); }

void caf_transport::close() {
  if (port_ == 0)
    return;
  caf::anon_send(broker_of(system_), caf::close_atom::value, static_cast<std::uint16_t>(port_));
  port_ = 0;
}

void caf_transport::dial(const std::string& address, std::uint64_t attempt, const caf::actor& link) {
  caf::anon_send(porch_, dial_request{address, attempt, link});
}

} // namespace cadenza::actors
