#include "server/library_logs.hpp"

#include "tests/unit/server/support.hpp"
#include "uber/cadence/api/v1/service_meta.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <sqlite3.h>

#include <sstream>

using namespace cadenza;

namespace {

constexpr int many = 200;

} // namespace

/// Each library has one line in five seconds: these tests come first in the program, and ask once.
BOOST_AUTO_TEST_SUITE(library_logs_suite)

BOOST_AUTO_TEST_CASE(requests_that_protobuf_complains_of_do_not_fill_the_log) {
  tests::logged_lines lines;
  uber::cadence::api::v1::HealthResponse nonsense;
  const std::string bytes("\x12\x02\xff\xfe", 4); // a text that is no UTF-8
  for (int i = 0; i < many; ++i)
    BOOST_TEST(!nonsense.ParseFromString(bytes));
  BOOST_TEST(lines.count("protobuf: ") == 1);
}

BOOST_AUTO_TEST_CASE(what_sqlite_and_rocksdb_say_goes_to_the_log_and_is_rated) {
  tests::logged_lines lines;
  for (int i = 0; i < many; ++i) {
    sqlite3_log(SQLITE_CORRUPT, "page %d", i);
    log_engine_line(true, "table " + std::to_string(i));
  }
  BOOST_TEST(lines.count("sqlite: page") == 1);
  BOOST_TEST(lines.count("rocksdb: table") == 1);
}

BOOST_AUTO_TEST_CASE(a_redirected_stream_goes_to_the_log_line_by_line_and_comes_back) {
  tests::logged_lines lines;
  std::ostringstream stream;
  {
    const stream_to_log redirected(stream);
    stream << "*** unexpected message" << 7 << std::endl;
    for (int i = 0; i < many; ++i)
      stream << "again " << i << '\n';
  }
  stream << "after";
  BOOST_TEST(stream.str() == "after");
  BOOST_TEST(lines.count("*** unexpected message7") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
