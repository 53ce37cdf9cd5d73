#include "h2_site.hpp"

using namespace cadenza;
using std::chrono::milliseconds;
using tests::h2_log;
using tests::h2_site;
using tests::raw_client;
namespace net = bridge::net;

namespace {

/// Bounds and time-outs small enough for a test.
net::settings small() {
  net::settings how;
  how.loops = 1;
  how.offender_hold = milliseconds(100);
  return how;
}

std::string get(std::uint32_t id, const std::string& path, bool end = true) {
  return raw_client::request(id, h2_site::get(path), end);
}

/// A well-behaved client is served.
void check_others_are_served(h2_site& site) {
  raw_client other(site.port);
  other.greet();
  other.send(get(1, "/bytes/10"));
  BOOST_TEST(other.read_answer(1).body == "bbbbbbbbbb");
}

} // namespace

BOOST_AUTO_TEST_SUITE(h2_limits)

BOOST_AUTO_TEST_CASE(whoever_takes_calls_back_all_the_time_is_sent_away) {
  auto how = small();
  how.resets_burst = 20;
  how.resets_per_second = 1;
  h2_site site(how);
  raw_client client(site.port);
  client.greet();
  // The server reads no more once it is enough, but hangs up only when it has held the client for a while: until then
  // the kernel takes several megabytes. The number is far beyond them, so that only a server that goes on reading
  // lets it be reached.
  bool sent_away = false;
  for (std::uint32_t id = 1; id < 4'000'000 && !sent_away; id += 2)
    sent_away = !client.send(get(id, "/hang") + raw_client::make(raw_client::rst, 0, id, raw_client::number(8)));
  BOOST_TEST(sent_away);
  const auto goaway = client.next(raw_client::goaway);
  BOOST_REQUIRE(goaway.has_value());
  BOOST_TEST(goaway->code(4) == NGHTTP2_ENHANCE_YOUR_CALM);
  BOOST_TEST(client.hung_up());
  BOOST_TEST(site.refused("resets") == 1);
  BOOST_TEST(site.user.log.value(&h2_log::opened) < 30);
  check_others_are_served(site);
}

BOOST_AUTO_TEST_CASE(whoever_makes_the_server_reset_its_calls_is_sent_away) {
  auto how = small();
  how.resets_burst = 20;
  how.resets_per_second = 1;
  h2_site site(how);
  raw_client client(site.port);
  client.greet();
  // A window that grows beyond what HTTP/2 allows: the server must reset the call.
  for (std::uint32_t id = 1; id < 20'000; id += 2)
    if (!client.send(get(id, "/hang", false) +
                     raw_client::make(raw_client::window, 0, id, raw_client::number(0x7fffffff))))
      break;
  BOOST_TEST(client.hung_up());
  BOOST_TEST(site.refused("resets") + site.refused("protocol") >= 1);
  BOOST_TEST(site.user.log.value(&h2_log::opened) < 2000);
  check_others_are_served(site);
}

BOOST_AUTO_TEST_CASE(headers_without_end_are_not_taken) {
  h2_site site(small());
  raw_client client(site.port);
  client.greet();
  client.send(raw_client::make(raw_client::headers, 0, 1, raw_client::block(h2_site::get("/echo"))));
  std::size_t sent = 0;
  while (sent < (64U << 20) && client.send(raw_client::make(raw_client::continuation, 0, 1, std::string(16'000, '\0'))))
    sent += 16'000;
  BOOST_TEST(sent < (8U << 20)); // what the kernel holds
  BOOST_TEST(site.refused("header_bytes") == 1);
  check_others_are_served(site);
}

BOOST_AUTO_TEST_CASE(few_bytes_that_stand_for_many_headers_are_refused) {
  h2_site site(small());
  raw_client client(site.port);
  client.greet();
  // One long field is put into the table; each further byte repeats it.
  auto block = raw_client::block(h2_site::get("/echo"));
  block += '\x40' + raw_client::text("x") + raw_client::text(std::string(3'900, 'v'));
  const std::string repeat(12'000, '\xbe');
  client.send(raw_client::make(raw_client::headers, 4, 1, block + repeat));
  BOOST_TEST(client.hung_up());
  BOOST_TEST(site.refused("header_bytes") + site.refused("protocol") == 1);
  check_others_are_served(site);
}

BOOST_AUTO_TEST_CASE(a_request_with_too_large_headers_is_refused_and_the_connection_goes_on) {
  h2_site site(small());
  raw_client client(site.port);
  client.greet();
  auto fields = h2_site::get("/echo");
  fields.emplace_back("x", std::string(20'000, 'v'));
  const auto block = raw_client::block(fields);
  client.send(raw_client::make(raw_client::headers, 1, 1, block.substr(0, 16'000)) +
              raw_client::make(raw_client::continuation, 4, 1, block.substr(16'000)));
  BOOST_TEST(client.read_answer(1).head.at(":status") == "431");
  BOOST_TEST(site.refused("header_bytes") == 1);
  client.send(get(3, "/bytes/1"));
  BOOST_TEST(client.read_answer(3).body == "b");
}

BOOST_AUTO_TEST_CASE(pings_and_settings_without_end_are_not_answered_for_ever) {
  for (const auto& frame : {raw_client::make(raw_client::ping, 0, 0, "12345678"),
                            raw_client::make(raw_client::settings, 0, 0, raw_client::setting(4, 70'000)),
                            raw_client::make(raw_client::priority, 0, 1, std::string(5, '\0')),
                            raw_client::make(77, 0, 0, "what"), raw_client::make(raw_client::data, 0, 1)}) {
    auto how = small();
    how.control_frames_burst = 100;
    h2_site site(how);
    raw_client client(site.port);
    client.greet();
    client.send(get(1, "/hang", false));
    int sent = 0;
    while (sent < 1'000'000 && client.send(frame))
      ++sent;
    BOOST_TEST(sent < 1'000'000);
    BOOST_TEST(site.refused("control_frames") == 1);
    check_others_are_served(site);
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_measures_with_a_ping_for_each_call_is_welcome) {
  auto how = small();
  how.control_frames_burst = 10;
  how.control_frames_per_second = 1;
  h2_site site(how);
  raw_client client(site.port);
  client.greet();
  for (std::uint32_t id = 1; id < 1000; id += 2) {
    client.send(get(id, "/bytes/1") + raw_client::make(raw_client::ping, 0, 0, "12345678"));
    BOOST_TEST(client.read_answer(id).body == "b");
  }
  BOOST_TEST(site.refused("control_frames") == 0);
}

BOOST_AUTO_TEST_CASE(calls_beyond_the_limit_of_a_connection_are_refused_whether_or_not_it_was_heard) {
  auto how = small();
  how.calls_per_connection_max = 10;
  h2_site site(how);
  raw_client client(site.port);
  client.greet();
  std::string all;
  for (std::uint32_t id = 1; id < 100; id += 2)
    all += get(id, "/hang");
  client.send(all);
  BOOST_TEST(site.user.log.wait(&h2_log::begun, 10));
  int refused = 0;
  for (int i = 0; i < 40; ++i)
    refused += client.next(raw_client::rst)->code() == NGHTTP2_REFUSED_STREAM;
  BOOST_TEST(refused == 40);
  BOOST_TEST(site.user.log.value(&h2_log::opened) == 10);
  BOOST_TEST(site.refused("connection_calls") == 40);
}

BOOST_AUTO_TEST_CASE(calls_beyond_the_limit_of_an_address_and_of_all_are_refused) {
  for (const bool address : {true, false}) {
    auto how = small();
    (address ? how.calls_per_address_max : how.calls_max) = 5;
    h2_site site(how);
    raw_client one(site.port);
    raw_client two(site.port);
    one.greet();
    two.greet();
    for (std::uint32_t id = 1; id < 10; id += 2)
      one.send(get(id, "/hang"));
    BOOST_TEST(site.user.log.wait(&h2_log::begun, 5));
    two.send(get(1, "/hang"));
    BOOST_TEST(two.next(raw_client::rst)->code() == NGHTTP2_REFUSED_STREAM);
    BOOST_TEST(site.refused(address ? "address_calls" : "calls") == 1);
  }
}

BOOST_AUTO_TEST_CASE(connections_beyond_the_limits_are_closed_and_come_back_when_others_go) {
  for (const bool address : {true, false}) {
    auto how = small();
    (address ? how.connections_per_address_max : how.connections_max) = 3;
    how.connects_per_address = 1'000'000;
    h2_site site(how);
    std::vector<std::unique_ptr<raw_client>> in;
    for (int i = 0; i < 3; ++i)
      in.push_back(std::make_unique<raw_client>(site.port));
    BOOST_TEST(site.becomes("cadenza_net_connections", 3));
    raw_client fourth(site.port);
    BOOST_TEST(fourth.hung_up());
    BOOST_TEST(site.refused(address ? "address_connections" : "connections") == 1);
    in.pop_back();
    BOOST_TEST(site.becomes("cadenza_net_connections", 2));
    check_others_are_served(site);
  }
}

BOOST_AUTO_TEST_CASE(an_address_that_connects_too_often_waits) {
  auto how = small();
  how.connections_per_address_max = 20;
  how.connects_per_address = 1;
  h2_site site(how);
  for (int i = 0; i < 60; ++i)
    raw_client one(site.port);
  // Which of the two bounds they meet depends on how soon the first are seen to have left.
  const auto refused = [&] { return site.refused("address_connects") + site.refused("address_connections"); };
  const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (refused() < 30 && std::chrono::steady_clock::now() < latest)
    std::this_thread::yield();
  BOOST_TEST(refused() >= 30);
}

BOOST_AUTO_TEST_CASE(silent_slow_and_half_clients_are_closed) {
  auto how = small();
  how.handshake_timeout = how.header_timeout = milliseconds(100);
  h2_site site(how);
  raw_client silent(site.port);
  raw_client half_a_preface(site.port);
  half_a_preface.send("PRI * HT");
  raw_client no_settings(site.port);
  no_settings.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  raw_client half_a_frame(site.port);
  half_a_frame.greet();
  half_a_frame.send(std::string("\0\0\x10\1", 4));
  raw_client half_of_the_headers(site.port);
  half_of_the_headers.greet();
  half_of_the_headers.send(raw_client::make(raw_client::headers, 1, 1, "\x82"));
  for (auto* client : {&silent, &half_a_preface, &no_settings, &half_a_frame, &half_of_the_headers})
    BOOST_TEST(client->hung_up());
  BOOST_TEST(site.refused("handshake_timeout") == 3);
  BOOST_TEST(site.refused("header_timeout") == 2);
  check_others_are_served(site);
}

BOOST_AUTO_TEST_CASE(an_idle_client_is_asked_to_go_and_a_dead_one_is_noticed) {
  auto how = small();
  how.idle_timeout = milliseconds(100);
  {
    h2_site site(how);
    raw_client busy(site.port);
    busy.greet();
    busy.send(get(1, "/hang"));
    BOOST_TEST(site.user.log.wait(&h2_log::begun, 1));
    {
      raw_client idle(site.port);
      idle.greet();
      BOOST_TEST(idle.next(raw_client::goaway)->code(4) == 0u);
      BOOST_TEST(idle.hung_up());
    }
    BOOST_TEST(site.refused("idle_timeout") == 1);
    BOOST_TEST(site.becomes("cadenza_net_connections", 1));
  }
  how.idle_timeout = {};
  how.keepalive_interval = how.keepalive_timeout = milliseconds(100);
  h2_site site(how);
  raw_client dead(site.port);
  dead.greet();
  dead.send(get(1, "/hang"));
  BOOST_TEST(dead.next(raw_client::ping).has_value()); // and is not answered
  BOOST_TEST(dead.hung_up());
  BOOST_TEST(site.refused("keepalive_timeout") == 1);
  BOOST_TEST(site.user.log.wait(&h2_log::closed, 1));
}

BOOST_AUTO_TEST_CASE(answers_that_nobody_takes_are_bounded_and_then_cut) {
  auto how = small();
  how.answer_bytes_per_connection = 1 << 20;
  how.message_bytes_max = 4 << 20;
  how.write_timeout = std::chrono::seconds(1);
  h2_site site(how);
  raw_client greedy(site.port, 4096);
  greedy.greet(raw_client::setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0x7fffffff));
  greedy.send(raw_client::make(raw_client::window, 0, 0, raw_client::number(0x7fff0000)));
  std::string all;
  for (std::uint32_t id = 1; id < 800; id += 2)
    all += get(id, "/bytes/400000");
  greedy.send(all);
  BOOST_TEST(site.user.log.wait(&h2_log::begun, 3));
  check_others_are_served(site);
  // What was under way when the bound was reached is kept too, as long as it is not more than one large answer.
  BOOST_TEST(site.value("cadenza_net_answer_bytes") <= (5 << 20));
  BOOST_TEST(site.user.log.wait(&h2_log::closed, 400));
  BOOST_TEST(site.user.log.value(&h2_log::begun) < 100);
  BOOST_TEST(site.refused("write_timeout") == 1);
  BOOST_TEST(site.becomes("cadenza_net_answer_bytes", 0));
}

BOOST_AUTO_TEST_CASE(a_window_that_stays_shut_is_cut_too) {
  auto how = small();
  how.write_timeout = milliseconds(300);
  h2_site site(how);
  raw_client client(site.port);
  client.greet(raw_client::setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0));
  client.send(get(1, "/bytes/1000"));
  BOOST_TEST(client.hung_up());
  BOOST_TEST(site.refused("write_timeout") == 1);
}

BOOST_AUTO_TEST_CASE(a_client_that_takes_its_answers_slowly_gets_them_all) {
  auto how = small();
  how.answer_bytes_per_connection = 1 << 20;
  h2_site site(how);
  raw_client client(site.port, 4096);
  client.greet();
  for (std::uint32_t id = 1; id < 80; id += 2)
    client.send(get(id, "/bytes/400000"));
  std::map<std::uint32_t, std::size_t> got;
  for (int ended = 0; ended < 40;) {
    const auto f = client.next();
    BOOST_REQUIRE(f);
    if (f->type == raw_client::data) {
      got[f->id] += f->payload.size();
      const auto more = raw_client::number(static_cast<std::uint32_t>(std::max<std::size_t>(f->payload.size(), 1)));
      client.send(raw_client::make(raw_client::window, 0, f->id, more) +
                  raw_client::make(raw_client::window, 0, 0, more));
    }
    ended += f->type == raw_client::headers && f->end();
  }
  for (const auto& [id, size] : got)
    BOOST_TEST(size == 400'000u);
  BOOST_TEST(got.size() == 40u);
}

BOOST_AUTO_TEST_CASE(garbage_is_no_reason_to_stop) {
  h2_site site(small());
  for (const std::string& first :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(100, '\0'), std::string("PRI * HTTP/1.0 "),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string(200, '\xff'),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + raw_client::make(raw_client::data, 0, 1, "x")}) {
    raw_client client(site.port);
    client.send(first);
    BOOST_TEST(client.hung_up());
  }
  BOOST_TEST(site.refused("protocol") == 5);
  check_others_are_served(site);
}

BOOST_AUTO_TEST_SUITE_END()
