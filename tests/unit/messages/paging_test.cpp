#include "messages/paging.hpp"

#include <boost/test/unit_test.hpp>

#include <utility>

using namespace cadenza;

BOOST_AUTO_TEST_SUITE(paging_suite)

BOOST_AUTO_TEST_CASE(a_page_has_what_was_asked_for_within_bounds) {
  BOOST_TEST(page_size(0, 100, 1000) == 100);
  BOOST_TEST(page_size(-1, 100, 1000) == 100);
  BOOST_TEST(page_size(INT32_MIN, 100, 1000) == 100);
  BOOST_TEST(page_size(7, 100, 1000) == 7);
  BOOST_TEST(page_size(INT32_MAX, 100, 1000) == 1000);
  BOOST_TEST(page_size(0, 5000, 1000) == 1000); // settings may be any numbers, too
  BOOST_TEST(page_size(0, 0, 0) == 1);
}

BOOST_AUTO_TEST_CASE(numbered_pages_do_not_overflow_and_do_not_begin_below_zero) {
  const auto range = [](std::int32_t page, std::int32_t size, std::int32_t count) {
    const auto found = page_of(page, size, count);
    BOOST_REQUIRE(found);
    return std::pair(found->first, found->last);
  };
  using pair = std::pair<std::int64_t, std::int64_t>;
  BOOST_TEST((range(0, 10, 16) == pair(0, 10)));
  BOOST_TEST((range(1, 10, 16) == pair(10, 16)));
  BOOST_TEST((range(2, 10, 16) == pair(16, 16)));
  BOOST_TEST((range(0, 0, 16) == pair(0, 16)));
  BOOST_TEST((range(1, 0, 16) == pair(16, 16)));
  BOOST_TEST((range(INT32_MAX, INT32_MAX, 16) == pair(16, 16)));
  BOOST_TEST((range(0, INT32_MAX, 16) == pair(0, 16)));
  BOOST_TEST(!page_of(-1, 1'000'000'000, 16));
  BOOST_TEST(!page_of(0, -1, 16));
  BOOST_TEST(!page_of(INT32_MIN, INT32_MIN, 16));
}

BOOST_AUTO_TEST_CASE(an_index_names_what_is_there) {
  BOOST_TEST(bool(check_index(0, 2, "shard")));
  BOOST_TEST(bool(check_index(1, 2, "shard")));
  BOOST_TEST(check_index(2, 2, "shard").error().message == "shard 2 does not exist: there are 2");
  BOOST_TEST(check_index(-1, 2, "shard").error().message == "shard -1 does not exist: there are 2");
}

BOOST_AUTO_TEST_SUITE_END()
