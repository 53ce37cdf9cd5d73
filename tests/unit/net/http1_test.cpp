#include "bridge/net/http1.hpp"
#include "bridge/net/server.hpp"
#include "raw_client.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace cadenza;
using tests::raw_client;
namespace net = bridge::net;
using std::chrono::milliseconds;

namespace {

/// Tells what it was asked; /late from another thread, /hang never.
struct echo final : net::http1_user {
  std::vector<std::thread> threads;
  std::vector<net::http1_exchange_ptr> hanging;
  void serve(net::http1_exchange_ptr exchange) override {
    const auto& r = exchange->request();
    if (r.path == "/hang")
      return hanging.push_back(std::move(exchange));
    std::string text = r.method + " " + r.path;
    for (const auto& [name, value] : r.parameters)
      text += " " + name + "=" + value;
    text += " [" + (r.path == "/big" ? std::string(1'000'000, 'b') : r.body) + "]";
    if (r.path != "/late")
      return exchange->answer({200, "text/plain", text});
    threads.emplace_back([exchange, text] { exchange->answer({200, "text/plain", text}); });
  }
};

struct site {
  explicit site(const net::settings& how = {}) : server(how, registry, "test") {
    const auto bound = server.listen("127.0.0.1", 0, {&front});
    BOOST_REQUIRE(bound);
    port = *bound;
    BOOST_REQUIRE(server.start());
  }
  ~site() {
    server.stop(milliseconds(0));
    for (auto& thread : user.threads)
      thread.join();
  }
  double refused(const char* limit) {
    return registry.value("cadenza_net_refused_total", {{"server", "test"}, {"limit", limit}});
  }
  /// What comes back until the server hangs up.
  std::string all(const std::string& request) {
    raw_client client(port);
    client.send(request);
    return client.rest();
  }

  metrics::registry registry;
  echo user;
  net::http1_front front{user};
  net::server server;
  int port = 0;
};

net::settings small() {
  net::settings how;
  how.loops = 1;
  how.header_timeout = how.request_timeout = milliseconds(200);
  how.http_body_bytes_max = 1000;
  return how;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::string last = "Connection: close\r\n\r\n";

} // namespace

BOOST_AUTO_TEST_SUITE(http1)

BOOST_AUTO_TEST_CASE(a_request_is_taken_apart_and_answered) {
  site s;
  const auto answer = s.all("GET /a%20b?x=1&y=a+b%21&x=2&z HTTP/1.1\r\nHost: h\r\n" + last);
  BOOST_TEST(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  BOOST_TEST(has(answer, "\r\n\r\nGET /a b x=2 y=a b! z= []"));
  BOOST_TEST(
      has(s.all("POST /late HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n" + last + "hello"), "POST /late [hello]"));
  BOOST_TEST(has(s.all("POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n" + last +
                       "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"),
                 "POST /x [hello]"));
  BOOST_TEST(s.all("HEAD /x HTTP/1.1\r\nHost: h\r\n" + last).ends_with("\r\n\r\n"));
  BOOST_TEST(has(s.all("GET /big HTTP/1.1\r\nHost: h\r\n" + last), std::string(1'000'000, 'b')));
}

BOOST_AUTO_TEST_CASE(a_post_that_says_nothing_of_a_body_has_none) {
  site s;
  BOOST_TEST(has(s.all("POST /x HTTP/1.1\r\nHost: h\r\n" + last), "POST /x []"));
}

BOOST_AUTO_TEST_CASE(requests_of_one_connection_are_answered_in_order) {
  site s;
  const auto answer = s.all("GET /late HTTP/1.1\r\nHost: h\r\n\r\nGET /two HTTP/1.1\r\nHost: h\r\n\r\n"
                            "GET /three HTTP/1.1\r\nHost: h\r\n" +
                            last);
  BOOST_TEST(answer.find("/late") < answer.find("/two"));
  BOOST_TEST(answer.find("/two") < answer.find("/three"));
  BOOST_TEST(has(answer, "/three"));
  // HTTP/1.0 closes after each.
  BOOST_TEST(has(s.all("GET /x HTTP/1.0\r\n\r\n"), "Connection: close"));
}

BOOST_AUTO_TEST_CASE(a_client_that_asks_first_whether_to_send_is_told_so) {
  site s;
  raw_client client(s.port);
  client.send("POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n" + last);
  BOOST_TEST(client.some(25) == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  BOOST_TEST(has(client.rest(), "POST /x [ok]"));
}

BOOST_AUTO_TEST_CASE(bodies_are_bounded_whatever_their_framing) {
  site s(small());
  BOOST_TEST(s.all("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n").starts_with("HTTP/1.1 413"));
  BOOST_TEST(s.all("POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x'))
                 .starts_with("HTTP/1.1 413"));
  std::string chunks;
  for (int i = 0; i < 20; ++i)
    chunks += "64\r\n" + std::string(100, 'x') + "\r\n";
  BOOST_TEST(
      s.all("POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks).starts_with("HTTP/1.1 413"));
  BOOST_TEST(s.refused("message_bytes") == 3);
  BOOST_TEST(s.all("POST /x HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc")
                 .starts_with("HTTP/1.1 415"));
}

BOOST_AUTO_TEST_CASE(headers_are_bounded) {
  site s(small());
  raw_client client(s.port);
  client.send("GET / HTTP/1.1\r\n");
  std::size_t sent = 0;
  while (sent < (16U << 20) && client.send("x: " + std::string(1000, 'y') + "\r\n"))
    sent += 1000;
  BOOST_TEST(sent < (8U << 20));
  BOOST_TEST(s.refused("header_bytes") == 1);
}

BOOST_AUTO_TEST_CASE(slow_requests_are_given_up_and_hold_up_nobody) {
  site s(small());
  raw_client silent(s.port);
  raw_client half(s.port);
  half.send("GET / HT");
  raw_client no_body(s.port);
  no_body.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nx");
  std::vector<std::unique_ptr<raw_client>> many;
  for (int i = 0; i < 100; ++i) {
    many.push_back(std::make_unique<raw_client>(s.port));
    many.back()->send("GET /");
  }
  BOOST_TEST(has(s.all("GET /x HTTP/1.1\r\nHost: h\r\n" + last), "GET /x"));
  BOOST_TEST(half.rest().starts_with("HTTP/1.1 408"));
  BOOST_TEST(no_body.rest().starts_with("HTTP/1.1 408"));
  BOOST_TEST(s.refused("request_timeout") == 1);
  for (auto& client : many)
    BOOST_TEST(client->rest().starts_with("HTTP/1.1 408"));
  BOOST_TEST(s.refused("header_timeout") == 101);
}

BOOST_AUTO_TEST_CASE(nonsense_is_refused) {
  site s(small());
  for (const char* request : {"GET /\r\n\r\n", "GET / HTTP/3.7\r\n\r\n", "GET / HTTP/1.1\r\nbad header\r\n\r\n",
                              "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
                              "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                              "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx"})
    BOOST_TEST(s.all(request).starts_with("HTTP/1.1 4"), request);
  BOOST_TEST(s.all("\x16\x03\x01 TLS").empty());
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves_and_a_server_that_stops_end_what_is_under_way) {
  site s;
  {
    raw_client client(s.port);
    client.abort_at_end();
    client.send("GET /hang HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  raw_client other(s.port);
  other.send("GET /hang HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  const auto calls = [&] { return s.registry.value("cadenza_net_calls", {{"server", "test"}}); };
  const auto connections = [&] { return s.registry.value("cadenza_net_connections_total", {{"server", "test"}}); };
  while ((connections() != 2 || calls() != 1) && std::chrono::steady_clock::now() < latest)
    std::this_thread::yield();
  BOOST_TEST(calls() == 1);
  s.server.stop(milliseconds(20));
  BOOST_TEST(other.rest().starts_with("HTTP/1.1 503"));
  for (auto& exchange : s.user.hanging)
    exchange->answer({200, "text/plain", "too late"});
}

BOOST_AUTO_TEST_CASE(bodies_that_arrive_stay_within_the_budget_of_memory) {
  net::settings how;
  how.loops = 1;
  how.http_body_bytes_max = 1 << 20;
  how.request_bytes_max = 1 << 20;
  site s(how);
  std::vector<std::unique_ptr<raw_client>> many;
  for (int i = 0; i < 4; ++i) {
    auto& one = *many.emplace_back(std::make_unique<raw_client>(s.port));
    one.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 600000\r\n\r\n" + std::string(500'000, 'b'));
  }
  const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (s.refused("request_bytes") < 2 && std::chrono::steady_clock::now() < latest)
    std::this_thread::yield();
  BOOST_TEST(s.refused("request_bytes") == 2);
  many.clear();
  while (s.registry.value("cadenza_net_request_bytes", {{"server", "test"}}) != 0 &&
         std::chrono::steady_clock::now() < latest)
    std::this_thread::yield();
  BOOST_TEST(has(s.all("POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 6000\r\n\r\n" +
                       std::string(6000, 'b')),
                 "200 OK"));
}

BOOST_AUTO_TEST_SUITE_END()
