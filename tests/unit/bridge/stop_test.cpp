#include "harness.hpp"
#include "requests.hpp"
#include "tchannel_client.hpp"

#include "bridge/handlers/method_table.hpp"
#include "tests/unit/net/raw_client.hpp"
#include "uber/cadence/api/v1/error.pb.h"
#include "uber/cadence/api/v1/service_meta.pb.h"
#include "uber/cadence/api/v1/service_schedule.pb.h"

#include <google/protobuf/empty.pb.h>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <future>
#include <mutex>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace api = uber::cadence::api::v1;
using namespace cadenza;
using tests::detail_of;
using tests::good_start;
using tests::harness;

BOOST_AUTO_TEST_SUITE(server)

BOOST_AUTO_TEST_CASE(calls_that_outlive_the_stopped_server_are_harmless) {
  actors::call_ptr kept;
  harness h;
  std::promise<void> seen_one;
  h.engine.react([&](tests::seen_request seen) {
    kept = std::move(seen.call);
    seen_one.set_value();
  });
  auto waiting = std::async(std::launch::async, [&] {
    return h.call<api::StartWorkflowExecutionResponse>("WorkflowAPI/StartWorkflowExecution", good_start());
  });
  seen_one.get_future().wait();
  h.server.stop(std::chrono::milliseconds(50));
  // CANCELLED would be a worker's own doing, in the eyes of its library.
  BOOST_TEST(waiting.get().error_code() == grpc::StatusCode::UNAVAILABLE);
  BOOST_TEST(kept->cancelled());
  kept->reply(api::StartWorkflowExecutionResponse{});
  kept.reset();
}

BOOST_AUTO_TEST_CASE(clients_that_stay_connected_do_not_hold_up_the_stop) {
  bridge::rpc_options options;
  options.tchannel_port = 0;
  harness h({}, options);
  tests::raw_client http2(h.port);
  http2.greet();
  http2.send(tests::raw_client::request(1, tests::raw_client::grpc("/uber.cadence.api.v1.MetaAPI/Health")) +
             tests::raw_client::message(1, ""));
  BOOST_TEST(http2.read_answer(1).status() == "0");
  tests::tchannel_client tchannel(h.server.tchannel_port());
  tchannel.greet();
  tests::raw_client silent(h.port);
  tests::loopback_socket plain(h.server.tchannel_port());
  BOOST_TEST(plain.send("GET /health HTTP/1.1\r\nHost: here\r\n\r\n"));
  BOOST_TEST(plain.read(12) == "HTTP/1.1 200");
  // None of them closes its end.
  const auto begun = std::chrono::steady_clock::now();
  h.server.stop(std::chrono::seconds(20));
  BOOST_TEST((std::chrono::steady_clock::now() - begun < std::chrono::seconds(1)));
}

BOOST_AUTO_TEST_CASE(a_stop_gets_every_answer_out_and_refuses_the_rest_as_unavailable) {
  harness h;
  h.engine.react([](tests::seen_request seen) { seen.call->reply(api::StartWorkflowExecutionResponse{}); });
  std::atomic<bool> over{false};
  std::atomic<int> answered{0};
  std::map<int, int> refused[4];
  std::vector<std::thread> clients;
  for (auto& mine : refused)
    clients.emplace_back([&h, &mine, &over, &answered] {
      const auto own = h.connect();
      const grpc::internal::RpcMethod start("/uber.cadence.api.v1.WorkflowAPI/StartWorkflowExecution",
                                            grpc::internal::RpcMethod::NORMAL_RPC);
      while (!over) {
        grpc::ClientContext context;
        context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
        api::StartWorkflowExecutionResponse response;
        const auto status =
            grpc::internal::BlockingUnaryCall<api::StartWorkflowExecutionRequest, api::StartWorkflowExecutionResponse,
                                              grpc::protobuf::MessageLite, grpc::protobuf::MessageLite>(
                own.get(), start, &context, good_start(), &response);
        if (status.ok())
          ++answered;
        else
          ++mine[status.error_code()];
      }
    });
  h.engine.wait_for(200);
  h.server.stop(std::chrono::seconds(20));
  over = true;
  for (auto& one : clients)
    one.join();
  BOOST_TEST(answered >= 200);
  for (const auto& mine : refused)
    for (const auto& [code, times] : mine)
      BOOST_TEST(code == grpc::StatusCode::UNAVAILABLE, "status " << code << ", " << times << " times");
}

BOOST_AUTO_TEST_SUITE_END()
