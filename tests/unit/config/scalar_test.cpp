#include "config/scalar.hpp"

#include "config/problems.hpp"

#include <limits>

#include <boost/test/unit_test.hpp>

using namespace cadenza::config;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(scalar_suite)

BOOST_AUTO_TEST_CASE(durations_are_read_as_go_writes_them) {
  BOOST_TEST((parse_duration("1h30m") == 90min));
  BOOST_TEST((parse_duration("1.5s") == 1500ms));
  BOOST_TEST((parse_duration("250us") == 250us));
  BOOST_TEST((parse_duration("250\u00b5s") == 250us));
  BOOST_TEST((parse_duration("-5s") == -5s));
  BOOST_TEST((parse_duration("0") == 0s));
  BOOST_TEST((parse_duration("8760h") == 8760h));
  for (const auto* text : {"", "5", "s", "1x", "1h 30m", "1..5s", "s5", "1e3s", "99999999h", "--5s"})
    BOOST_TEST(!parse_duration(text), text);
}

BOOST_AUTO_TEST_CASE(durations_read_back_as_they_were_written) {
  for (const auto value : {0ns, 1ns, 1500ns, 250'000ns, 90'000'000'000ns, 3'600'000'000'000ns, -90'000'000'001ns})
    BOOST_TEST((parse_duration(format_duration(value)) == value), format_duration(value));
  BOOST_TEST(format_duration(90min) == "1h30m");
}

BOOST_AUTO_TEST_CASE(sizes_take_binary_units_and_refuse_what_does_not_fit) {
  BOOST_TEST(parse_bytes("65536").value() == 65'536);
  BOOST_TEST(parse_bytes("64MiB").value() == 64 << 20);
  BOOST_TEST(parse_bytes("2 KiB").value() == 2048);
  for (const auto* text : {"", "MiB", "-1", "1.5MiB", "64MB", "9223372036854775807KiB"})
    BOOST_TEST(!parse_bytes(text), text);
}

BOOST_AUTO_TEST_CASE(numbers_must_be_whole_texts) {
  BOOST_TEST(parse_int("+7").value() == 7);
  BOOST_TEST(parse_int("-9223372036854775808").value() == std::numeric_limits<std::int64_t>::min());
  for (const auto* text : {"", "7x", "0x7", "9223372036854775808", " 7", "1.0"})
    BOOST_TEST(!parse_int(text), text);
  BOOST_TEST(parse_number("0.25").value() == 0.25);
  for (const auto* text : {"", "nan", "inf", "1,5"})
    BOOST_TEST(!parse_number(text), text);
}

BOOST_AUTO_TEST_CASE(addresses_have_a_host_and_a_port) {
  for (const auto* text : {"127.0.0.1:7833", "[::1]:80", ":80", "cadence.example.com:65535"})
    BOOST_TEST(is_host_port(text), text);
  for (const auto* text : {"", "localhost", "localhost:", "localhost:0", "localhost:65536", "::1:80", "h:x"})
    BOOST_TEST(!is_host_port(text), text);
}

BOOST_AUTO_TEST_CASE(the_nearest_word_is_proposed_only_when_it_is_near) {
  const std::vector<std::string> known{"persistence", "services", "log", "kafka"};
  BOOST_TEST(nearest("persistance", known) == "persistence");
  BOOST_TEST(nearest("Log", known) == "log");
  BOOST_TEST(nearest("lgo", known) == "log");
  BOOST_TEST(nearest("zebra", known) == "");
}

BOOST_AUTO_TEST_SUITE_END()
