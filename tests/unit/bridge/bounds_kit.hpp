#pragma once

#include "grpc_site.hpp"
#include "tchannel_client.hpp"

#include "bridge/net/meters.hpp"
#include "tests/unit/messages/thrift_peer.hpp"

#include <map>
#include <mutex>
#include <vector>

namespace cadenza::tests {

inline constexpr int tchannel_timeout = 1;
inline constexpr int tchannel_busy = 3;
inline constexpr int tchannel_unexpected = 5;
inline constexpr int tchannel_bad_request = 6;

/// A server with all its ports whose engine keeps every call, unless told to answer; each client a test makes itself.
struct bounds_site {
  explicit bounds_site(const bridge::net::settings& how) : h({}, all_ports(how)) {
    h.engine.react([this](seen_request seen) {
      const std::lock_guard guard(lock_);
      kept_.push_back(std::move(seen.call));
    });
  }
  ~bounds_site() {
    h.server.stop(std::chrono::milliseconds(0));
    h.engine.react({});
    kept_.clear();
  }
  bounds_site(const bounds_site&) = delete;

  static bridge::rpc_options all_ports(const bridge::net::settings& how) {
    auto out = own(how);
    out.tchannel_port = 0;
    return out;
  }

  void answer_with(const std::string& bytes) {
    h.engine.react([bytes](seen_request seen) { seen.call->reply_bytes(bytes); });
  }
  /// Answers the first of the calls that were kept; there must be one.
  void answer_next(const std::string& bytes) {
    const std::lock_guard guard(lock_);
    kept_.at(0)->reply_bytes(bytes);
    kept_.erase(kept_.begin());
  }

  /// One request on a connection of its own.
  raw_client::answer ask(const std::string& message, const fields& more = {}, bool compressed = false) const {
    raw_client client(h.port);
    client.greet();
    client.send(raw_client::request(1, raw_client::grpc(::start, more)) +
                raw_client::message(1, message, true, compressed));
    return client.read_answer(1);
  }
  /// The headers of a request, and then `bytes`.
  raw_client::answer say(const std::string& bytes) const {
    raw_client client(h.port);
    client.greet();
    client.send(raw_client::request(1, raw_client::grpc(::start)) + bytes);
    return client.read_answer(1);
  }
  /// What comes back over HTTP/1 until the server hangs up.
  std::string http(const std::string& bytes) const {
    tchannel_client client(h.server.tchannel_port());
    client.send(bytes);
    return client.read_text();
  }
  static std::string start(std::uint32_t id) {
    return raw_client::request(id, raw_client::grpc(::start)) +
           raw_client::message(id, good_start().SerializeAsString());
  }
  static tchannel_client::call tchannel_start(std::size_t input_bytes = 0) {
    auto request = good_start();
    if (input_bytes > 0)
      request.mutable_input()->set_data(std::string(input_bytes, 'x'));
    const char* const name = "WorkflowService::StartWorkflowExecution";
    return {name, thrift_arguments(thrift_method_named(name), request)};
  }

  std::map<std::string, double> all_refused() const {
    std::map<std::string, double> out;
    for (std::size_t i = 0; i < bridge::net::refusals_count; ++i) {
      const std::string limit(bridge::net::name_of(static_cast<bridge::net::refusal>(i)));
      out[limit] = refused(limit);
    }
    return out;
  }
  double refused(const std::string& limit) const {
    return h.registry.value("cadenza_net_refused_total", {{"server", "rpc"}, {"limit", limit}});
  }
  /// Waits until something was refused for it; false after ten seconds.
  bool counts(const std::string& limit) const {
    return waits([&] { return refused(limit) > 0; });
  }
  bool becomes(const char* gauge, double value) const {
    return waits([&] { return h.registry.value(gauge, {{"server", "rpc"}}) == value; });
  }
  bool grows(const char* gauge) const {
    return waits([&] { return h.registry.value(gauge, {{"server", "rpc"}}) > 0; });
  }

  /// Taken or not, but for those that no limit refused.
  double connections_seen() const {
    return h.registry.value("cadenza_net_connections_total", {{"server", "rpc"}}) + refused("address_connects");
  }
  template <class What> static bool waits(What what) {
    const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!what() && std::chrono::steady_clock::now() < latest)
      std::this_thread::yield();
    return what();
  }

  harness h;

private:
  std::mutex lock_;
  std::vector<actors::call_ptr> kept_;
};

/// Whether the server hangs up on who says no more than this.
inline bool hung_up_after(int port, const std::string& bytes) {
  raw_client client(port);
  client.send(bytes);
  return client.hung_up();
}

/// An answer to a start.
inline std::string run_named(const std::string& run_id) {
  api::StartWorkflowExecutionResponse out;
  out.set_run_id(run_id);
  return out.SerializeAsString();
}

} // namespace cadenza::tests
