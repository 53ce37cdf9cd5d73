#include "h2_site.hpp"

#include <fcntl.h>
#include <sys/resource.h>

using namespace cadenza;
using tests::h2_site;
using tests::raw_client;
namespace net = bridge::net;

namespace {

constexpr rlim_t few = 256; // descriptors, of which a quarter is kept back

/// Lets this process have few descriptors, until the end of a test.
class descriptor_limit {
public:
  descriptor_limit() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    auto lower = before_;
    lower.rlim_cur = few;
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &lower) == 0);
  }
  ~descriptor_limit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  descriptor_limit(const descriptor_limit&) = delete;
  descriptor_limit& operator=(const descriptor_limit&) = delete;

private:
  rlimit before_{};
};

/// Holds all descriptors below a number.
class hoard {
public:
  explicit hoard(int below) {
    for (int one = ::dup(0); one >= 0; one = ::dup(0)) {
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
      ::close(one);
    held_.clear();
  }
  /// Lets go of the last ones.
  void release(std::size_t count) {
    for (; count > 0 && !held_.empty(); --count) {
      ::close(held_.back());
      held_.pop_back();
    }
  }

private:
  std::vector<int> held_;
};

net::settings one_loop() {
  net::settings how;
  how.loops = 1;
  return how;
}

bool served(int port) {
  raw_client client(port);
  client.greet();
  client.send(raw_client::request(1, h2_site::get("/bytes/10"), true));
  return client.read_answer(1).body == "bbbbbbbbbb";
}

/// Who comes while those are still sent away that waited is sent away, too, and comes again.
void check_served(int port) {
  bool done = false;
  for (int tries = 0; tries < 5 && !done; ++tries)
    done = served(port);
  BOOST_TEST(done);
}

} // namespace

BOOST_AUTO_TEST_SUITE(listener)

BOOST_AUTO_TEST_CASE(after_descriptors_ran_out_connections_are_taken_again) {
  const descriptor_limit limit;
  h2_site site(one_loop());
  {
    hoard all(static_cast<int>(few));
    all.release(1); // for the client's own end
    raw_client refused(site.port);
    BOOST_TEST(refused.hung_up()); // it is told, and need not wait
    BOOST_TEST(site.refused("descriptors") == 1);
  }
  check_served(site.port);
}

BOOST_AUTO_TEST_CASE(a_storm_without_descriptors_is_survived) {
  const descriptor_limit limit;
  h2_site site(one_loop());
  hoard all(static_cast<int>(few));
  for (int i = 0; i < 300; ++i) {
    all.release(1);
    const raw_client passing(site.port);
  }
  all.release();
  check_served(site.port);
}

BOOST_AUTO_TEST_CASE(the_last_descriptors_are_not_for_connections) {
  const descriptor_limit limit;
  h2_site site(one_loop());
  const hoard most(static_cast<int>(few) * 3 / 4);
  raw_client one(site.port);
  BOOST_TEST(one.hung_up());
  BOOST_TEST(site.refused("descriptors") == 1);
  const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  BOOST_TEST(file >= 0);
  ::close(file);
}

BOOST_AUTO_TEST_CASE(everywhere_is_both_kinds_of_address) {
  int port = 0;
  const auto sockets = net::bind_all("0.0.0.0", port);
  BOOST_REQUIRE(sockets);
  const raw_client four(port); // throws where nobody listens
  const int six = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (six >= 0) { // a machine that has them
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(static_cast<std::uint16_t>(port));
    to.sin6_addr = in6addr_loopback;
    BOOST_TEST(::connect(six, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    ::close(six);
  }
  for (const int one : *sockets)
    ::close(one);
}

BOOST_AUTO_TEST_CASE(an_address_that_is_not_ours_and_a_port_that_is_taken_are_errors_that_say_so) {
  int port = 0;
  const auto elsewhere = net::bind_all("192.0.2.1", port);
  BOOST_REQUIRE(!elsewhere);
  BOOST_TEST(elsewhere.error().message.find("192.0.2.1") != std::string::npos, elsewhere.error().message);
  h2_site site(one_loop());
  port = site.port;
  const auto taken = net::bind_all("127.0.0.1", port);
  BOOST_REQUIRE(!taken);
  BOOST_TEST(taken.error().message.find("is the port taken?") != std::string::npos, taken.error().message);
}

BOOST_AUTO_TEST_SUITE_END()
