#include "harness.hpp"

#include <boost/test/unit_test.hpp>
#include <grpcpp/generic/generic_stub.h>

#include <atomic>
#include <cstdio>
#include <latch>
#include <thread>

namespace api = uber::cadence::api::v1;
using namespace cadenza;
using tests::harness;

namespace {

constexpr int polls_count = 10'000;
constexpr int connections_count = 10;

long resident_kib() {
  long pages = 0;
  long resident = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (!file || std::fscanf(file, "%ld %ld", &pages, &resident) != 2)
    resident = 0;
  if (file)
    std::fclose(file);
  return resident * 4;
}

int threads_now() {
  int count = 0;
  char line[256];
  std::FILE* file = std::fopen("/proc/self/status", "r");
  while (file && std::fgets(line, sizeof line, file))
    std::sscanf(line, "Threads: %d", &count);
  if (file)
    std::fclose(file);
  return count;
}

/// A client's side of one poll.
struct poll {
  grpc::ClientContext context;
  grpc::ByteBuffer response;
  grpc::Status status;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
};

/// Keeps polls as a task list would: drops each when its client leaves.
struct fake_task_list {
  std::mutex lock;
  std::map<const actors::call*, actors::call_ptr> waiting;
  std::latch all_here{polls_count};
  std::latch all_gone{polls_count};

  void take(tests::seen_request seen) {
    const auto* key = seen.call.get();
    {
      const std::lock_guard guard(lock);
      waiting.emplace(key, seen.call);
    }
    seen.call->on_cancel([this, key] {
      actors::call_ptr gone;
      const std::lock_guard guard(lock);
      gone = std::move(waiting[key]);
      waiting.erase(key);
      all_gone.count_down();
    });
    all_here.count_down();
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(many_polls)

BOOST_AUTO_TEST_CASE(ten_thousand_polls_hang_cheaply_and_go_with_their_clients) {
  fake_task_list list;
  harness h;
  h.engine.react([&](tests::seen_request seen) { list.take(std::move(seen)); });
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs;
  for (int i = 0; i < connections_count; ++i)
    stubs.push_back(std::make_unique<grpc::GenericStub>(h.connect()));
  grpc::CompletionQueue queue;
  std::latch all_ended(polls_count);
  // The client's sockets are served by whoever waits at its queue.
  std::thread client([&] {
    void* tag = nullptr;
    bool ok = false;
    while (queue.Next(&tag, &ok))
      all_ended.count_down();
  });
  api::PollForDecisionTaskRequest request;
  request.set_domain("orders");
  request.mutable_task_list()->set_name("list");
  request.set_identity("1234@some-worker-host@orders");
  const auto bytes = request.SerializeAsString();
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer body(&slice, 1);

  const auto before = resident_kib();
  std::vector<std::unique_ptr<poll>> polls;
  for (int i = 0; i < polls_count; ++i) {
    auto p = std::make_unique<poll>();
    p->context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(10));
    p->context.AddMetadata("rpc-caller", "suite");
    p->context.AddMetadata("cadence-client-name", "uber-go");
    p->context.AddMetadata("cadence-client-feature-version", "1.7.0");
    p->reader = stubs[static_cast<std::size_t>(i % connections_count)]->PrepareUnaryCall(
        &p->context, "/uber.cadence.api.v1.WorkerAPI/PollForDecisionTask", body, &queue);
    p->reader->StartCall();
    p->reader->Finish(&p->response, &p->status, p.get());
    polls.push_back(std::move(p));
  }
  list.all_here.wait();
  const auto grown = resident_kib() - before;
  BOOST_TEST_MESSAGE("10000 hanging polls: " << grown << " KiB more for both sides together, " << threads_now()
                                             << " threads");
  BOOST_TEST(h.registry.value("cadenza_rpc_hanging_polls") == polls_count);
#ifndef CADENZA_SANITIZED               // which keep memory of their own
  BOOST_TEST(grown < polls_count * 48); // client and server live in this process
#endif
  BOOST_TEST(threads_now() < 40);

  for (auto& p : polls)
    p->context.TryCancel();
  list.all_gone.wait();
  // The last call is told that its client is gone a moment before it is counted out, on the bridge's thread.
  const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (h.registry.value("cadenza_rpc_hanging_polls") != 0 && std::chrono::steady_clock::now() < latest)
    std::this_thread::yield();
  BOOST_TEST(h.registry.value("cadenza_rpc_hanging_polls") == 0);
  all_ended.wait();
  queue.Shutdown();
  client.join();
}

BOOST_AUTO_TEST_SUITE_END()
