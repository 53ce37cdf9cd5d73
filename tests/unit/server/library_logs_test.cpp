#include "server/library_logs.hpp"

#include "config/log.hpp"
#include "storage/rocksdb/engine_log.hpp"

#include "tests/unit/server/support.hpp"
#include "uber/cadence/api/v1/service_meta.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <grpc/support/log.h>
#include <sqlite3.h>

#include <iostream>
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

/// Also before gRPC has been used: it tells nothing until then, unless it was asked to.
BOOST_AUTO_TEST_CASE(what_grpc_says_goes_to_the_log_and_is_rated) {
  tests::logged_lines lines;
  for (int i = 0; i < many; ++i)
    gpr_log(GPR_ERROR, "accept %d", i);
  BOOST_TEST(lines.count("grpc: accept") == 1);
}

BOOST_AUTO_TEST_CASE(what_sqlite_and_rocksdb_say_goes_to_the_log_and_is_rated) {
  tests::logged_lines lines;
  for (int i = 0; i < many; ++i) {
    sqlite3_log(SQLITE_CORRUPT, "page %d", i);
    log_store_line(log::level::error, {field::library("rocksdb"), field::count(i)}, "{library}: table {count}");
  }
  BOOST_TEST(lines.count("sqlite: page") == 1);
  BOOST_TEST(lines.count("rocksdb: table") == 1);
}

BOOST_AUTO_TEST_CASE(what_rocksdb_says_of_locks_and_backups_is_no_news) {
  std::vector<std::string> told;
  const auto engine = storage::rocks::engine_log([&told](log::level level, log::fields values, log::sentence says) {
    told.push_back(std::string(log::name_of(level)) + ' ' + log::text_of(values, says));
  });
  rocksdb::Warn(engine, "[db/db_impl/db_impl_open.cc:%d] DB::Open() failed: IO error: While lock file: d/LOCK: busy",
                1);
  rocksdb::Warn(engine, "[db/db_impl/db_impl_files.cc:%d] File Deletions Disabled, but already disabled. Counter: 2",
                2);
  rocksdb::Warn(engine, "[db/db_impl/db_impl_files.cc:%d] something else", 3);
  rocksdb::Error(engine, "it is %s", "bad");
  BOOST_TEST(told == (std::vector<std::string>{"warn rocksdb: [db/db_impl/db_impl_files.cc:3] something else",
                                               "error rocksdb: it is bad"}),
             boost::test_tools::per_element());
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

BOOST_AUTO_TEST_CASE(messages_that_an_actor_does_not_know_go_to_the_log_and_are_rated) {
  tests::logged_lines lines;
  {
    const stream_to_log output(std::cout);
    caf::actor_system_config settings;
    settings.set("scheduler.max-threads", 1);
    caf::actor_system system(settings);
    const auto listener = system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](int) {}}; });
    caf::scoped_actor self(system);
    for (int i = 0; i < many; ++i)
      self->send(listener, std::string("nobody's"));
    self->request(listener, caf::infinite, 7).receive([] {}, [](const caf::error& e) { BOOST_ERROR(to_string(e)); });
    self->send_exit(listener, caf::exit_reason::user_shutdown);
  } // the system ends, and has printed everything then
  BOOST_TEST(lines.count("*** unexpected message") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
