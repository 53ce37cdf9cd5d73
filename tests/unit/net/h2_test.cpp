#include "h2_site.hpp"

using namespace cadenza;
using tests::h2_log;
using tests::h2_site;
using tests::raw_client;
namespace net = bridge::net;

BOOST_AUTO_TEST_SUITE(h2)

BOOST_AUTO_TEST_CASE(a_request_is_answered_with_headers_body_and_trailers) {
  h2_site site;
  raw_client client(site.port);
  client.greet();
  for (const char* path : {"/echo", "/late"}) {
    static std::uint32_t id = 1;
    client.send(raw_client::request(id, h2_site::get(path)) + raw_client::make(raw_client::data, 1, id, "hello"));
    const auto answer = client.read_answer(id);
    BOOST_TEST(answer.head.at(":status") == "200");
    BOOST_TEST(answer.body == "hello");
    BOOST_TEST(answer.trailers.at("end") == "yes");
    id += 2;
  }
  BOOST_TEST(site.becomes("cadenza_net_calls", 0));
}

BOOST_AUTO_TEST_CASE(a_request_cut_into_single_bytes_is_the_same_request) {
  h2_site site;
  raw_client client(site.port);
  const auto all = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + raw_client::make(raw_client::settings, 0, 0) +
                   raw_client::request(1, h2_site::get("/echo")) + raw_client::make(raw_client::data, 1, 1, "hello");
  for (const char byte : all)
    client.send(std::string(1, byte));
  BOOST_TEST(client.read_answer(1).body == "hello");
}

BOOST_AUTO_TEST_CASE(bodies_of_all_sizes_arrive_whole) {
  h2_site site;
  raw_client client(site.port);
  client.greet();
  std::uint32_t id = 1;
  for (const std::size_t size : {0, 1, 4095, 4096, 4097, 16'384, 65'535, 300'000, 20'000'000}) {
    client.send(raw_client::request(id, h2_site::get("/bytes/" + std::to_string(size)), true));
    const auto answer = client.read_answer(id);
    BOOST_TEST(answer.body.size() == size);
    BOOST_TEST(answer.trailers.at("end") == "yes");
    id += 2;
  }
  BOOST_TEST(site.becomes("cadenza_net_answer_bytes", 0));
}

BOOST_AUTO_TEST_CASE(answers_of_many_threads_to_many_calls_all_arrive) {
  constexpr int calls = 500;
  h2_site site;
  raw_client client(site.port);
  client.greet();
  std::string all;
  for (std::uint32_t i = 0; i < calls; ++i)
    all += raw_client::request(2 * i + 1, h2_site::get("/late")) +
           raw_client::make(raw_client::data, 1, 2 * i + 1, std::to_string(i));
  client.send(all);
  std::map<std::uint32_t, std::string> bodies;
  for (int ended = 0; ended < calls;) {
    const auto f = client.next();
    BOOST_REQUIRE(f);
    if (f->type == raw_client::data)
      bodies[f->id] += f->payload;
    ended += f->type == raw_client::headers && f->end();
  }
  BOOST_TEST(bodies.size() == std::size_t{calls});
  for (const auto& [id, body] : bodies)
    BOOST_TEST(body == std::to_string((id - 1) / 2));
}

BOOST_AUTO_TEST_CASE(calls_end_with_a_reset_and_with_the_connection) {
  h2_site site;
  {
    raw_client client(site.port);
    client.greet();
    client.send(raw_client::request(1, h2_site::get("/hang"), true) +
                raw_client::request(3, h2_site::get("/hang"), true));
    BOOST_TEST(site.user.log.wait(&h2_log::begun, 2));
    client.send(raw_client::make(raw_client::rst, 0, 1, raw_client::number(8)));
    BOOST_TEST(site.user.log.wait(&h2_log::closed, 1));
  }
  BOOST_TEST(site.user.log.wait(&h2_log::closed, 2));
  BOOST_TEST(site.becomes("cadenza_net_connections", 0));
  BOOST_TEST(site.becomes("cadenza_net_calls", 0));
}

BOOST_AUTO_TEST_CASE(a_stopping_server_says_goodbye_and_answers_what_is_under_way) {
  h2_site site;
  raw_client client(site.port);
  client.greet();
  client.send(raw_client::request(1, h2_site::get("/hang"), true));
  BOOST_TEST(site.user.log.wait(&h2_log::begun, 1));
  site.server.stop(std::chrono::milliseconds(20));
  BOOST_TEST(client.next(raw_client::goaway)->code(4) == 0u);
  BOOST_TEST(client.read_answer(1).head.at(":status") == "503");
  BOOST_TEST(client.hung_up());
}

BOOST_AUTO_TEST_CASE(a_stopping_server_waits_for_what_is_under_way_and_begins_nothing_new) {
  h2_site site;
  raw_client client(site.port, 4096);
  client.greet();
  client.send(raw_client::request(1, h2_site::get("/bytes/3000000"), true));
  BOOST_TEST(site.user.log.wait(&h2_log::begun, 1));
  std::thread stopping([&] { site.server.stop(std::chrono::seconds(10)); });
  // The goodbye comes after or between parts of the answer, which comes whole.
  const auto answer = client.read_answer(1);
  BOOST_TEST(answer.body.size() == 3'000'000u);
  client.send(raw_client::request(3, h2_site::get("/echo"), true));
  BOOST_TEST(client.hung_up());
  stopping.join();
  BOOST_TEST(site.user.log.value(&h2_log::opened) == 1);
}

BOOST_AUTO_TEST_CASE(two_loops_share_the_connections) {
  net::settings how;
  how.loops = 2;
  h2_site site(how);
  for (int i = 0; i < 6; ++i) {
    raw_client client(site.port);
    client.greet();
    client.send(raw_client::request(1, h2_site::get("/bytes/100000"), true));
    BOOST_TEST(client.read_answer(1).body.size() == 100'000u);
  }
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_is_an_error_that_names_it) {
  h2_site site;
  tests::test_user user;
  net::h2_front front(user);
  metrics::registry registry;
  net::server second({}, registry, "second");
  const auto bound = second.listen("127.0.0.1", site.port, {&front});
  BOOST_REQUIRE(!bound);
  BOOST_TEST(bound.error().message.find(std::to_string(site.port)) != std::string::npos);
  BOOST_TEST(!second.listen("no.such.host.invalid", 0, {&front}));
}

BOOST_AUTO_TEST_CASE(the_library_is_one_that_clients_cannot_bring_down) {
  const auto good = net::check_nghttp2();
  BOOST_TEST(static_cast<bool>(good), (good ? "" : good.error().message));
}

BOOST_AUTO_TEST_SUITE_END()
