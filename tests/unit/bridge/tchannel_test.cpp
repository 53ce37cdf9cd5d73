#include "harness.hpp"
#include "requests.hpp"
#include "tchannel_client.hpp"

#include "tests/unit/messages/thrift_peer.hpp"
#include "uber/cadence/api/v1/service_worker.pb.h"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

namespace api = uber::cadence::api::v1;
using namespace cadenza;
using bridge::tchannel::frame_type;
using tests::good_start;
using tests::harness;
using tests::seen_request;
using tests::tchannel_client;

namespace {

constexpr int timeout = 1;
constexpr int cancelled = 2;
constexpr int busy = 3;
constexpr int declined = 4;
constexpr int unexpected = 5;
constexpr int bad_request_code = 6;
constexpr int protocol_error = 255;

bridge::rpc_options with_tchannel(const bridge::net::settings& how = {}) {
  bridge::rpc_options out;
  out.tchannel_port = 0;
  out.network = how;
  return out;
}

/// A server, and a client that has shaken hands with it.
struct site {
  explicit site(const bridge::net::settings& how = {}) : h({}, with_tchannel(how)), client(h.server.tchannel_port()) {
    client.greet();
  }
  double refused(const char* limit) {
    return h.registry.value("cadenza_net_refused_total", {{"server", "rpc"}, {"limit", limit}});
  }
  bool no_calls_left() {
    const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (h.registry.value("cadenza_net_calls", {{"server", "rpc"}}) != 0 && std::chrono::steady_clock::now() < latest)
      std::this_thread::yield();
    return h.registry.value("cadenza_net_calls", {{"server", "rpc"}}) == 0;
  }

  harness h;
  tchannel_client client;
};

const char* const start_name = "WorkflowService::StartWorkflowExecution";

tchannel_client::call start_call(std::size_t input_bytes = 0) {
  auto request = good_start();
  if (input_bytes > 0)
    request.mutable_input()->set_data(std::string(input_bytes, 'x'));
  return {start_name,
          tests::thrift_arguments(tests::thrift_method_named(start_name), request),
          {{"Cadence-Client-Name", "uber-java"}}};
}

/// `seen`: where each request is left before its answer, which the client waits for.
void answer_with(harness& h, const std::string& run_id, seen_request* seen = nullptr) {
  h.engine.react([run_id, seen](seen_request now) {
    if (seen != nullptr)
      *seen = now;
    api::StartWorkflowExecutionResponse response;
    response.set_run_id(run_id);
    now.call->reply(response);
  });
}

std::string run_of(const tchannel_client::answer& got) {
  BOOST_TEST(!got.error, got.text);
  api::StartWorkflowExecutionResponse response;
  const auto reply = tests::read_thrift_reply(tests::thrift_method_named(start_name), got.body, response);
  BOOST_TEST(reply.wrong == "");
  BOOST_TEST(reply.field == 0, reply.text);
  return response.run_id();
}

} // namespace

BOOST_AUTO_TEST_SUITE(tchannel_port)

BOOST_AUTO_TEST_CASE(a_call_reaches_the_handler_of_its_rpc_and_is_answered_in_thrift) {
  site s;
  seen_request seen;
  answer_with(s.h, "the run", &seen);
  using bridge::tchannel::checksum_type;
  for (const auto sums : {checksum_type::none, checksum_type::crc32, checksum_type::crc32c}) {
    auto call = start_call();
    call.sums = sums;
    const auto got = s.client.ask(call);
    BOOST_TEST(run_of(got) == "the run");
    BOOST_TEST(got.code == 0);
    BOOST_TEST(got.sums_right);
    BOOST_TEST(got.headers.at("$rpc$-service") == "cadence-frontend");
    BOOST_TEST(seen.call->caller().client_impl == "uber-java"); // headers are known in any case
    BOOST_TEST(seen.call->caller().name == "a caller");
  }
  BOOST_TEST(s.no_calls_left());
  const metrics::labels labels{{"method", "WorkflowAPI/StartWorkflowExecution"}, {"transport", "tchannel"}};
  BOOST_TEST(s.h.registry.value("cadenza_rpc_requests_total", labels) == 3);
}

BOOST_AUTO_TEST_CASE(large_calls_and_answers_come_in_frames) {
  site s;
  const std::string large(3 << 20, 'r');
  seen_request seen;
  answer_with(s.h, large, &seen);
  const auto got = s.client.ask(start_call(2 << 20));
  BOOST_TEST((run_of(got) == large));
  BOOST_TEST(got.frames > 40);
  BOOST_TEST(got.sums_right);
  BOOST_TEST(static_cast<const api::StartWorkflowExecutionRequest&>(*seen.request).input().data().size() == 2u << 20);
  // The memory goes back when the thread that read the request lets go of it, which may be after the answer.
  const auto held = [&] { return s.h.registry.value("cadenza_net_request_bytes", {{"server", "rpc"}}); };
  const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (held() != 0 && std::chrono::steady_clock::now() < latest)
    std::this_thread::yield();
  BOOST_TEST(held() == 0);
}

BOOST_AUTO_TEST_CASE(frames_of_many_calls_may_be_mixed_and_answers_come_in_any_order) {
  site s;
  constexpr std::uint32_t count = 2000;
  std::mutex lock;
  std::condition_variable arrived;
  std::vector<actors::call_ptr> waiting;
  s.h.engine.react([&](seen_request seen) {
    const std::lock_guard guard(lock);
    waiting.push_back(seen.call);
    arrived.notify_one();
  });
  auto small = start_call();
  small.frame_bytes_max = 200;
  std::string first;
  std::string rest;
  for (std::uint32_t id = 100; id < 100 + count; ++id) {
    const auto frames = tchannel_client::frames(id, small);
    BOOST_REQUIRE(frames.size() > 1);
    first += frames.front();
    for (std::size_t i = 1; i < frames.size(); ++i)
      rest += frames[i];
  }
  s.client.send(first + rest);
  std::unique_lock guard(lock);
  BOOST_REQUIRE(arrived.wait_for(guard, std::chrono::seconds(20), [&] { return waiting.size() == count; }));
  for (auto at = waiting.rbegin(); at != waiting.rend(); ++at) {
    api::StartWorkflowExecutionResponse response;
    response.set_run_id("r");
    (*at)->reply(response);
  }
  for (std::uint32_t id = 100; id < 100 + count; ++id)
    BOOST_REQUIRE(run_of(s.client.read_answer(id)) == "r");
  BOOST_TEST(s.no_calls_left());
}

BOOST_AUTO_TEST_CASE(failures_are_exceptions_or_error_frames) {
  site s;
  const auto told = [&](const error& reason) {
    s.h.engine.react([reason](seen_request seen) { seen.call->reject(reason); });
    return s.client.ask(start_call());
  };
  const auto declared = told(service_busy("later"));
  BOOST_TEST(!declared.error);
  BOOST_TEST(declared.code == 1);
  BOOST_TEST(declared.headers.at("$rpc$-application-error-name") == "ServiceBusyError");
  api::StartWorkflowExecutionResponse response;
  const auto& which = tests::thrift_method_named(start_name);
  BOOST_TEST(tests::read_thrift_reply(which, declared.body, response).field ==
             which.field_of(error_kind::service_busy));
  const auto code_of = [&](const error& reason) {
    const auto got = told(reason);
    return got.error ? got.code : 0;
  };
  BOOST_TEST(code_of(unavailable("x")) == declined);
  BOOST_TEST(code_of(internal_error("x")) == unexpected);
  BOOST_TEST(code_of({error_kind::deadline_exceeded, "x"}) == timeout);
  BOOST_TEST(told(internal_error("x")).text == "cadence internal error, msg: x");
}

BOOST_AUTO_TEST_CASE(calls_that_nobody_can_serve_are_told_why) {
  site s;
  auto unknown = start_call();
  unknown.method = "WorkflowService::Nothing";
  const auto got = s.client.ask(unknown);
  BOOST_TEST(got.code == bad_request_code);
  BOOST_TEST(got.text == R"(unrecognized procedure "WorkflowService::Nothing" for service "cadence-frontend")");
  auto json = start_call();
  json.scheme = "json";
  BOOST_TEST(s.client.ask(json).code == bad_request_code);
  auto timeless = start_call();
  timeless.ttl_ms = 0;
  BOOST_TEST(s.client.ask(timeless).code == bad_request_code);
  auto wrong = tchannel_client::bytes(50, start_call());
  wrong.back() ^= 1;
  s.client.send(wrong);
  BOOST_TEST(s.client.read_answer(50).text == "the checksum of the call is wrong");
  answer_with(s.h, "r");
  BOOST_TEST(run_of(s.client.ask(start_call())) == "r"); // the connection goes on
  BOOST_TEST(s.no_calls_left());
}

BOOST_AUTO_TEST_CASE(a_call_whose_time_is_over_or_that_is_cancelled_leaves_the_engine) {
  site s;
  std::atomic<int> told = 0;
  s.h.engine.react([&](seen_request seen) { seen.call->on_cancel([&told, call = seen.call] { ++told; }); });
  auto call = start_call();
  call.ttl_ms = 1;
  const auto held = s.client.ask(call);
  BOOST_TEST(held.code == timeout);
  call.ttl_ms = 60'000;
  s.client.send(tchannel_client::bytes(70, call));
  s.h.engine.wait_for(2);
  s.client.send(tchannel_client::framed(frame_type::cancel, 70, std::string(31, '\0')));
  BOOST_TEST(s.client.read_answer(70).code == cancelled);
  BOOST_TEST(s.no_calls_left());
  BOOST_TEST(told == 2);
}

BOOST_AUTO_TEST_CASE(pings_and_health_are_answered) {
  site s;
  s.client.send(tchannel_client::framed(frame_type::ping_request, 5, ""));
  const auto pong = s.client.must_read();
  BOOST_TEST((pong.type == frame_type::ping_response));
  BOOST_TEST(pong.id == 5u);
  const auto good = s.client.ask({"Meta::health", std::string(1, '\0')});
  BOOST_TEST(good.code == 0);
  BOOST_TEST((good.body.substr(0, 7) == std::string("\x0C\0\0\x02\0\x01\x01", 7)));
  s.h.health.set(bridge::health_state::shutting_down);
  BOOST_TEST((s.client.ask({"Meta::health", std::string(1, '\0')}).body.at(6) == '\0'));
}

BOOST_AUTO_TEST_CASE(plain_http_is_answered_on_the_same_port) {
  site s;
  const auto get = [&](const std::string& path) {
    tchannel_client http(s.h.server.tchannel_port());
    http.send("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return http.read_text();
  };
  BOOST_TEST(get("/health").starts_with("HTTP/1.1 200 "));
  BOOST_TEST(get("/else").starts_with("HTTP/1.1 404 "));
  s.h.health.set(bridge::health_state::warming_up);
  BOOST_TEST(get("/health").starts_with("HTTP/1.1 503 "));
}

BOOST_AUTO_TEST_CASE(what_is_no_tchannel_is_broken_off) {
  harness h({}, with_tchannel());
  const auto told = [&](const std::string& bytes) {
    tchannel_client client(h.server.tchannel_port());
    client.send(bytes);
    const auto last = client.read();
    BOOST_REQUIRE(last.has_value());
    BOOST_TEST((last->type == frame_type::error));
    BOOST_TEST(last->id == bridge::tchannel::no_id);
    BOOST_TEST(static_cast<int>(static_cast<unsigned char>(last->payload.at(0))) == protocol_error);
    BOOST_TEST(!client.read().has_value());
  };
  told(tchannel_client::init(1));
  told(tchannel_client::framed(frame_type::init_request, 1, "\0"));
  const auto greeted = [&](const std::string& bytes) {
    tchannel_client client(h.server.tchannel_port());
    client.greet();
    client.send(bytes);
    const auto last = client.read();
    BOOST_REQUIRE(last.has_value());
    BOOST_TEST((last->type == frame_type::error));
    BOOST_TEST(!client.read().has_value());
  };
  greeted(tchannel_client::init());
  greeted(std::string("\0\x0F\x03\0\0\0\0\x01\0\0\0\0\0\0\0\0", 16)); // shorter than its header
  greeted(tchannel_client::framed(frame_type::call_request, 1, "\0\0"));
  greeted(tchannel_client::bytes(bridge::tchannel::no_id, start_call()));
}

BOOST_AUTO_TEST_CASE(bounds_hold) {
  bridge::net::settings how;
  how.calls_per_connection_max = 2;
  how.message_bytes_max = 100'000;
  how.control_frames_burst = 20;
  site s(how);
  s.h.engine.react([](seen_request seen) { seen.call->on_cancel([call = seen.call] { (void)call; }); });
  s.client.send(tchannel_client::bytes(10, start_call()) + tchannel_client::bytes(11, start_call()));
  s.h.engine.wait_for(2);
  BOOST_TEST(s.client.ask(start_call()).code == busy);
  BOOST_TEST(s.refused("connection_calls") == 1);
  s.client.send(tchannel_client::framed(frame_type::cancel, 10, std::string(31, '\0')));
  BOOST_TEST(s.client.read_answer(10).code == cancelled);
  BOOST_TEST(s.client.ask(start_call(200'000)).code == bad_request_code);
  BOOST_TEST(s.refused("message_bytes") == 1);
  std::string pings;
  for (std::uint32_t i = 0; i < 200; ++i)
    pings += tchannel_client::framed(frame_type::ping_request, i, "");
  s.client.send(pings);
  const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (s.refused("control_frames") == 0 && std::chrono::steady_clock::now() < latest)
    std::this_thread::yield();
  BOOST_TEST(s.refused("control_frames") == 1);
}

BOOST_AUTO_TEST_CASE(a_call_that_does_not_arrive_in_time_is_let_go) {
  bridge::net::settings how;
  how.request_timeout = std::chrono::milliseconds(50);
  site s(how);
  auto call = start_call(1000);
  call.frame_bytes_max = 300;
  s.client.send(tchannel_client::frames(20, call).front());
  BOOST_TEST(s.client.read_answer(20).code == timeout);
  BOOST_TEST(s.refused("request_timeout") == 1);
  BOOST_TEST(s.no_calls_left());
}

BOOST_AUTO_TEST_CASE(a_client_that_goes_takes_its_calls_along) {
  harness h({}, with_tchannel());
  std::promise<void> left;
  actors::call_ptr held;
  h.engine.react([&](seen_request seen) {
    held = seen.call;
    seen.call->on_cancel([&left] { left.set_value(); });
  });
  {
    tchannel_client client(h.server.tchannel_port());
    client.greet();
    client.send(tchannel_client::bytes(10, start_call()));
    h.engine.wait_for(1);
  }
  BOOST_TEST((left.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready));
  BOOST_TEST(held->cancelled());
  held.reset();
}

BOOST_AUTO_TEST_CASE(a_stop_answers_what_is_under_way) {
  site s;
  s.h.engine.react([](seen_request seen) { seen.call->on_cancel([call = seen.call] { (void)call; }); });
  s.client.send(tchannel_client::bytes(10, start_call()));
  s.h.engine.wait_for(1);
  s.h.server.stop(std::chrono::milliseconds(0));
  const auto got = s.client.read_answer(10);
  BOOST_TEST(got.code == declined);
  BOOST_TEST(!s.client.read().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
