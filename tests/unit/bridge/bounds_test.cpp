#include "bounds_kit.hpp"

#include "bridge/net/meters.hpp"
#include "config/load.hpp"
#include "config/options.hpp"

#include <set>

// Each bound of the network layer from end to end: the option that sets it, in words of the configuration file; what a
// client does that goes beyond it; and the count of what was refused, of that limit and of no other.

namespace {

using tests::bounds_site;
using tests::hung_up_after;

struct bound {
  const char* option;   ///< below `network`, or in full
  const char* settings; ///< what a file says for the client to meet the bound soon
  const char* limit;    ///< the label of `cadenza_net_refused_total`
  void (*overdo)(bounds_site& s);
};

constexpr std::size_t large = 900'000; // below the smallest `grpcMaxMsgSize`, and more than half of it
const std::string one_mib = "services: {frontend: {rpc: {grpcMaxMsgSize: 1MiB}}}";

void connect_twice(bounds_site& s) {
  const raw_client first(s.h.port);
  BOOST_TEST(s.becomes("cadenza_net_connections", 1));
  raw_client second(s.h.port);
  BOOST_TEST(second.hung_up());
}

void connect_again_and_again(bounds_site& s) {
  for (int i = 0; i < 100 && s.refused("address_connects") == 0; ++i) {
    {
      raw_client passing(s.h.port);
      BOOST_REQUIRE(s.waits([&] { return s.connections_seen() == i + 1; }));
    }
    BOOST_REQUIRE(s.becomes("cadenza_net_connections", 0));
  }
}

void begin_two_calls(bounds_site& s) {
  raw_client client(s.h.port);
  client.greet();
  client.send(s.start(1));
  s.h.engine.wait_for(1);
  client.send(s.start(3));
  BOOST_TEST(client.read_answer(3).reset.value_or(0) == NGHTTP2_REFUSED_STREAM);
}

void begin_two_calls_over_tchannel(bounds_site& s) {
  tests::tchannel_client client(s.h.server.tchannel_port());
  client.greet();
  client.send(tests::tchannel_client::bytes(10, s.tchannel_start()));
  s.h.engine.wait_for(1);
  BOOST_TEST(client.ask(s.tchannel_start()).code == tests::tchannel_busy);
}

void begin_two_calls_over_http(bounds_site& s) {
  raw_client client(s.h.port);
  client.greet();
  client.send(s.start(1));
  s.h.engine.wait_for(1);
  BOOST_TEST(s.http("GET /health HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 503"));
}

void announce_too_much(bounds_site& s) {
  const auto answer = s.say(raw_client::make(raw_client::data, 0, 1, std::string("\0\0\x20\0\0x", 6)));
  BOOST_TEST(answer.status() == "3");
}

void inflate_too_much(bounds_site& s) {
  const auto answer = s.ask(zipped(std::string(3 << 20, '\0')), {{"grpc-encoding", "gzip"}}, true);
  BOOST_TEST(answer.status() == "3");
}

void ask_for_too_much(bounds_site& s) {
  s.answer_with(std::string(2 << 20, 'a'));
  BOOST_TEST(s.ask(good_start().SerializeAsString()).status() == "8");
}

void ask_for_too_much_over_tchannel(bounds_site& s) {
  s.answer_with(tests::run_named(std::string(2 << 20, 'a')));
  tests::tchannel_client client(s.h.server.tchannel_port());
  client.greet();
  BOOST_TEST(client.ask(s.tchannel_start()).code == tests::tchannel_unexpected);
}

void send_too_much_over_tchannel(bounds_site& s) {
  tests::tchannel_client client(s.h.server.tchannel_port());
  client.greet();
  BOOST_TEST(client.ask(s.tchannel_start(2 << 20)).code == tests::tchannel_bad_request);
}

void watch_with_too_much(bounds_site& s) {
  raw_client client(s.h.port);
  client.greet();
  client.send(raw_client::request(1, raw_client::grpc("/grpc.health.v1.Health/Watch")) +
              raw_client::make(raw_client::data, 0, 1, raw_client::prefixed(std::string(70'000, 'x')).substr(0, 100)));
  BOOST_TEST(client.read_answer(1).status() == "3");
}

void post_too_much(bounds_site& s) {
  const auto said = s.http("POST /health HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n");
  BOOST_TEST(said.starts_with("HTTP/1.1 413"));
}

void send_large_headers(bounds_site& s) {
  const auto answer = s.ask(good_start().SerializeAsString(), {{"x", std::string(5000, 'v')}});
  BOOST_TEST(answer.status() == "3");
}

void send_large_headers_over_tchannel(bounds_site& s) {
  tests::tchannel_client client(s.h.server.tchannel_port());
  client.greet();
  auto call = s.tchannel_start();
  call.headers["x"] = std::string(5000, 'v');
  BOOST_TEST(client.ask(call).code == tests::tchannel_bad_request);
}

void send_large_headers_over_tchannel_in_frames(bounds_site& s) {
  tests::tchannel_client client(s.h.server.tchannel_port());
  client.greet();
  auto call = s.tchannel_start();
  call.headers["x"] = std::string(5000, 'v');
  call.frame_bytes_max = 1000;
  BOOST_TEST(client.ask(call).code == tests::tchannel_bad_request);
}

void send_large_headers_over_http(bounds_site& s) {
  const auto said = s.http("GET /health HTTP/1.1\r\nHost: h\r\nX: " + std::string(5000, 'v') + "\r\n\r\n");
  BOOST_TEST(said.starts_with("HTTP/1.1 431"));
}

/// All frames of a large call but the last.
std::string unfinished(const bounds_site& s, std::uint32_t id) {
  auto frames = tests::tchannel_client::frames(id, s.tchannel_start(large));
  frames.pop_back();
  std::string out;
  for (const auto& one : frames)
    out += one;
  return out;
}

void leave_two_large_calls_unfinished(bounds_site& s) {
  tests::tchannel_client client(s.h.server.tchannel_port());
  client.greet();
  client.send(unfinished(s, 10) + unfinished(s, 11));
  BOOST_TEST(client.read_answer(11).code == tests::tchannel_busy);
}

void leave_three_large_calls_unfinished(bounds_site& s) {
  tests::tchannel_client client(s.h.server.tchannel_port());
  client.greet();
  client.send(unfinished(s, 10) + unfinished(s, 11) + unfinished(s, 12));
  BOOST_TEST(client.read_answer(12).code == tests::tchannel_busy);
}

/// More calls than fit with nothing but their first two arguments.
void leave_headers_unfinished(bounds_site& s) {
  std::vector<std::unique_ptr<tests::tchannel_client>> all;
  for (std::uint32_t id = 10; id < 110; ++id) {
    auto& client = *all.emplace_back(std::make_unique<tests::tchannel_client>(s.h.server.tchannel_port()));
    client.greet();
    auto call = s.tchannel_start();
    call.headers["x"] = std::string(15'000, 'v');
    call.frame_bytes_max = 14'000;
    client.send(tests::tchannel_client::frames(id, call).front());
  }
  BOOST_TEST(s.counts("request_bytes"));
}

/// Compressed, and what it inflates to finds the one place beyond the bound taken.
void inflate_where_nothing_is_left(bounds_site& s) {
  raw_client holder(s.h.port);
  holder.greet();
  const std::string half = std::string("\0\0\x0F\xF0\0", 5) + std::string(1000, 'x'); // of 1,044,480 bytes
  for (const std::uint32_t id : {1, 3})
    holder.send(raw_client::request(id, raw_client::grpc(start)) + raw_client::make(raw_client::data, 0, id, half));
  BOOST_TEST(s.becomes("cadenza_net_request_bytes", 2 * 1'044'480));
  BOOST_TEST(s.ask(zipped(std::string(100'000, 'x')), {{"grpc-encoding", "gzip"}}, true).status() == "8");
}

void take_no_answers(bounds_site& s) {
  raw_client client(s.h.port);
  client.greet(raw_client::setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0));
  client.send(s.start(1) + s.start(3));
  s.h.engine.wait_for(2);
  s.answer_next(std::string(large, 'a'));
  BOOST_TEST(s.grows("cadenza_net_answer_bytes"));
  s.answer_next(std::string(large, 'a'));
  std::string status;
  while (status.empty()) {
    const auto f = client.next(raw_client::headers);
    BOOST_REQUIRE(f);
    status = client.decode(f->payload)["grpc-status"];
  }
  BOOST_TEST(status == "14");
}

void say_nothing(bounds_site& s) { BOOST_TEST(hung_up_after(s.h.port, "")); }

void leave_headers_open(bounds_site& s) {
  raw_client client(s.h.port);
  client.greet();
  client.send(raw_client::make(raw_client::headers, 1, 1, "\x82"));
  (void)client.rest(); // an answer to the server's SETTINGS would break the headers
}

void leave_a_header_line_open(bounds_site& s) {
  BOOST_TEST(s.http("GET /health HTTP/1.1\r\nX: ").starts_with("HTTP/1.1 408"));
}

void send_no_body(bounds_site& s) { BOOST_TEST(s.say("").status() == "14"); }

void send_half_a_body_over_http(bounds_site& s) {
  BOOST_TEST(s.http("POST /health HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nx").starts_with("HTTP/1.1 408"));
}

void send_half_a_call_over_tchannel(bounds_site& s) {
  tests::tchannel_client client(s.h.server.tchannel_port());
  client.greet();
  client.send(unfinished(s, 10));
  BOOST_TEST(client.read_answer(10).code == tests::tchannel_timeout);
}

void take_no_answer(bounds_site& s) {
  s.answer_with(std::string(1000, 'a'));
  raw_client client(s.h.port);
  client.greet(raw_client::setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0));
  client.send(s.start(1));
  BOOST_TEST(client.hung_up());
}

void greet_and_wait(bounds_site& s) {
  raw_client client(s.h.port);
  client.greet();
  BOOST_TEST(client.hung_up());
}

void greet_and_wait_over_tchannel(bounds_site& s) {
  tests::tchannel_client client(s.h.server.tchannel_port());
  client.greet();
  while (client.read()) {
  }
}

void take_calls_back(bounds_site& s) {
  raw_client client(s.h.port);
  client.greet();
  for (std::uint32_t id = 1; id < 200; id += 2)
    client.send(s.start(id) + raw_client::make(raw_client::rst, 0, id, raw_client::number(8)));
  BOOST_TEST(client.hung_up());
}

void cancel_over_tchannel(bounds_site& s) {
  tests::tchannel_client client(s.h.server.tchannel_port());
  client.greet();
  std::string all;
  for (std::uint32_t id = 10; id < 20; ++id)
    all += tests::tchannel_client::framed(bridge::tchannel::frame_type::cancel, id, std::string(31, '\0'));
  client.send(all);
  while (client.read()) {
  }
}

void ping(bounds_site& s) {
  raw_client client(s.h.port);
  client.greet();
  for (int i = 0; i < 100; ++i)
    client.send(raw_client::make(raw_client::ping, 0, 0, "12345678"));
  BOOST_TEST(client.hung_up());
}

void ping_over_tchannel(bounds_site& s) {
  tests::tchannel_client client(s.h.server.tchannel_port());
  client.greet();
  std::string all;
  for (std::uint32_t id = 10; id < 110; ++id)
    all += tests::tchannel_client::framed(bridge::tchannel::frame_type::ping_request, id, "");
  client.send(all);
  while (client.read()) {
  }
}

constexpr const char* grpc_max = "services.frontend.rpc.grpcMaxMsgSize";
constexpr const char* small_messages = "{network: {requestBytesMax: 1MiB, answerBytesMax: 1MiB}, ";

const std::vector<bound> bounds{
    {"connectionsMax", "{network: {connectionsMax: 1}}", "connections", connect_twice},
    {"connectionsPerAddressMax", "{network: {connectionsPerAddressMax: 1}}", "address_connections", connect_twice},
    {"connectsPerAddress", "{network: {connectsPerAddress: 1, connectionsPerAddressMax: 3}}", "address_connects",
     connect_again_and_again},
    {"callsMax", "{network: {callsMax: 1}}", "calls", begin_two_calls},
    {"callsMax", "{network: {callsMax: 1}}", "calls", begin_two_calls_over_tchannel},
    {"callsMax", "{network: {callsMax: 1}}", "calls", begin_two_calls_over_http},
    {"callsPerAddressMax", "{network: {callsPerAddressMax: 1}}", "address_calls", begin_two_calls},
    {"callsPerAddressMax", "{network: {callsPerAddressMax: 1}}", "address_calls", begin_two_calls_over_tchannel},
    {"callsPerAddressMax", "{network: {callsPerAddressMax: 1}}", "address_calls", begin_two_calls_over_http},
    {"callsPerConnectionMax", "{network: {callsPerConnectionMax: 1}}", "connection_calls", begin_two_calls},
    {"callsPerConnectionMax", "{network: {callsPerConnectionMax: 1}}", "connection_calls",
     begin_two_calls_over_tchannel},
    {grpc_max, "{", "message_bytes", announce_too_much},
    {grpc_max, "{", "message_bytes", inflate_too_much},
    {grpc_max, "{", "message_bytes", ask_for_too_much},
    {grpc_max, "{", "message_bytes", send_too_much_over_tchannel},
    {grpc_max, "{", "message_bytes", ask_for_too_much_over_tchannel},
    {grpc_max, "{", "message_bytes", watch_with_too_much},
    {"httpBodyBytesMax", "{network: {httpBodyBytesMax: 4KiB}}", "message_bytes", post_too_much},
    {"headerBytesMax", "{network: {headerBytesMax: 4KiB}}", "header_bytes", send_large_headers},
    {"headerBytesMax", "{network: {headerBytesMax: 4KiB}}", "header_bytes", send_large_headers_over_tchannel},
    {"headerBytesMax", "{network: {headerBytesMax: 4KiB}}", "header_bytes", send_large_headers_over_tchannel_in_frames},
    {"headerBytesMax", "{network: {headerBytesMax: 4KiB}}", "header_bytes", send_large_headers_over_http},
    {"requestBytesMax", small_messages, "request_bytes", leave_two_large_calls_unfinished},
    {"requestBytesMax", small_messages, "request_bytes", leave_headers_unfinished},
    {"requestBytesMax", small_messages, "request_bytes", inflate_where_nothing_is_left},
    {"requestBytesPerConnection", "{network: {requestBytesPerConnection: 256KiB, requestBytesMax: 64MiB}, ",
     "request_bytes", leave_three_large_calls_unfinished},
    {"answerBytesMax", small_messages, "answer_bytes", take_no_answers},
    {"answerBytesPerConnection", "{network: {answerBytesPerConnection: 64KiB, answerBytesMax: 64MiB}, ",
     "connection_answer_bytes", take_no_answers},
    {"handshakeTimeout", "{network: {handshakeTimeout: 100ms}}", "handshake_timeout", say_nothing},
    {"headerTimeout", "{network: {headerTimeout: 100ms}}", "header_timeout", leave_headers_open},
    {"headerTimeout", "{network: {headerTimeout: 100ms}}", "header_timeout", leave_a_header_line_open},
    {"requestTimeout", "{network: {requestTimeout: 100ms}}", "request_timeout", send_no_body},
    {"requestTimeout", "{network: {requestTimeout: 100ms}}", "request_timeout", send_half_a_body_over_http},
    {"requestTimeout", "{network: {requestTimeout: 100ms}}", "request_timeout", send_half_a_call_over_tchannel},
    {"writeTimeout", "{network: {writeTimeout: 100ms}}", "write_timeout", take_no_answer},
    {"idleTimeout", "{network: {idleTimeout: 100ms}}", "idle_timeout", greet_and_wait},
    {"idleTimeout", "{network: {idleTimeout: 100ms}}", "idle_timeout", greet_and_wait_over_tchannel},
    {"keepaliveInterval", "{network: {keepaliveInterval: 100ms, keepaliveTimeout: 200ms}}", "keepalive_timeout",
     greet_and_wait},
    {"keepaliveTimeout", "{network: {keepaliveInterval: 200ms, keepaliveTimeout: 100ms}}", "keepalive_timeout",
     greet_and_wait_over_tchannel},
    {"resetsBurst", "{network: {resetsBurst: 2, resetsPerSecond: 1, offenderHold: 0s}}", "resets", take_calls_back},
    {"resetsPerSecond", "{network: {resetsBurst: 2, resetsPerSecond: 1, offenderHold: 0s}}", "resets",
     cancel_over_tchannel},
    {"controlFramesBurst", "{network: {controlFramesBurst: 10, controlFramesPerSecond: 1, offenderHold: 0s}}",
     "control_frames", ping},
    {"controlFramesPerSecond", "{network: {controlFramesBurst: 10, controlFramesPerSecond: 1, offenderHold: 0s}}",
     "control_frames", ping_over_tchannel},
};

/// Options that refuse nothing, and limits that no option sets.
const std::set<std::string> no_limits{"loops", "offenderHold"};
const std::set<std::string> no_options{"descriptors", "protocol"}; // the system's, and none

} // namespace

BOOST_AUTO_TEST_SUITE(bounds_of_the_network)

BOOST_AUTO_TEST_CASE(each_option_refuses_what_goes_beyond_it_and_counts_that_and_nothing_else) {
  for (const auto& one : bounds) {
    std::string text = one.settings;
    if (!text.ends_with("}")) // goes on with a small limit of messages
      text += one_mib + "}";
    BOOST_TEST_CONTEXT(one.option << " by " << text << " counts " << one.limit) {
      const auto loaded = config::load_text(text);
      BOOST_REQUIRE_MESSAGE(loaded, (loaded ? std::string() : loaded.error().message));
      auto how = loaded->values.network;
      // A server takes these from its memory where they are 0.
      for (auto* bytes : {&how.request_bytes_max, &how.answer_bytes_max})
        *bytes = *bytes == 0 ? 64 << 20 : *bytes;
      bounds_site s(how);
      for (const auto& [limit, count] : s.all_refused())
        BOOST_TEST(count == 0, limit);
      one.overdo(s);
      BOOST_TEST(s.counts(one.limit));
      for (const auto& [limit, count] : s.all_refused())
        BOOST_TEST((limit == one.limit || count == 0), limit << " counts, too");
    }
  }
}

BOOST_AUTO_TEST_CASE(no_option_and_no_limit_is_left_out) {
  std::set<std::string> options = no_limits;
  std::set<std::string> limits = no_options;
  for (const auto& one : bounds) {
    options.insert(one.option);
    limits.insert(one.limit);
  }
  int seen = 0;
  for (const auto& one : config::options()) {
    if (!one.path.starts_with("network."))
      continue;
    ++seen;
    BOOST_TEST(options.contains(one.path.substr(std::string("network.").size())), one.path);
    BOOST_TEST(!one.meaning.empty());
  }
  BOOST_TEST(seen > 20);
  for (std::size_t i = 0; i < bridge::net::refusals_count; ++i) {
    const std::string limit(bridge::net::name_of(static_cast<bridge::net::refusal>(i)));
    BOOST_TEST(limits.contains(limit), limit);
  }
}

BOOST_AUTO_TEST_SUITE_END()
