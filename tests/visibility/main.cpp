#define BOOST_TEST_MODULE visibility
#include <boost/test/unit_test.hpp>
