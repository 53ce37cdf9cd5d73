#define BOOST_TEST_MODULE system_workflows
#include <boost/test/unit_test.hpp>
