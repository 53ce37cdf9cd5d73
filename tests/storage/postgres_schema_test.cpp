#include "storage/sql/postgres/schema.hpp"
#include "tests/storage/postgres_server.hpp"

#include <thread>

namespace cadenza::storage::test {

namespace {

namespace pg = sql::postgres;

pg::endpoint empty_database(const std::string& name) {
  const auto at = shared_postgres().database(name);
  for (const auto& done : {pg::drop_database(at), pg::create_database(at)})
    if (!done)
      throw std::runtime_error(done.error().message);
  return at;
}

pg::raw_connection link_to(const pg::endpoint& at) {
  auto link = pg::connect(at);
  if (!link)
    throw std::runtime_error(link.error().message);
  return *std::move(link);
}

/// Why a store is not opened; fails the test when it is.
std::string refusal(std::vector<pg::endpoint> databases) {
  const auto opened = pg::open_postgres(options_for(std::move(databases)));
  BOOST_TEST_REQUIRE(!opened);
  return opened.error().message;
}

bool says(const std::string& text, std::string_view what) { return text.find(what) != std::string::npos; }

} // namespace

BOOST_AUTO_TEST_SUITE(postgres_schema)

BOOST_AUTO_TEST_CASE(a_schema_is_made_step_by_step) {
  const auto at = empty_database("schema_steps");
  const auto link = link_to(at);
  BOOST_TEST(!pg::look_at_schema(link.get())->set_up);
  std::vector<std::string> told;
  BOOST_TEST(!pg::migrate(link.get(), pg::newest_schema(), "test", false, told));
  BOOST_TEST(bool(pg::set_up_schema(link.get(), "it's a test")));
  BOOST_TEST(bool(pg::set_up_schema(link.get(), "again")));
  BOOST_TEST(pg::look_at_schema(link.get())->version == 0);
  BOOST_TEST(*pg::migrate(link.get(), pg::newest_schema(), "test", true, told) == 0);
  BOOST_TEST(told.size() == static_cast<std::size_t>(pg::newest_schema()));
  told.clear();
  BOOST_TEST(*pg::migrate(link.get(), pg::newest_schema(), "test", false, told) == pg::newest_schema());
  told.clear();
  BOOST_TEST(*pg::migrate(link.get(), pg::newest_schema(), "test", false, told) == pg::newest_schema());
  BOOST_TEST(told.empty());
  const auto s = open_store(options_for({at}));
  const auto rows = wait_for<page<schema_row>>([&](auto cb) { s->cluster().read_schema(cb); }).rows;
  BOOST_TEST_REQUIRE(rows.size() == static_cast<std::size_t>(pg::newest_schema()) + 1);
  BOOST_TEST(rows[0].by == "it's a test");
  BOOST_TEST(rows[0].since_ns > 0);
}

BOOST_AUTO_TEST_CASE(a_store_without_its_schema_is_refused_and_the_command_named) {
  const auto at = empty_database("schema_missing");
  const auto why = refusal({at});
  BOOST_TEST(says(why, "cadenza schema setup-schema"));
  BOOST_TEST(says(why, "schema_missing"));
  BOOST_TEST(bool(pg::set_up_schema(link_to(at).get(), "test")));
  BOOST_TEST(says(refusal({at}), "cadenza schema update-schema"));
  auto options = options_for({at});
  options.migrate = true;
  const auto opened = pg::open_postgres(std::move(options));
  BOOST_TEST(bool(opened));
}

BOOST_AUTO_TEST_CASE(a_newer_schema_is_used_when_it_says_that_it_may_be) {
  const auto at = fresh_database(shared_postgres(), "schema_newer");
  const auto known = std::to_string(pg::newest_schema());
  query(at, "INSERT INTO cadenza_schema VALUES (900, " + known + ", 0, 'later')");
  BOOST_TEST(bool(pg::open_postgres(options_for({at}))));
  query(at, "INSERT INTO cadenza_schema VALUES (901, 901, 0, 'later')");
  const auto why = refusal({at});
  BOOST_TEST(says(why, "901"));
  BOOST_TEST(says(why, "newer program"));
}

BOOST_AUTO_TEST_CASE(a_database_of_a_go_server_is_refused_and_left_alone) {
  const auto at = empty_database("schema_foreign");
  query(at, "CREATE TABLE schema_version (x int); CREATE TABLE current_executions (x int); "
            "CREATE TABLE shards (x int)");
  BOOST_TEST(says(refusal({at}), "Go Cadence server"));
  auto options = options_for({at});
  options.migrate = true;
  const auto opened = pg::open_postgres(std::move(options));
  BOOST_TEST_REQUIRE(!opened);
  BOOST_TEST(says(opened.error().message, "neither read nor written"));
  BOOST_TEST(!pg::set_up_schema(link_to(at).get(), "test"));
  BOOST_TEST(query(at, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "3");
}

BOOST_AUTO_TEST_CASE(two_that_migrate_at_the_same_time_do_it_once) {
  const auto at = empty_database("schema_race");
  std::vector<std::thread> threads;
  std::atomic<int> fine{0};
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      auto link = pg::connect(at);
      std::vector<std::string> told;
      if (link && pg::set_up_schema(link->get(), "test")) {
        const auto done = pg::migrate(link->get(), pg::newest_schema(), "test", false, told);
        fine += done && *done == pg::newest_schema() ? 1 : 0;
      }
    });
  for (auto& thread : threads)
    thread.join();
  BOOST_TEST(fine == 4);
  BOOST_TEST(bool(pg::open_postgres(options_for({at}))));
}

BOOST_AUTO_TEST_CASE(dropping_the_schema_leaves_the_tables_of_others) {
  const auto at = fresh_database(shared_postgres(), "schema_drop");
  query(at, "CREATE TABLE theirs (x int)");
  BOOST_TEST(bool(pg::drop_schema(link_to(at).get())));
  BOOST_TEST(query(at, "SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'public'") == "theirs");
}

BOOST_AUTO_TEST_CASE(databases_keep_their_number_and_order) {
  const auto one = fresh_database(shared_postgres(), "place_0");
  const auto two = fresh_database(shared_postgres(), "place_1");
  const auto alien = fresh_database(shared_postgres(), "place_alien");
  BOOST_TEST(bool(pg::open_postgres(options_for({one, two}))));
  BOOST_TEST(bool(pg::open_postgres(options_for({one, two}))));
  BOOST_TEST(says(refusal({two, one}), "order"));
  BOOST_TEST(says(refusal({one}), "number"));
  BOOST_TEST(bool(pg::open_postgres(options_for({alien}))));
  BOOST_TEST(says(refusal({one, alien}), "another cluster"));
}

BOOST_AUTO_TEST_CASE(no_password_is_told) {
  auto at = shared_postgres().database("there is none");
  at.password = "s3cret";
  const auto why = refusal({at});
  BOOST_TEST(says(why, "there is none"));
  BOOST_TEST(!says(why, "s3cret"));
  BOOST_TEST(!says(at.label(), "s3cret"));
}

BOOST_AUTO_TEST_CASE(addresses_are_read_as_people_write_them) {
  const auto read = [](const std::string& text) {
    pg::endpoint at;
    const auto done = pg::set_address(at, text);
    return done ? at.host + " " + at.port : std::string("refused");
  };
  BOOST_TEST(read("db:5433") == "db 5433");
  BOOST_TEST(read("db") == "db 5432");
  BOOST_TEST(read("a:1,b:2,c") == "a,b,c 1,2,5432");
  BOOST_TEST(read("/run/postgresql") == "/run/postgresql 5432");
  BOOST_TEST(read("[::1]:5433") == "::1 5433");
  BOOST_TEST(read("::1") == "::1 5432");
  for (const auto* bad : {"db:none", "db:0", "db:70000", "", ":5432", "a:1,", "[::1]x"})
    BOOST_TEST(read(bad) == "refused", bad);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::storage::test
