#include "tests/load/client.hpp"
#include "tests/load/server_process.hpp"
#include "tests/unit/bridge/tchannel_client.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

/// What a poll costs that hangs over TChannel: `tchannel_polls [SERVER]` starts a server of its own, has 10,000 polls
/// wait on 10 connections and 100 task lists, and tells the resident memory of each and what is left when they are
/// gone. `cadenza_bench --only polls` does the same over gRPC.
namespace cadenza::bench {
namespace {

namespace tchannel = bridge::tchannel;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int polls = 10'000;
constexpr int connections = 10;
constexpr int lists = 100;
constexpr const char* domain = "polls";

/// How many polls hang, as the server tells it; -1: it does not.
int hanging(const load::server_process& server) {
  const std::string name = "\ncadenza_rpc_hanging_polls ";
  const tests::loopback_socket http(server.http_port());
  if (!http.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
    return -1;
  const auto page = http.rest();
  const auto at = page.find(name);
  return at == std::string::npos ? -1 : std::atoi(page.c_str() + at + name.size());
}

/// Waits for up to a minute.
bool become(const load::server_process& server, int count) {
  const auto latest = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (hanging(server) != count && std::chrono::steady_clock::now() < latest)
    std::this_thread::sleep_for(milliseconds(100));
  return hanging(server) == count;
}

/// A poll as a client in Thrift sends it.
tests::tchannel_client::call poll_of(int number) {
  constexpr char structure = 12;
  constexpr char text = 11;
  std::string body;
  const auto field = [&body](char type, std::uint64_t id) {
    body += type;
    tchannel::put_number(body, id, 2);
  };
  const auto put = [&](std::uint64_t id, const std::string& value) {
    field(text, id);
    tchannel::put_number(body, value.size(), 4);
    body += value;
  };
  field(structure, 1); // pollRequest
  put(10, domain);
  field(structure, 20); // its taskList
  put(10, "nobody-starts-" + std::to_string(number % lists));
  body += '\0';
  put(30, "poller");
  body += std::string(2, '\0'); // ends the request, then the arguments
  tests::tchannel_client::call out{"WorkflowService::PollForDecisionTask", body};
  out.headers = {{"cadence-client-name", "uber-go"}, {"cadence-client-feature-version", "1.7.0"}};
  out.ttl_ms = 120'000;
  return out;
}

int fail(const std::string& why) {
  std::fprintf(stderr, "tchannel_polls: %s\n", why.c_str());
  return 1;
}

double kib(const load::server_process& server) { return static_cast<double>(server.resident_bytes()) / 1024; }

int measure(const std::string& binary) {
  const load::scratch_directory directory;
  load::server_process server(binary, directory.path() + "/data");
  server.open_tchannel(directory.path());
  if (!server.start())
    return fail(binary + " does not start: " + server.output());
  load::client client(server.address(), 1);
  if (!load::prepare_domain(client, domain, seconds(20)))
    return fail("the domain cannot be registered");
  std::this_thread::sleep_for(seconds(2)); // whatever the start still does is over
  const auto empty = kib(server);
  std::vector<std::unique_ptr<tests::tchannel_client>> clients;
  for (int i = 0; i < connections; ++i) {
    auto& one = *clients.emplace_back(std::make_unique<tests::tchannel_client>(server.tchannel_port()));
    one.greet();
    for (int n = 0; n < polls / connections; ++n)
      one.send(tests::tchannel_client::bytes(static_cast<std::uint32_t>(n + 2), poll_of(n)));
  }
  if (!become(server, polls))
    return fail(std::to_string(hanging(server)) + " polls hang, not all");
  const auto cpu = server.cpu_seconds();
  std::this_thread::sleep_for(seconds(2));
  const auto full = kib(server);
  const auto used = 100 * (server.cpu_seconds() - cpu) / 2;
  if (hanging(server) != polls)
    return fail("polls ended while they were measured");
  std::printf("%d hanging polls over TChannel on %d connections: %.0f KiB resident, %.2f KiB each, CPU %.1f %%\n",
              polls, connections, full, (full - empty) / polls, used);
  clients.clear();
  if (!become(server, 0))
    return fail("polls stay behind without their clients");
  std::this_thread::sleep_for(seconds(5));
  std::printf("5 s after the clients went away: %.0f KiB resident, %.0f more than before them\n", kib(server),
              kib(server) - empty);
  return server.stop() == 0 ? 0 : fail("the server did not end cleanly at SIGTERM");
}

} // namespace
} // namespace cadenza::bench

int main(int count, char** arguments) { return cadenza::bench::measure(count > 1 ? arguments[1] : "build/cadenza"); }
