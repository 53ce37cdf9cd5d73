#include "bridge/http/tchannel_door.hpp"

#include <boost/test/unit_test.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace cadenza;

namespace {

/// What tchannel-go sends first: a frame of type 1 with id 1, version 2 and two headers.
std::string handshake() {
  using namespace std::string_literals;
  const auto content = "\0\x02\0\x01\0\x09host_port\0\x09"s + "0.0.0.0:0"s;
  std::string out;
  out += '\0';
  out += static_cast<char>(16 + content.size());
  out += "\x01\0\0\0\0\x07"s;
  out.append(8, '\0');
  return out + content;
}

/// Everything that comes back until the server closes.
std::string talk(int port, const std::string& what) {
  const int peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  BOOST_REQUIRE(connect(peer, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  BOOST_REQUIRE(send(peer, what.data(), what.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(what.size()));
  std::string out;
  char some[512];
  for (ssize_t got = 0; (got = recv(peer, some, sizeof some, 0)) > 0;)
    out.append(some, static_cast<std::size_t>(got));
  close(peer);
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(tchannel_door)

BOOST_AUTO_TEST_CASE(a_tchannel_client_is_told_to_use_grpc) {
  bridge::tchannel_door door("127.0.0.1", 7833);
  const auto port = door.open(0);
  BOOST_REQUIRE(port > 0);
  const auto frame = talk(port, handshake());
  BOOST_REQUIRE(frame.size() > 44U);
  BOOST_TEST(static_cast<unsigned char>(frame[0]) * 256U + static_cast<unsigned char>(frame[1]) == frame.size());
  BOOST_TEST(static_cast<int>(static_cast<unsigned char>(frame[2])) == 0xff);  // an error
  BOOST_TEST(static_cast<int>(frame[7]) == 7);                                 // to the client's message
  BOOST_TEST(static_cast<int>(static_cast<unsigned char>(frame[16])) == 0xff); // the protocol's
  BOOST_TEST(frame.substr(44) == "this server speaks gRPC, not TChannel: use --transport grpc and port 7833");
  BOOST_TEST(door.visitors() == 1);
}

BOOST_AUTO_TEST_CASE(whatever_else_comes_is_closed) {
  bridge::tchannel_door door("127.0.0.1", 7833);
  const auto port = door.open(0);
  BOOST_TEST(talk(port, "GET / HTTP/1.1\r\nHost: here\r\n\r\n").empty());
  BOOST_TEST(talk(port, "x").empty());
  BOOST_TEST(door.visitors() == 2);
}

BOOST_AUTO_TEST_CASE(a_taken_port_and_a_wrong_address_leave_no_door) {
  bridge::tchannel_door first("127.0.0.1", 7833);
  const auto port = first.open(0);
  bridge::tchannel_door second("127.0.0.1", 7833);
  BOOST_TEST(second.open(port) == 0);
  bridge::tchannel_door third("somewhere", 7833);
  BOOST_TEST(third.open(0) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
