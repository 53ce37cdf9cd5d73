#include "bridge/net/addresses.hpp"
#include "bridge/net/body.hpp"
#include "bridge/net/h2_frames.hpp"
#include "bridge/net/output.hpp"
#include "bridge/net/timers.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <chrono>
#include <deque>
#include <functional>
#include <random>
#include <vector>

using namespace cadenza::bridge;

namespace {

constexpr std::int64_t tick = std::int64_t{1} << net::timers::tick_bits;

struct bell final : net::timer {
  std::function<void(std::int64_t)> rings;
  int rung = 0;
  void on_timer(std::int64_t now) override {
    ++rung;
    if (rings)
      rings(now);
  }
};

net::address at(const char* text) {
  sockaddr_storage from{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(from);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(from);
  if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
    from.ss_family = AF_INET;
  else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
    from.ss_family = AF_INET6;
  return net::address_of(from);
}

std::string frame(std::size_t size, int type, int flags, char fill = 'x') {
  std::string out{static_cast<char>(size >> 16), static_cast<char>(size >> 8), static_cast<char>(size),
                  static_cast<char>(type), static_cast<char>(flags)};
  return out + std::string(4, '\1') + std::string(size, fill);
}

} // namespace

BOOST_AUTO_TEST_SUITE(pieces)

BOOST_AUTO_TEST_CASE(timers_are_never_early_and_at_most_a_tick_late) {
  std::mt19937_64 dice(7);
  net::timers wheel(0);
  std::vector<std::unique_ptr<bell>> all;
  std::int64_t now = 0;
  for (int i = 0; i < 2000; ++i) {
    auto& one = *all.emplace_back(std::make_unique<bell>());
    const auto due = static_cast<std::int64_t>(dice() % (3000 * tick));
    one.rings = [due, &now](std::int64_t at) {
      BOOST_TEST(at == now);
      BOOST_TEST(at >= due);
      BOOST_TEST(at - due <= 2 * tick);
    };
    wheel.set(one, due);
    if (i % 3 == 0)
      wheel.cancel(one);
  }
  while (wheel.next_ns() != INT64_MAX) {
    BOOST_REQUIRE(wheel.next_ns() >= now - tick);
    now = std::max(now + 1, wheel.next_ns());
    wheel.run(now);
  }
  for (std::size_t i = 0; i < all.size(); ++i)
    BOOST_TEST(all[i]->rung == (i % 3 == 0 ? 0 : 1));
}

BOOST_AUTO_TEST_CASE(a_timer_that_is_called_may_set_itself_again_and_cancel_others) {
  net::timers wheel(0);
  bell first;
  bell second;
  bell always;
  const auto end_the_other = [&](std::int64_t) {
    wheel.cancel(first);
    wheel.cancel(second);
  };
  first.rings = second.rings = end_the_other;
  wheel.set(first, tick);
  wheel.set(second, tick);
  always.rings = [&](std::int64_t) { wheel.set(always, 0); }; // in the past
  wheel.set(always, 0);
  wheel.run(10 * tick);
  BOOST_TEST(first.rung + second.rung == 1);
  BOOST_TEST(always.rung >= 1);
  BOOST_TEST(always.rung <= 11);
  wheel.cancel(always);
  BOOST_TEST(wheel.next_ns() == INT64_MAX);
}

BOOST_AUTO_TEST_CASE(timers_of_later_rounds_do_not_slow_those_that_are_due) {
  net::timers wheel(0);
  std::deque<bell> due(20'000);
  std::deque<bell> later(20'000);
  int calls = 0;
  for (auto& one : later)
    wheel.set(one, 1500 * tick);
  for (auto& one : due) {
    one.rings = [&](std::int64_t) { ++calls; };
    wheel.set(one, (1500 - 1024) * tick); // the same slot, one round before
  }
  const auto begun = std::chrono::steady_clock::now();
  wheel.run(600 * tick);
  BOOST_TEST(calls == 20'000);
  BOOST_TEST((std::chrono::steady_clock::now() - begun < std::chrono::seconds(2)));
  for (auto& one : later)
    wheel.cancel(one);
}

BOOST_AUTO_TEST_CASE(a_body_reads_back_what_was_appended_in_pieces) {
  std::mt19937 dice(3);
  for (const std::size_t hint : {std::size_t{0}, std::size_t{100}, std::size_t{3'000'000}}) {
    net::body body;
    std::string whole;
    while (whole.size() < 2'000'000) {
      std::string part(dice() % 50'000, static_cast<char>('a' + dice() % 26));
      body.append(part, hint);
      whole += part;
    }
    BOOST_TEST(body.size() == whole.size());
    net::body::reader reader(body);
    std::string read;
    const void* data = nullptr;
    int size = 0;
    while (reader.Next(&data, &size)) {
      const int used = size > 1 ? size - 1 : size;
      read.append(static_cast<const char*>(data), static_cast<std::size_t>(used));
      reader.BackUp(size - used);
      BOOST_TEST(reader.ByteCount() == static_cast<std::int64_t>(read.size()));
    }
    BOOST_TEST((read == whole));
    net::body::reader skipping(body);
    BOOST_TEST(skipping.Skip(1'000'000));
    BOOST_TEST(skipping.Next(&data, &size));
    BOOST_TEST(*static_cast<const char*>(data) == whole[1'000'000]);
    BOOST_TEST(!skipping.Skip(2'000'000));
  }
}

BOOST_AUTO_TEST_CASE(output_gives_back_its_bytes_however_few_the_socket_takes) {
  std::mt19937 dice(5);
  net::output out;
  std::string whole;
  for (int i = 0; i < 300; ++i) {
    const std::string text(dice() % 3000, static_cast<char>('a' + i % 26));
    if (i % 3 != 0) {
      out.copy(text);
      whole += text;
    } else {
      const auto body = net::payload::make("front", text);
      out.refer(body->rest(0), body);
      out.refer(body->rest(5), body);
      whole += "front" + text;
    }
  }
  BOOST_TEST(out.size() == whole.size());
  std::string written;
  while (!out.empty()) {
    const auto pieces = out.pieces();
    BOOST_REQUIRE(pieces.size() <= net::output::pieces_max);
    std::string offered;
    for (const auto& p : pieces)
      offered.append(static_cast<const char*>(p.iov_base), p.iov_len);
    const auto taken = std::min<std::size_t>(offered.size(), 1 + dice() % 5000);
    written += offered.substr(0, taken);
    out.written(taken);
  }
  BOOST_TEST((written == whole));
}

BOOST_AUTO_TEST_CASE(an_address_has_its_connections_its_rate_and_its_neighbours_are_not_touched) {
  net::settings how;
  how.connections_per_address_max = 3;
  how.connects_per_address = 1;
  net::address_book book(how);
  auto why = net::refusal::protocol;
  std::int64_t now = 1'000'000'000;
  std::vector<net::address_book::place> in;
  for (int i = 0; i < 3; ++i)
    in.push_back(book.enter(at("10.0.0.1"), now, why).value());
  BOOST_TEST(!book.enter(at("10.0.0.1"), now, why));
  BOOST_TEST((why == net::refusal::address_connections));
  const auto other = book.enter(at("10.0.0.2"), now, why);
  BOOST_TEST(other.has_value());
  book.leave(in.back(), now);
  in.pop_back();
  BOOST_TEST(!book.enter(at("10.0.0.1"), now, why)); // three came at once: the next may in a second
  BOOST_TEST((why == net::refusal::address_connects));
  now += 1'100'000'000;
  in.push_back(book.enter(at("10.0.0.1"), now, why).value());
  for (const auto& one : in)
    book.leave(one, now);
  book.leave(*other, now);
}

BOOST_AUTO_TEST_CASE(an_ipv6_client_cannot_be_many_by_changing_its_address) {
  BOOST_TEST((at("2001:db8:1:2::1").network() == at("2001:db8:1:2:ffff::7").network()));
  BOOST_TEST((at("2001:db8:1:2::1").network() != at("2001:db8:1:3::1").network()));
  BOOST_TEST((at("10.0.0.1").network() != at("10.0.0.2").network()));
  BOOST_TEST((at("::ffff:10.0.0.1").network() == at("10.0.0.1").network()));
  BOOST_TEST(at("127.0.0.1").local());
  BOOST_TEST(at("::1").local());
  BOOST_TEST(!at("::2").local());
  BOOST_TEST(at("::ffff:10.0.0.1").text() == "10.0.0.1");
  BOOST_TEST(at("2001:db8::1").text() == "2001:db8::1");
}

BOOST_AUTO_TEST_CASE(frames_are_told_apart_however_they_are_cut) {
  const std::string all = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(6, 4, 0) + frame(100, 1, 4) + frame(3000, 0, 0) +
                          frame(0, 0, 0) + frame(0, 0, 1) + frame(8, 6, 0) + frame(4, 3, 0) + frame(17, 77, 0) +
                          frame(50, 1, 0) + frame(50, 9, 0) + frame(50, 9, 4);
  for (const std::size_t step : {1, 2, 7, 50, 100'000}) {
    net::h2_frames frames(1000);
    int requests = 0;
    int idle = 0;
    std::size_t data = 0;
    for (std::size_t at = 0; at < all.size(); at += step) {
      const auto seen = frames.see(std::string_view(all).substr(at, step));
      requests += seen.requests;
      idle += seen.idle;
      data += seen.data_bytes;
      BOOST_TEST(!seen.headers_too_large);
    }
    BOOST_TEST(requests == 2);
    BOOST_TEST(idle == 4); // SETTINGS, empty DATA that ends nothing, PING, and the unknown one
    BOOST_TEST(data == 3000u);
    BOOST_TEST(!frames.mid_headers());
  }
}

BOOST_AUTO_TEST_CASE(headers_that_do_not_end_are_noticed_by_time_and_size) {
  net::h2_frames frames(1000);
  (void)frames.see("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  BOOST_TEST(!frames.mid_headers());
  (void)frames.see(frame(100, 1, 0));
  BOOST_TEST(frames.mid_headers()); // no END_HEADERS
  for (int i = 0; i < 9; ++i)
    BOOST_TEST(!frames.see(frame(100, 9, 0)).headers_too_large);
  BOOST_TEST(frames.see(frame(100, 9, 0)).headers_too_large);
  BOOST_TEST(!frames.see(frame(100, 9, 4)).data_bytes);
  BOOST_TEST(!frames.mid_headers());
  (void)frames.see(std::string_view("\0\0", 2));
  BOOST_TEST(frames.mid_headers()); // two bytes of a frame's head
}

BOOST_AUTO_TEST_SUITE_END()
