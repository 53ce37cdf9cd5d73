#include "bridge/rpc/tchannel_answer.hpp"
#include "bridge/rpc/tchannel_arguments.hpp"
#include "tchannel_client.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::bridge;
using tests::tchannel_client;

namespace {

/// The parts of a call's arguments, frame by frame.
std::vector<tchannel::arguments_part> parts_of(const std::vector<std::string>& frames) {
  std::vector<tchannel::arguments_part> out;
  for (const auto& bytes : frames) {
    auto rest = tchannel::read_frame(bytes).payload;
    tchannel::call_head head;
    if (out.empty()) {
      BOOST_REQUIRE(tchannel::read_call_head(rest, head));
      rest = head.rest;
    } else {
      rest.remove_prefix(1);
    }
    BOOST_REQUIRE(tchannel::read_arguments_part(rest, out.emplace_back()));
  }
  return out;
}

struct accounts {
  metrics::registry registry;
  bridge::net::meters meters{registry, "test"};
  bridge::net::account memory{1 << 20, meters.request_bytes};
};

} // namespace

BOOST_AUTO_TEST_SUITE(tchannel_frames)

BOOST_AUTO_TEST_CASE(checksums_are_those_of_the_field) {
  using tchannel::checksum_type;
  const std::string nine = "123456789";
  BOOST_TEST(tchannel::checksum(checksum_type::crc32, 0, nine) == 0xCBF43926);
  BOOST_TEST(tchannel::checksum(checksum_type::crc32c, 0, nine) == 0xE3069283);
  for (const auto type : {checksum_type::crc32, checksum_type::crc32c}) {
    const std::string more(1000, 'x');
    const auto whole = tchannel::checksum(type, 0, nine + more);
    BOOST_TEST(tchannel::checksum(type, tchannel::checksum(type, 0, nine), more) == whole);
  }
}

BOOST_AUTO_TEST_CASE(arguments_come_back_from_frames_of_any_size) {
  accounts a;
  const std::map<std::string, std::string> headers{{"name", "value"}};
  for (const std::size_t size : {100u, 101u, 110u, 127u, 300u, 65535u}) {
    for (const std::size_t body : {0u, 1u, 50u, 1000u, 70000u}) {
      const tchannel_client::call what{
          "Some::method", std::string(body, 'b'), headers, 1, tchannel::checksum_type::crc32, "thrift", size};
      const auto frames = tchannel_client::frames(7, what);
      const auto parts = parts_of(frames);
      tchannel_arrival all(a.memory, 1 << 20, 1 << 10);
      for (std::size_t i = 0; i < parts.size(); ++i)
        BOOST_TEST(!all.add(parts[i], i + 1 == parts.size()).has_value(), size << " " << body << " " << i);
      BOOST_TEST(all.method() == what.method);
      BOOST_TEST((all.body().whole() == what.body));
      BOOST_TEST(all.headers().size() == 15u);
    }
  }
  BOOST_TEST(a.memory.used() == 0);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_arguments_is_seen) {
  accounts a;
  const tchannel_client::call what{"m", std::string(500, 'b'), {}, 1, tchannel::checksum_type::crc32c, "thrift", 200};
  const auto flaw_of = [&](auto damage, std::int64_t body_max = 1 << 20, std::int64_t memory_max = 1 << 20) {
    const auto frames = tchannel_client::frames(7, what); // which the parts look into
    auto parts = parts_of(frames);
    damage(parts);
    bridge::net::account memory(memory_max, a.meters.request_bytes);
    tchannel_arrival all(memory, body_max, 1 << 10);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (const auto flaw = all.add(parts[i], i + 1 == parts.size()))
        return flaw;
    }
    return std::optional<tchannel_flaw>();
  };
  using parts = std::vector<tchannel::arguments_part>;
  BOOST_TEST(!flaw_of([](parts&) {}).has_value());
  BOOST_TEST((flaw_of([](parts& p) { ++p[1].checksum; }) == tchannel_flaw::checksum));
  BOOST_TEST((flaw_of([](parts& p) { p[1].pieces.remove_suffix(1); }) == tchannel_flaw::broken));
  BOOST_TEST((flaw_of([](parts& p) {
                p.resize(1);
                p[0].pieces = std::string_view("\0\1m", 3);
                p[0].type = tchannel::checksum_type::none;
              }) == tchannel_flaw::broken));
  BOOST_TEST((flaw_of([](parts&) {}, 499) == tchannel_flaw::too_large));
  BOOST_TEST((flaw_of([](parts&) {}, 1 << 20, 300) == tchannel_flaw::no_memory));
  tchannel_arguments into;
  tchannel::arguments_part four{tchannel::checksum_type::none, 0, std::string_view("\0\0\0\0\0\0\0\0", 8)};
  BOOST_TEST((read_arguments(four, 1000, into) == tchannel_flaw::broken));
}

BOOST_AUTO_TEST_CASE(an_answer_leaves_in_frames_that_say_what_follows) {
  tchannel_marks marks;
  marks.id = 9;
  marks.tracing.fill('t');
  marks.sums = tchannel::checksum_type::crc32;
  const std::map<std::size_t, std::size_t> frames_of{{0, 1}, {10, 1}, {5000, 1}, {65000, 1}, {65535, 2}, {200000, 4}};
  for (const auto& [size, expected] : frames_of) {
    std::string headers;
    tchannel::put_number(headers, 0, 2);
    tchannel_answer answer(marks, true, headers, std::string(size, 'a'));
    std::size_t frames = 0;
    std::size_t bytes = 0;
    while (!answer.done()) {
      bridge::net::output out;
      answer.emit(out);
      BOOST_TEST(out.size() <= tchannel::frame_bytes_max);
      std::string frame;
      for (const auto& piece : out.pieces())
        frame.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
      BOOST_TEST(tchannel::size_of(frame) == frame.size());
      const auto read = tchannel::read_frame(frame);
      BOOST_TEST(read.id == 9u);
      BOOST_TEST((static_cast<int>(read.payload[0]) == (answer.done() ? 0 : 1)));
      bytes += frame.size();
      ++frames;
    }
    BOOST_TEST(frames == expected);
    BOOST_TEST(bytes > size);
  }
}

BOOST_AUTO_TEST_SUITE_END()
