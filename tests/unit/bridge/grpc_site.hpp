#pragma once

#include "harness.hpp"
#include "requests.hpp"

#include "bridge/rpc/grpc_text.hpp"
#include "grpc/health/v1/health.pb.h"
#include "grpc/reflection/v1/reflection.pb.h"
#include "tests/unit/net/raw_client.hpp"
#include "uber/cadence/api/v1/service_meta.pb.h"

#include <boost/test/unit_test.hpp>
#include <zlib.h>

#include <future>
#include <thread>

/// A server on the layer of its own, and what the tests of its wire say to it.
namespace api = uber::cadence::api::v1;
namespace grpc_text = cadenza::bridge::grpc_text;
using namespace cadenza;
using tests::fields;
using tests::good_start;
using tests::harness;
using tests::raw_client;

const std::string health = "/uber.cadence.api.v1.MetaAPI/Health";
const std::string start = "/uber.cadence.api.v1.WorkflowAPI/StartWorkflowExecution";

inline bridge::rpc_options own(const bridge::net::settings& how = {}) {
  bridge::rpc_options out;
  out.network = how;
  return out;
}

/// This server's own gRPC, and a client that says what it is told to.
struct site {
  explicit site(const bridge::net::settings& how = {}) : h({}, own(how)), client(h.port) { client.greet(); }

  raw_client::answer ask(const std::string& path, const std::string& message, const fields& more = {},
                         bool compressed = false) {
    const auto id = std::exchange(next, next + 2);
    client.send(raw_client::request(id, raw_client::grpc(path, more)) +
                raw_client::message(id, message, true, compressed));
    return client.read_answer(id);
  }
  double refused(const char* limit) {
    return h.registry.value("cadenza_net_refused_total", {{"server", "rpc"}, {"limit", limit}});
  }
  bool becomes(const char* gauge, double value) {
    const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (h.registry.value(gauge, {{"server", "rpc"}}) != value && std::chrono::steady_clock::now() < latest)
      std::this_thread::yield();
    return h.registry.value(gauge, {{"server", "rpc"}}) == value;
  }
  /// The connection goes on.
  void check_good() { BOOST_TEST(ask(health, "").status() == "0"); }

  harness h;
  raw_client client;
  std::uint32_t next = 1;
};

inline std::string zipped(const std::string& text) {
  z_stream z{};
  deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, text.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

inline std::string large_start(std::size_t bytes) {
  auto request = good_start();
  request.mutable_input()->set_data(std::string(bytes, 'x'));
  return request.SerializeAsString();
}
