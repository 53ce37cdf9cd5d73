#include "messages/uuid.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace cadenza;

BOOST_AUTO_TEST_SUITE(uuid_suite)

BOOST_AUTO_TEST_CASE(the_id_of_all_zeros_is_an_id_like_any_other) {
  const std::string zeros = "00000000-0000-0000-0000-000000000000";
  const auto id = uuid::parse(zeros);
  BOOST_REQUIRE(id.has_value());
  BOOST_TEST(id->str() == zeros);
  BOOST_TEST(id->raw() == std::string(16, '\0'));
  BOOST_TEST((uuid::parse_raw(id->raw()) == id));
}

BOOST_AUTO_TEST_CASE(text_and_bytes_that_are_no_id_give_nothing) {
  for (const char* text : {"", "0", "00000000-0000-0000-0000-00000000000", "00000000-0000-0000-0000-0000000000000",
                           "00000000-0000-0000-0000-00000000000g", "000000000-000-0000-0000-000000000000",
                           "{0000000-0000-0000-0000-000000000000", "00000000000000000000000000000000"})
    BOOST_TEST(!uuid::parse(text).has_value(), text);
  for (const std::size_t size : {0, 1, 15, 17, 36})
    BOOST_TEST(!uuid::parse_raw(std::string(size, '\1')).has_value());
}

BOOST_AUTO_TEST_CASE(text_is_read_in_either_case_and_written_in_lower) {
  const auto id = uuid::parse("0F5B4C2E-8d6a-4c1b-9A57-3f2f1d0b7e11");
  BOOST_REQUIRE(id.has_value());
  BOOST_TEST(id->str() == "0f5b4c2e-8d6a-4c1b-9a57-3f2f1d0b7e11");
  BOOST_TEST((uuid::from_raw(id->raw()) == *id));
}

BOOST_AUTO_TEST_SUITE_END()
