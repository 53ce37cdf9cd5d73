#define BOOST_TEST_MODULE server
#include "server/library_logs.hpp"

#include <boost/test/unit_test.hpp>

namespace {

/// Before anything is opened, as in a server.
struct library_logs {
  library_logs() { cadenza::adopt_library_logs(); }
};

} // namespace

BOOST_TEST_GLOBAL_FIXTURE(library_logs);
