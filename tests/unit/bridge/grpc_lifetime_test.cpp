#include "grpc_site.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(grpc_wire)

BOOST_AUTO_TEST_CASE(a_request_that_does_not_end_is_given_up) {
  bridge::net::settings how;
  how.request_timeout = std::chrono::milliseconds(200);
  site s(how);
  s.client.send(raw_client::request(1, raw_client::grpc(start)));
  s.client.send(raw_client::request(3, raw_client::grpc(start)) +
                raw_client::make(raw_client::data, 0, 3, std::string("\0\0\0\0\5ab", 7)));
  for (const std::uint32_t id : {1, 3})
    BOOST_TEST(s.client.read_answer(id).status() == "14");
  BOOST_TEST(s.refused("request_timeout") == 2);
  s.next = 5;
  s.check_good();
}

BOOST_AUTO_TEST_CASE(the_deadline_reaches_the_engine_and_ends_the_call) {
  site s;
  std::promise<actors::call_ptr> arrived;
  std::promise<void> left;
  s.h.engine.react([&](tests::seen_request seen) {
    seen.call->on_cancel([&] { left.set_value(); });
    arrived.set_value(seen.call);
  });
  const auto answer = s.ask(start, good_start().SerializeAsString(), {{"grpc-timeout", "150m"}});
  BOOST_TEST(answer.status() == "4");
  left.get_future().wait();
  const auto call = arrived.get_future().get();
  BOOST_TEST(call->cancelled());
  BOOST_TEST(call->deadline_ns() < INT64_MAX);
  call->reply(api::StartWorkflowExecutionResponse{}); // goes nowhere
  s.h.engine.react({});
  s.check_good();
}

BOOST_AUTO_TEST_CASE(a_reset_and_a_lost_connection_cancel_their_calls) {
  harness h({}, own());
  std::mutex lock;
  std::vector<actors::call_ptr> calls;
  std::atomic<int> left{0};
  h.engine.react([&](tests::seen_request seen) {
    seen.call->on_cancel([&] { ++left; });
    const std::lock_guard guard(lock);
    calls.push_back(std::move(seen.call));
  });
  {
    raw_client client(h.port);
    client.greet();
    for (const std::uint32_t id : {1, 3})
      client.send(raw_client::request(id, raw_client::grpc(start)) +
                  raw_client::message(id, good_start().SerializeAsString()));
    h.engine.wait_for(2);
    client.send(raw_client::make(raw_client::rst, 0, 1, raw_client::number(8)));
    while (left != 1)
      std::this_thread::yield();
  }
  while (left != 2)
    std::this_thread::yield();
  const std::lock_guard guard(lock);
  BOOST_TEST(calls.size() == 2u);
  calls.clear();
}

BOOST_AUTO_TEST_CASE(callers_are_told_apart_on_one_connection) {
  site s;
  for (const char* name : {"one", "one", "two", "one"}) {
    s.ask(start, good_start().SerializeAsString(), {{"rpc-caller", name}, {"cadence-client-name", "uber-go"}});
    BOOST_TEST(s.h.engine.last().call->caller().name == name);
  }
}

BOOST_AUTO_TEST_CASE(calls_under_way_when_the_server_stops_are_told_to_try_elsewhere) {
  actors::call_ptr kept;
  site s;
  s.h.engine.react([&](tests::seen_request seen) { kept = std::move(seen.call); });
  s.client.send(raw_client::request(1, raw_client::grpc(start)) +
                raw_client::message(1, good_start().SerializeAsString()));
  s.h.engine.wait_for(1);
  s.h.server.stop(std::chrono::milliseconds(50));
  BOOST_TEST(s.client.read_answer(1).status() == "14");
  BOOST_TEST(kept->cancelled());
  kept.reset();
}

BOOST_AUTO_TEST_CASE(a_thousand_questions_in_one_breath_are_answered_one_after_the_other) {
  site s;
  ::grpc::reflection::v1::ServerReflectionRequest request;
  request.set_list_services("");
  s.client.send(raw_client::request(1, raw_client::grpc("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")));
  std::string all;
  for (int i = 0; i < 1000; ++i)
    all += raw_client::message(1, request.SerializeAsString(), i == 999);
  s.client.send(all);
  const auto answer = s.client.read_answer(1);
  BOOST_TEST(answer.status() == "0");
  int answers = 0;
  for (std::size_t at = 0; at + 5 <= answer.body.size(); ++answers) {
    std::size_t size = 0;
    for (std::size_t i = 1; i < 5; ++i)
      size = size << 8 | static_cast<unsigned char>(answer.body[at + i]);
    ::grpc::reflection::v1::ServerReflectionResponse response;
    BOOST_REQUIRE(response.ParseFromString(answer.body.substr(at + 5, size)));
    BOOST_TEST(response.list_services_response().service_size() == 10);
    at += 5 + size;
  }
  BOOST_TEST(answers == 1000);
}

BOOST_AUTO_TEST_CASE(watches_end_with_their_clients_and_with_the_server) {
  site s;
  s.client.send(raw_client::request(1, raw_client::grpc("/grpc.health.v1.Health/Watch")) + raw_client::message(1, ""));
  s.client.send(raw_client::request(3, raw_client::grpc("/grpc.health.v1.Health/Watch")) + raw_client::message(3, ""));
  for (int i = 0; i < 2; ++i)
    BOOST_TEST(s.client.next(raw_client::data).has_value());
  s.client.send(raw_client::make(raw_client::rst, 0, 1, raw_client::number(8)));
  BOOST_TEST(s.becomes("cadenza_net_calls", 1));
  s.h.health.set(bridge::health_state::shutting_down);
  const auto told = s.client.next(raw_client::data);
  BOOST_TEST(told->id == 3u);
  std::thread stopping([&] { s.h.server.stop(std::chrono::milliseconds(20)); });
  BOOST_TEST(s.client.hung_up());
  stopping.join();
}

BOOST_AUTO_TEST_SUITE_END()
