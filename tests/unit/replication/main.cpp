#define BOOST_TEST_MODULE replication_rules
#include <boost/test/unit_test.hpp>
