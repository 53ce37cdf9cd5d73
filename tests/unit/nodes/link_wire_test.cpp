#include "certificates.hpp"
#include "wire_node.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>

namespace cadenza::actors {
namespace {

constexpr std::chrono::seconds long_enough(20);

/// "" when the answer came and is `expected`, else what came.
std::string differs(std::future<outcome<std::string>>& answer, const std::string& expected) {
  if (answer.wait_for(long_enough) != std::future_status::ready)
    return "nothing came";
  const auto got = answer.get();
  if (!got)
    return got.error().message;
  return *got == expected ? "" : "other bytes came";
}

/// Whether it was refused as UNAVAILABLE.
bool unavailable_soon(std::future<outcome<std::string>>& answer) {
  if (answer.wait_for(long_enough) != std::future_status::ready)
    return false;
  const auto got = answer.get();
  return !got && got.error().kind == error_kind::unavailable;
}

/// Asks until the link is there.
std::string ask_until_answered(const wire_node& from, const std::string& to) {
  const auto until = std::chrono::steady_clock::now() + long_enough;
  std::string last;
  while (std::chrono::steady_clock::now() < until) {
    auto answer = ask(from, to, "are you there");
    last = differs(answer, "are you there");
    if (last.empty())
      return {};
  }
  return last;
}

/// Another process with a node in it.
class process {
public:
  process() {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    BOOST_REQUIRE(::pipe2(in.data(), O_CLOEXEC) == 0 && ::pipe2(out.data(), O_CLOEXEC) == 0);
    pid_ = ::fork();
    BOOST_REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::dup2(in[0], 0);
      ::dup2(out[1], 1);
      ::execl(LINK_PEER, LINK_PEER, nullptr);
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    hold_ = in[1];
    for (char c = 0; ::read(out[0], &c, 1) == 1 && c != '\n';)
      port_ = port_ * 10 + (c - '0');
    ::close(out[0]);
    BOOST_REQUIRE(port_ > 0);
  }
  ~process() {
    ::close(hold_);
    if (pid_ > 0) {
      ::kill(pid_, SIGCONT);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  process(const process&) = delete;
  process& operator=(const process&) = delete;
  void signal(int which) { ::kill(pid_, which); }
  void kill() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  [[nodiscard]] int port() const { return port_; }

private:
  pid_t pid_ = 0;
  int hold_ = -1;
  int port_ = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(links_on_a_network)

BOOST_AUTO_TEST_CASE(two_nodes_ask_each_other_both_ways) {
  wire_node a("a");
  wire_node b("b");
  a.know("b", b.port());
  b.know("a", a.port());
  std::vector<std::future<outcome<std::string>>> answers;
  for (int i = 0; i < 200; ++i)
    answers.push_back(i % 2 == 0 ? ask(a, "b", std::to_string(i)) : ask(b, "a", std::to_string(i)));
  for (int i = 0; i < 200; ++i)
    BOOST_TEST(differs(answers[static_cast<std::size_t>(i)], std::to_string(i)) == "");
}

BOOST_AUTO_TEST_CASE(twenty_megabytes_cross_and_do_not_hold_up_what_is_small) {
  std::mutex mutex;
  std::vector<std::size_t> order;
  wire_node a("a");
  wire_node b("b", {}, [&](const std::string&, std::uint32_t, std::string bytes, const call_ptr& call) {
    {
      const std::lock_guard lock(mutex);
      order.push_back(bytes.size());
    }
    call->reply_bytes(std::move(bytes));
  });
  a.know("b", b.port());
  BOOST_TEST(ask_until_answered(a, "b") == "");
  const std::string content(20 << 20, 'x');
  auto large = ask(a, "b", content);
  auto small = ask(a, "b", "small");
  BOOST_TEST(differs(small, "small") == "");
  BOOST_TEST(differs(large, content) == "");
  const std::lock_guard lock(mutex);
  BOOST_REQUIRE(order.size() >= 3U);
  BOOST_TEST(order[order.size() - 2] == 5U);
  BOOST_TEST(order.back() == content.size());
}

BOOST_AUTO_TEST_CASE(a_process_that_is_killed_is_noticed_at_once) {
  wire_node here("here");
  process there;
  here.know("peer", there.port());
  BOOST_TEST(ask_until_answered(here, "peer") == "");
  std::vector<std::future<outcome<std::string>>> pending;
  for (int i = 0; i < 50; ++i)
    pending.push_back(ask(here, "peer", "kept", 2, i % 2 == 0));
  BOOST_TEST(ask_until_answered(here, "peer") == ""); // behind them: they have arrived
  const auto began = std::chrono::steady_clock::now();
  there.kill();
  for (auto& one : pending)
    BOOST_TEST(unavailable_soon(one));
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
  BOOST_TEST_MESSAGE("50 pending requests were refused " << took.count() << " ms after a kill -9");
  // Not by silence, which takes half a second here.
  BOOST_TEST(here.log().find("the connection is lost") != std::string::npos);
  auto after = ask(here, "peer", "q");
  BOOST_TEST(unavailable_soon(after));
}

BOOST_AUTO_TEST_CASE(a_process_that_stands_still_is_given_up_and_comes_back) {
  wire_node here("here", {}, {}, 100'000'000);
  process there;
  here.know("peer", there.port());
  BOOST_TEST(ask_until_answered(here, "peer") == "");
  there.signal(SIGSTOP);
  auto pending = ask(here, "peer", "q");
  BOOST_TEST(unavailable_soon(pending));
  there.signal(SIGCONT);
  BOOST_TEST(ask_until_answered(here, "peer") == "");
}

BOOST_AUTO_TEST_CASE(nodes_with_certificates_of_one_authority_are_linked) {
  const test_authority authority("ours");
  wire_node a("a", authority.node("a"));
  wire_node b("b", authority.node("b"));
  a.know("b", b.port());
  b.know("a", a.port());
  BOOST_TEST(ask_until_answered(a, "b") == "");
  BOOST_TEST(ask_until_answered(b, "a") == "");
  const std::string content(3 << 20, 'x');
  auto large = ask(a, "b", content);
  BOOST_TEST(differs(large, content) == "");
}

BOOST_AUTO_TEST_CASE(a_node_with_a_certificate_of_another_authority_is_refused) {
  const test_authority ours("ours");
  const test_authority theirs("theirs");
  wire_node here("here", ours.node("here"));
  // It would take our certificate; we do not take its.
  wire_node stranger("stranger", theirs.node("stranger", ours));
  here.know("stranger", stranger.port());
  stranger.know("here", here.port());
  auto out = ask(here, "stranger", "q");
  auto in = ask(stranger, "here", "q");
  BOOST_TEST(unavailable_soon(out));
  BOOST_TEST(unavailable_soon(in));
  // Nor is a node without any.
  wire_node bare("bare");
  bare.know("here", here.port());
  here.know("bare", bare.port());
  auto plain = ask(bare, "here", "q");
  auto secret = ask(here, "bare", "q");
  BOOST_TEST(unavailable_soon(plain));
  BOOST_TEST(unavailable_soon(secret));
  // What was refused has not hurt.
  wire_node friendly("friendly", ours.node("friendly"));
  friendly.know("here", here.port());
  BOOST_TEST(ask_until_answered(friendly, "here") == "");
}

BOOST_AUTO_TEST_CASE(half_a_set_of_certificates_is_refused) {
  caf::actor_system_config config;
  link_wire_options options;
  options.certificate = "/nowhere.pem";
  BOOST_TEST(!prepare_links(config, options));
  options.key = options.authority = options.certificate;
  const auto missing = prepare_links(config, options);
  BOOST_REQUIRE(!missing);
  BOOST_TEST(missing.error().message.find("/nowhere.pem is no file") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_address_where_nobody_listens_is_refused_at_once) {
  wire_node a("a");
  int port = 0;
  { port = wire_node("gone").port(); }
  a.know("gone", port);
  auto answer = ask(a, "gone", "q");
  BOOST_REQUIRE(answer.wait_for(long_enough) == std::future_status::ready);
  const auto got = answer.get();
  BOOST_REQUIRE(!got);
  BOOST_TEST(got.error().message.find("Connection refused") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_is_an_error) {
  wire_node a("a");
  caf::actor_system_config config;
  BOOST_REQUIRE(bool(prepare_links(config, {})));
  caf::actor_system system(config);
  caf_transport second(system, {});
  const auto opened = second.open("127.0.0.1", a.port());
  BOOST_REQUIRE(!opened);
  BOOST_TEST(opened.error().message.find(std::to_string(a.port()) + ", cannot be opened") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
