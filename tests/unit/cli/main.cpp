#include <boost/test/unit_test.hpp>

// Spelled out: BOOST_TEST_MODULE has no effect behind a precompiled header that knows Boost.Test already.
int main(int argc, char** argv) {
  const auto begin = [] {
    boost::unit_test::framework::master_test_suite().p_name.value = "cli";
    return true;
  };
  return boost::unit_test::unit_test_main(begin, argc, argv);
}
