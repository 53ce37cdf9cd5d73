#include "bridge/rpc/acceptor.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <condition_variable>
#include <fcntl.h>
#include <mutex>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace cadenza;

namespace {

constexpr rlim_t few = 256; ///< descriptors, in tests that use them up

/// Lets this process have few descriptors, until the end of a test.
class descriptor_limit {
public:
  descriptor_limit() {
    getrlimit(RLIMIT_NOFILE, &before_);
    auto lower = before_;
    lower.rlim_cur = few;
    BOOST_REQUIRE(setrlimit(RLIMIT_NOFILE, &lower) == 0);
  }
  ~descriptor_limit() { setrlimit(RLIMIT_NOFILE, &before_); }
  descriptor_limit(const descriptor_limit&) = delete;
  descriptor_limit& operator=(const descriptor_limit&) = delete;

private:
  rlimit before_{};
};

/// Holds all descriptors below a number.
class hoard {
public:
  explicit hoard(int below) {
    for (int one = dup(0); one >= 0; one = dup(0)) {
      held_.push_back(one);
      if (one + 1 >= below)
        break;
    }
  }
  ~hoard() { release(); }
  hoard(const hoard&) = delete;
  hoard& operator=(const hoard&) = delete;
  void release() {
    for (const int one : held_)
      close(one);
    held_.clear();
  }

private:
  std::vector<int> held_;
};

/// A client's socket, made before descriptors run out.
class visitor {
public:
  visitor() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{20, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~visitor() { close(socket_); }
  visitor(const visitor&) = delete;
  visitor& operator=(const visitor&) = delete;

  [[nodiscard]] bool connect(int port) const {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  /// Waits for the other side to end the connection.
  [[nodiscard]] bool sees_end() const {
    char byte = 0;
    const auto got = recv(socket_, &byte, 1, 0);
    return got == 0 || (got < 0 && errno == ECONNRESET);
  }

private:
  int socket_;
};

/// Keeps what it is handed.
class taker {
public:
  ~taker() {
    for (const int one : taken_)
      close(one);
  }
  void take(int one) {
    const std::lock_guard guard(lock_);
    taken_.push_back(one);
    more_.notify_all();
  }
  [[nodiscard]] bool wait_for(std::size_t count) {
    std::unique_lock guard(lock_);
    return more_.wait_for(guard, std::chrono::seconds(20), [&] { return taken_.size() >= count; });
  }
  /// The owner of the first ends it.
  void close_first() {
    const std::lock_guard guard(lock_);
    close(taken_.front());
    taken_.erase(taken_.begin());
  }

private:
  std::mutex lock_;
  std::condition_variable more_;
  std::vector<int> taken_;
};

struct listening {
  explicit listening(const std::string& host = "127.0.0.1") {
    const auto bound = connections.listen(host, 0);
    BOOST_REQUIRE_MESSAGE(bound, (bound ? std::string() : bound.error().message));
    port = *bound;
    connections.start([this](int socket) { to.take(socket); });
  }
  taker to;
  bridge::acceptor connections;
  int port = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(acceptor_suite)

BOOST_AUTO_TEST_CASE(after_descriptors_ran_out_connections_are_taken_again) {
  const descriptor_limit limit;
  listening at;
  const visitor refused;
  const visitor later;
  {
    const hoard all(static_cast<int>(few));
    BOOST_TEST(refused.connect(at.port));
    BOOST_TEST(refused.sees_end()); // it is told, and need not wait
    BOOST_TEST(at.connections.refused() == 1U);
  }
  BOOST_TEST(later.connect(at.port));
  BOOST_TEST(at.to.wait_for(1));
}

BOOST_AUTO_TEST_CASE(who_waits_while_there_are_no_descriptors_is_taken_when_there_are) {
  const descriptor_limit limit;
  listening at;
  std::vector<visitor> many(20);
  hoard all(static_cast<int>(few));
  for (const auto& one : many)
    BOOST_TEST(one.connect(at.port));
  BOOST_TEST(many.front().sees_end());
  all.release();
  BOOST_TEST(at.to.wait_for(many.size() - at.connections.refused()));
  BOOST_TEST(at.connections.refused() < many.size() / 2);
}

BOOST_AUTO_TEST_CASE(the_last_descriptors_are_not_for_connections) {
  const descriptor_limit limit;
  listening at;
  const visitor one;
  const hoard most(static_cast<int>(few) * 3 / 4);
  BOOST_TEST(one.connect(at.port));
  BOOST_TEST(one.sees_end());
  BOOST_TEST(at.connections.refused() == 1U);
  const int file = open("/dev/null", O_RDONLY);
  BOOST_TEST(file >= 0);
  close(file);
}

BOOST_AUTO_TEST_CASE(its_end_reaches_the_connections_that_are_still_open_and_nothing_else) {
  listening at;
  const visitor first;
  const visitor second;
  BOOST_TEST(first.connect(at.port));
  BOOST_TEST(at.to.wait_for(1));
  BOOST_TEST(second.connect(at.port));
  BOOST_TEST(at.to.wait_for(2));
  at.to.close_first();
  int others[2]; // one of them has the number of the closed one
  BOOST_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, others) == 0);
  at.connections.stop();
  at.connections.end_connections();
  BOOST_TEST(second.sees_end());
  char byte = 'x';
  BOOST_TEST(write(others[0], &byte, 1) == 1);
  BOOST_TEST(read(others[1], &byte, 1) == 1);
  close(others[0]);
  close(others[1]);
}

BOOST_AUTO_TEST_CASE(everywhere_is_both_kinds_of_address) {
  listening at("0.0.0.0");
  const visitor four;
  BOOST_TEST(four.connect(at.port));
  BOOST_TEST(at.to.wait_for(1));
  const int six = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (six < 0)
    return; // a machine without
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_port = htons(static_cast<std::uint16_t>(at.port));
  to.sin6_addr = in6addr_loopback;
  BOOST_TEST(::connect(six, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  BOOST_TEST(at.to.wait_for(2));
  close(six);
}

BOOST_AUTO_TEST_CASE(an_address_that_is_not_ours_is_an_error_that_names_it) {
  bridge::acceptor connections;
  const auto bound = connections.listen("192.0.2.1", 0);
  BOOST_REQUIRE(!bound);
  BOOST_TEST(bound.error().message.find("192.0.2.1") != std::string::npos, bound.error().message);
}

BOOST_AUTO_TEST_SUITE_END()
