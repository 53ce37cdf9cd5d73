#define BOOST_TEST_MODULE clusters
#include <boost/test/unit_test.hpp>
