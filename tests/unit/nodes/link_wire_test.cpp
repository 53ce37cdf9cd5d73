#include "certificates.hpp"
#include "wire_node.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
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
  /// Returns when it stands still: until all its threads have seen the signal some of them may still answer.
  void stop() {
    ::kill(pid_, SIGSTOP);
    int state = 0;
    BOOST_REQUIRE(::waitpid(pid_, &state, WUNTRACED) == pid_ && WIFSTOPPED(state));
  }
  void go_on() { ::kill(pid_, SIGCONT); }
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

/// A socket of somebody who is no node: calls a port, or is called.
class caller {
public:
  explicit caller(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), port_(port) {
    auto to = here(port);
    BOOST_REQUIRE(fd_ >= 0 && ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  }
  caller() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto at = here(0);
    socklen_t size = sizeof at;
    BOOST_REQUIRE(fd_ >= 0 && ::bind(fd_, reinterpret_cast<sockaddr*>(&at), size) == 0 && ::listen(fd_, 5) == 0 &&
                  ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    port_ = ntohs(at.sin_port);
  }
  ~caller() { ::close(fd_); }
  caller(const caller&) = delete;
  caller& operator=(const caller&) = delete;
  [[nodiscard]] int port() const { return port_; }
  void say(const std::string& what) const {
    BOOST_REQUIRE(::send(fd_, what.data(), what.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(what.size()));
  }
  /// Says that nothing more comes, and waits until the other side has closed.
  void hang_up_and_hear() const {
    ::shutdown(fd_, SHUT_WR);
    std::array<char, 1024> heard{};
    while (::recv(fd_, heard.data(), heard.size(), 0) > 0)
      ;
  }
  void wait_for_a_call() const {
    pollfd wait{fd_, POLLIN, 0};
    BOOST_REQUIRE(::poll(&wait, 1, 20'000) == 1);
  }

private:
  static sockaddr_in here(int port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    out.sin_port = htons(static_cast<std::uint16_t>(port));
    return out;
  }
  const int fd_;
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
  there.stop();
  auto pending = ask(here, "peer", "q");
  BOOST_TEST(unavailable_soon(pending));
  there.go_on();
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

BOOST_AUTO_TEST_CASE(a_stranger_at_the_port_does_not_break_links_that_are_there) {
  const test_authority ours("ours");
  const test_authority theirs("theirs");
  wire_node a("a", ours.node("a"));
  wire_node b("b", ours.node("b"));
  a.know("b", b.port());
  b.know("a", a.port());
  BOOST_TEST(ask_until_answered(a, "b") == "");
  BOOST_TEST(ask_until_answered(b, "a") == "");
  // One who breaks off in the middle of a handshake, one who speaks something else, one of another authority.
  for (int i = 0; i < 20; ++i) {
    const caller one(a.port());
    if (i % 2 == 0)
      one.say("GET / HTTP/1.1\r\n\r\n");
    one.hang_up_and_hear();
  }
  wire_node stranger("stranger", theirs.node("stranger", ours));
  stranger.know("a", a.port());
  auto refused = ask(stranger, "a", "q");
  BOOST_TEST(unavailable_soon(refused));
  for (int i = 0; i < 50; ++i) {
    auto out = ask(a, "b", std::to_string(i));
    auto in = ask(b, "a", std::to_string(i));
    BOOST_TEST(differs(out, std::to_string(i)) == "");
    BOOST_TEST(differs(in, std::to_string(i)) == "");
  }
  BOOST_TEST(a.log().find("is lost") == std::string::npos);
  BOOST_TEST(b.log().find("is lost") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(three_nodes_that_come_at_once_are_all_linked) {
  wire_node a("a");
  wire_node b("b");
  wire_node c("c");
  const std::vector<wire_node*> all{&a, &b, &c};
  const std::vector<std::string> names{"a", "b", "c"};
  std::vector<std::pair<std::future<outcome<std::string>>, std::string>> answers;
  for (auto* from : all) {
    std::vector<std::pair<std::string, int>> others;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i] != from)
        others.emplace_back(names[i], all[i]->port());
    from->know_all(others);
    for (const auto& [name, port] : others)
      answers.emplace_back(ask(*from, name, "first"), name);
  }
  for (auto& [answer, to] : answers)
    BOOST_TEST(differs(answer, "first") == "", "no answer of " << to);
}

BOOST_AUTO_TEST_CASE(a_node_ends_while_it_dials_one_that_does_not_greet) {
  const caller mute; // takes connections and says nothing
  wire_node a("a");
  a.know("mute", mute.port());
  auto answer = ask(a, "mute", "q");
  mute.wait_for_a_call();
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
