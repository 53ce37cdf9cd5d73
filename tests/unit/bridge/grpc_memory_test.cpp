#include "grpc_site.hpp"

#include <map>

// Many requests at once against the budgets of memory.

namespace {

/// Sends many requests on one connection, as far as the connection's window allows, and collects their answers.
class many_requests {
public:
  explicit many_requests(raw_client& over) : client_(over) {}

  void begin(std::uint32_t id) { client_.send(raw_client::request(id, raw_client::grpc(start))); }
  /// Fails when the server does not let it be sent.
  void data(std::uint32_t id, const std::string& bytes, bool end) {
    while (window_ < static_cast<std::int64_t>(bytes.size()))
      hear();
    window_ -= static_cast<std::int64_t>(bytes.size());
    client_.send(raw_client::make(raw_client::data, end ? 1 : 0, id, bytes));
  }
  void hear() {
    const auto f = client_.next();
    BOOST_REQUIRE(f);
    if (f->type == raw_client::window && f->id == 0)
      window_ += f->code();
    if (f->type != raw_client::headers)
      return;
    const auto said = client_.decode(f->payload);
    if (f->end())
      status[f->id] = said.at("grpc-status");
  }

  std::map<std::uint32_t, std::string> status;

private:
  raw_client& client_;
  std::int64_t window_ = 65'535;
};

constexpr std::size_t piece_bytes = 16'000;

/// A question about health with a field that the server does not know: no limit of its contract is in the way.
api::HealthRequest large_question(std::size_t bytes) {
  api::HealthRequest out;
  out.GetReflection()->MutableUnknownFields(&out)->AddLengthDelimited(100)->assign(bytes, 'x');
  return out;
}

enum class over { connections_of_their_own, one_connection };

/// So many requests of so many bytes at once: why those that failed did.
std::vector<std::string> failures_of(site& s, int requests, std::size_t bytes,
                                     over what = over::connections_of_their_own) {
  const auto question = large_question(bytes);
  const grpc::internal::RpcMethod method(health.c_str(), grpc::internal::RpcMethod::NORMAL_RPC);
  std::vector<std::future<grpc::Status>> calls;
  for (int i = 0; i < requests; ++i)
    calls.push_back(std::async(std::launch::async, [&] {
      const auto own = what == over::one_connection ? s.h.channel : s.h.connect();
      grpc::ClientContext about;
      about.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
      api::HealthResponse response;
      return grpc::internal::BlockingUnaryCall<api::HealthRequest, api::HealthResponse, grpc::protobuf::MessageLite,
                                               grpc::protobuf::MessageLite>(own.get(), method, &about, question,
                                                                            &response);
    }));
  std::vector<std::string> out;
  for (auto& call : calls)
    if (const auto status = call.get(); !status.ok())
      out.push_back(status.error_message());
  return out;
}

/// Announces two MiB and sends nothing of them.
std::string half_a_request(std::uint32_t id) {
  return raw_client::request(id, raw_client::grpc(health)) +
         raw_client::make(raw_client::data, 0, id, std::string("\0\0\x20\0\0", 5) + std::string(1000, 'x'));
}

} // namespace

BOOST_AUTO_TEST_SUITE(grpc_memory)

BOOST_AUTO_TEST_CASE(many_small_messages_that_arrive_together_do_not_wait_for_one_another) {
  site s;
  const auto body = raw_client::prefixed(large_start(100'000));
  constexpr std::uint32_t calls = 150; // more than may be held, and the window besides
  many_requests all(s.client);
  for (std::uint32_t i = 0; i < calls; ++i)
    all.begin(2 * i + 1);
  for (std::size_t at = 0; at < body.size(); at += piece_bytes)
    for (std::uint32_t i = 0; i < calls; ++i)
      all.data(2 * i + 1, body.substr(at, piece_bytes), at + piece_bytes >= body.size());
  while (all.status.size() < calls)
    all.hear();
  for (const auto& [id, status] : all.status)
    BOOST_TEST(status == "0", id);
  BOOST_TEST(s.becomes("cadenza_net_request_bytes", 0));
  BOOST_TEST(s.refused("request_bytes") == 0);
}

BOOST_AUTO_TEST_CASE(a_call_under_way_holds_nothing_of_its_request_any_more) {
  site s;
  std::mutex lock;
  std::vector<actors::call_ptr> kept;
  s.h.engine.react([&](tests::seen_request seen) {
    const std::lock_guard guard(lock);
    kept.push_back(std::move(seen.call));
  });
  const auto body = raw_client::prefixed(large_start(100'000));
  constexpr std::uint32_t calls = 150;
  many_requests all(s.client);
  for (std::uint32_t i = 0; i < calls; ++i) {
    all.begin(2 * i + 1);
    for (std::size_t at = 0; at < body.size(); at += piece_bytes)
      all.data(2 * i + 1, body.substr(at, piece_bytes), at + piece_bytes >= body.size());
  }
  s.h.engine.wait_for(calls);
  BOOST_TEST(s.becomes("cadenza_net_request_bytes", 0));
  const std::lock_guard guard(lock);
  kept.clear();
}

BOOST_AUTO_TEST_CASE(unfinished_small_messages_of_many_connections_stay_within_the_budget) {
  constexpr std::int64_t budget = 2 << 20;
  bridge::net::settings how;
  how.request_bytes_max = budget;
  how.request_timeout = std::chrono::seconds(5);
  site s(how);
  std::vector<std::unique_ptr<raw_client>> others;
  const auto part = raw_client::prefixed(std::string(100'000, 'x')).substr(0, 4 * piece_bytes);
  for (int i = 0; i < 10; ++i) { // 6.4 MB in all
    auto& one = *others.emplace_back(std::make_unique<raw_client>(s.h.port));
    one.greet();
    for (std::uint32_t id = 1; id < 20; id += 2) {
      one.send(raw_client::request(id, raw_client::grpc(start)));
      for (std::size_t at = 0; at < part.size(); at += piece_bytes)
        one.send(raw_client::make(raw_client::data, 0, id, part.substr(at, piece_bytes)));
    }
  }
  // Those that find nothing left are refused; the others give way, or their time runs out.
  std::size_t refused = 0;
  std::size_t late = 0;
  for (auto& one : others)
    for (int i = 0; i < 10; ++i) {
      const auto f = one->next(raw_client::headers);
      BOOST_REQUIRE(f);
      const auto status = one->decode(f->payload)["grpc-status"];
      refused += status == "8";
      late += status == "14";
      // A quarter more is for small messages.
      BOOST_TEST(s.h.registry.value("cadenza_net_request_bytes", {{"server", "rpc"}}) <= budget + budget / 4);
    }
  BOOST_TEST(refused + late == 100u);
  BOOST_TEST(refused > 0u);
  BOOST_TEST(s.becomes("cadenza_net_request_bytes", 0));
  s.check_good();
}

BOOST_AUTO_TEST_CASE(large_messages_wait_for_memory_and_all_get_it) {
  bridge::net::settings how;
  how.request_bytes_max = 3 << 20; // one of them at a time
  site s(how);
  BOOST_TEST(failures_of(s, 6, 2'000'000).empty());
  BOOST_TEST(s.becomes("cadenza_net_request_bytes", 0));
}

BOOST_AUTO_TEST_CASE(first_parts_of_large_messages_do_not_take_the_room_of_all) {
  bridge::net::settings how;
  how.request_bytes_max = 14 << 20; // of one, and nothing beside it; the first parts of the others fit into a quarter
  how.request_timeout = std::chrono::seconds(15);
  site s(how);
  const auto failures = failures_of(s, 14, (14 << 20) - 10'000);
  BOOST_TEST(failures.empty(), failures.size() << " of 14 were not served"
                                               << (failures.empty() ? "" : ", one because: " + failures.front()));
  BOOST_TEST(s.becomes("cadenza_net_request_bytes", 0));
}

BOOST_AUTO_TEST_CASE(a_large_message_is_served_although_unfinished_small_ones_have_all_of_the_room) {
  bridge::net::settings how;
  how.message_bytes_max = how.request_bytes_max = 1'280'000; // with a quarter more, 100 pieces
  site s(how);
  const auto part = raw_client::prefixed(std::string(100'000, 'x')).substr(0, 5 + 4 * piece_bytes);
  for (std::uint32_t id = 1; id < 50; id += 2) {
    s.client.send(raw_client::request(id, raw_client::grpc(start)));
    for (std::size_t at = 0; at < part.size(); at += piece_bytes)
      s.client.send(raw_client::make(raw_client::data, 0, id, part.substr(at, piece_bytes)));
  }
  BOOST_TEST(s.becomes("cadenza_net_request_bytes", 100 * piece_bytes));
  const auto failures = failures_of(s, 1, 1'000'000);
  BOOST_TEST(failures.empty(), (failures.empty() ? "" : failures.front()));
}

BOOST_AUTO_TEST_CASE(first_parts_on_the_same_connection_do_not_shut_out_who_has_memory) {
  bridge::net::settings how;
  how.request_bytes_max = 14 << 20;
  how.request_bytes_per_connection = 1 << 20; // less than the first parts of fourteen
  site s(how);
  const auto failures = failures_of(s, 14, (14 << 20) - 10'000, over::one_connection);
  BOOST_TEST(failures.empty(), failures.size() << " of 14 were not served"
                                               << (failures.empty() ? "" : ", one because: " + failures.front()));
  BOOST_TEST(s.becomes("cadenza_net_request_bytes", 0));
}

BOOST_AUTO_TEST_CASE(who_takes_memory_and_sends_nothing_makes_room_for_others) {
  bridge::net::settings how;
  how.request_bytes_max = 3 << 20;
  site s(how);
  s.client.send(half_a_request(1));
  BOOST_TEST(s.becomes("cadenza_net_request_bytes", 2 << 20));
  s.client.send(half_a_request(3)); // this one beyond the bound
  BOOST_TEST(s.becomes("cadenza_net_request_bytes", 4 << 20));
  BOOST_TEST(failures_of(s, 1, 2'000'000).empty());
  BOOST_TEST(s.client.read_answer(1).status() == "8");
  BOOST_TEST(s.client.read_answer(3).status() == "8");
  BOOST_TEST(s.refused("request_bytes") == 2);
}

BOOST_AUTO_TEST_CASE(what_would_never_fit_is_told_so_under_a_small_budget_too) {
  bridge::net::settings how;
  how.message_bytes_max = how.request_bytes_max = 4 << 20;
  site s(how);
  const fields gzip{{"grpc-encoding", "gzip"}};
  const auto bomb = s.ask(start, zipped(std::string(200 << 20, '\0')), gzip, true);
  BOOST_TEST(bomb.status() == "3"); // clients send again what is answered with "8"
  BOOST_TEST(bomb.text().find("4194304") != std::string::npos, bomb.text());
  // And what may be so large is taken, although it does not fit beside its compressed self.
  BOOST_TEST(s.ask(health, zipped(large_question((4 << 20) - 1000).SerializeAsString()), gzip, true).status() == "0");
  s.check_good();
  BOOST_TEST(s.becomes("cadenza_net_request_bytes", 0));
}

BOOST_AUTO_TEST_SUITE_END()
