#include "tests/visibility/fixture.hpp"

#include "storage/sql/postgres/schema.hpp"
#include "storage/visibility/postgres/postgres_lists.hpp"
#include "storage/visibility/postgres/query_sql.hpp"
#include "storage/visibility/rows/listed_rows.hpp"

#include "tests/storage/postgres_server.hpp"

#include <algorithm>
#include <future>

using namespace visibility_test;
using namespace cadenza::storage::visibility;

BOOST_AUTO_TEST_SUITE(listed_values)

BOOST_AUTO_TEST_CASE(texts_that_no_database_takes_come_back_and_stay_in_their_order) {
  const std::vector<std::string> texts{{},
                                       std::string("\0", 1),
                                       std::string("\0\0", 2),
                                       std::string("\0a", 2),
                                       "\x01",
                                       "\x01\x01",
                                       "\x01\x02",
                                       "\x02",
                                       "a",
                                       std::string("a\0", 2),
                                       "a\x01",
                                       "a\x02",
                                       "ключ",
                                       "鍵🚀"};
  for (const auto& a : texts) {
    BOOST_TEST(original_text(storable_text(a)) == a);
    BOOST_TEST(storable_text(a).find('\0') == std::string::npos);
    for (const auto& b : texts)
      BOOST_TEST((storable_text(a) < storable_text(b)) == (a < b));
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_utf_8_is_replaced_and_the_rest_stays) {
  BOOST_TEST(storable_text("cut: \xE4\xB8") == "cut: \uFFFD\uFFFD");
  BOOST_TEST(storable_text("\xC0\x80 \xED\xA0\x80 \xF4\x90\x80\x80 \xFF!").find('!') != std::string::npos);
  BOOST_TEST(storable_text("\xF0\x9F\x9A\x80") == "🚀");
}

BOOST_AUTO_TEST_CASE(numbers_are_written_with_all_their_digits) {
  BOOST_TEST(decimal(2.5) == "2.5");
  BOOST_TEST(decimal(-1e22) == "-10000000000000000000000");
  BOOST_TEST(decimal(9.223372036854775807e18) == "9223372036854775808");
  BOOST_TEST(decimal(1e-7) == "0.0000001");
  for (const double value : {1.7976931348623157e308, 5e-324})
    BOOST_TEST(std::strtod(decimal(value).c_str(), nullptr) == value);
}

BOOST_AUTO_TEST_CASE(decimals_compare_as_numbers) {
  const std::vector<std::string> ascending{"-100", "-99.5", "-1", "-0.25", "-0.2",  "0",
                                           "0.1",  "0.11",  "2",  "10",    "10.01", "99999999999999999999999"};
  for (std::size_t i = 0; i < ascending.size(); ++i)
    for (std::size_t k = 0; k < ascending.size(); ++k) {
      const int order = postgres::compare_decimals(ascending[i], ascending[k]);
      BOOST_TEST((order < 0) == (i < k), ascending[i] << " " << ascending[k]);
      BOOST_TEST((order == 0) == (i == k));
    }
  BOOST_TEST(postgres::compare_decimals("-0.0", "0") == 0);
  BOOST_TEST(postgres::compare_decimals("007.50", "7.5") == 0);
  for (const auto* good : {"0", "-1", "12.5", "0.0001"})
    BOOST_TEST(postgres::is_decimal(good));
  for (const auto* bad : {"", "-", "1e5", "1.", ".5", "NaN", "0x1", "1 ", "--1"})
    BOOST_TEST(!postgres::is_decimal(bad));
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

namespace stores = cadenza::storage::test;
namespace pg = cadenza::storage::sql::postgres;
using cadenza::listed_run;
using cadenza::storage::postgres_lists;
using cadenza::storage::status;

constexpr int shard_count = 8;

/// A store and its lists on the same databases.
struct installation {
  explicit installation(const std::vector<const char*>& names) {
    for (const auto* name : names)
      databases.push_back(stores::fresh_database(stores::shared_postgres(), name));
    store = stores::open_store(stores::options_for(databases));
    cadenza::storage::postgres_lists_options options;
    options.databases = databases;
    auto opened = cadenza::storage::open_postgres_lists(std::move(options));
    BOOST_REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().message));
    lists = *std::move(opened);
    for (int shard = 0; shard < shard_count; ++shard)
      stores::take_shard(*store, shard);
  }

  std::vector<pg::endpoint> databases;
  std::unique_ptr<cadenza::storage::store> store;
  std::unique_ptr<postgres_lists> lists;
};

/// A transaction that writes a run and says what becomes of it in the lists.
cadenza::storage::shard_transaction writing(visibility_change change, std::optional<std::int64_t> version, int shard) {
  change.shard = shard;
  auto tx = stores::in_shard(1, shard);
  tx.runs.push_back(stores::write_of({change.domain_id, change.workflow_id, change.run_id}, version));
  tx.listed.push_back(row_of(change));
  return tx;
}

} // namespace

BOOST_AUTO_TEST_SUITE(postgres_lists)

BOOST_AUTO_TEST_CASE(runs_are_listed_by_the_transaction_that_writes_them) {
  const installation on({"commit_0", "commit_1", "commit_2"});
  BOOST_TEST(on.store->able_to().keeps_lists);
  for (std::uint64_t n = 1; n <= 20; ++n) {
    const int shard = static_cast<int>(n) % shard_count;
    const auto change = with_attributes(started(n, static_cast<std::int64_t>(n)), {{"CustomIntField", "7"}});
    stores::check_committed(stores::commit(*on.store, writing(change, std::nullopt, shard)));
    BOOST_TEST(all_open(*on.lists).size() == n, "whoever hears of the commit finds it in the lists");
  }
  auto end = closed(3, 3, 9, api::WORKFLOW_EXECUTION_CLOSE_STATUS_FAILED, 2);
  stores::check_committed(stores::commit(*on.store, writing(end, 1, 3)));
  CHECK_IDS(all_closed(*on.lists), {"wf-3"});
  BOOST_TEST(counted(*on.lists, "CustomIntField = 7") == 19, "it has lost its attribute");
  auto gone = writing(removed(4, 2), std::nullopt, 4);
  gone.runs.clear();
  gone.delete_runs.push_back({domain, "wf-4", run_id(4)});
  stores::check_committed(stores::commit(*on.store, std::move(gone)));
  BOOST_TEST(all_open(*on.lists).size() == 18U);
  BOOST_TEST(counted(*on.lists, "CustomIntField = 7") == 18);
  BOOST_TEST(stores::query(on.databases[1], "SELECT count(*) FROM cadenza_listed_attributes")
                 .find_first_not_of("0123456789") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_transaction_that_is_refused_lists_nothing) {
  const installation on({"refused"});
  stores::check_committed(stores::commit(*on.store, writing(started(1, 10), std::nullopt, 1)));
  // All at once, so that they share a transaction of the database with those that are carried out.
  std::vector<std::future<cadenza::storage::commit_result>> answers;
  for (std::uint64_t n = 1; n <= 40; ++n) {
    auto done = std::make_shared<std::promise<cadenza::storage::commit_result>>();
    answers.push_back(done->get_future());
    auto change = n % 2 == 0 ? started(n, 10) : closed(1, 10, 20, api::WORKFLOW_EXECUTION_CLOSE_STATUS_FAILED, 9);
    const auto version = n % 2 == 0 ? std::nullopt : std::optional<std::int64_t>(77); // nobody has seen this one
    on.store->shards().commit(writing(std::move(change), version, 1),
                              [done](cadenza::storage::commit_result result) { done->set_value(std::move(result)); });
  }
  int committed = 0;
  for (auto& answer : answers)
    committed += answer.get().outcome == status::committed ? 1 : 0;
  BOOST_TEST(committed == 20);
  CHECK_IDS(all_closed(*on.lists), {});
  BOOST_TEST(all_open(*on.lists).size() == 21U);
}

BOOST_AUTO_TEST_CASE(of_several_changes_of_a_run_that_share_a_transaction_the_newest_counts) {
  const installation on({"newest"});
  std::vector<std::future<cadenza::storage::commit_result>> answers;
  for (std::uint64_t n = 1; n <= 50; ++n)
    for (std::int64_t step = 0; step < 3; ++step) {
      auto done = std::make_shared<std::promise<cadenza::storage::commit_result>>();
      answers.push_back(done->get_future());
      auto change =
          step < 2 ? started(n, 10, step + 1) : closed(n, 10, 20, api::WORKFLOW_EXECUTION_CLOSE_STATUS_COMPLETED, 3);
      change = with_attributes(change, {{"CustomIntField", std::to_string(step)}});
      on.store->shards().commit(writing(change, step == 0 ? std::nullopt : std::optional(step), 1),
                                [done](cadenza::storage::commit_result result) { done->set_value(std::move(result)); });
    }
  for (auto& answer : answers)
    stores::check_committed(answer.get());
  BOOST_TEST(all_closed(*on.lists).size() == 50U);
  BOOST_TEST(counted(*on.lists, "CustomIntField = 2") == 50);
  BOOST_TEST(counted(*on.lists, "CustomIntField = 0 or CustomIntField = 1") == 0);
}

BOOST_AUTO_TEST_CASE(lists_of_a_database_with_runs_are_not_complete) {
  for (const bool with_run : {false, true}) {
    const auto at = stores::shared_postgres().database("complete");
    BOOST_REQUIRE(bool(pg::drop_database(at)));
    BOOST_REQUIRE(bool(pg::create_database(at)));
    auto link = pg::connect(at);
    BOOST_REQUIRE(bool(link));
    std::vector<std::string> told;
    BOOST_REQUIRE(bool(pg::set_up_schema(link->get(), "test")));
    BOOST_REQUIRE(bool(pg::migrate(link->get(), 1, "test", false, told)));
    if (with_run)
      stores::query(at, "INSERT INTO cadenza_runs VALUES (1, gen_random_uuid(), 'wf', gen_random_uuid(), 1, '', '')");
    BOOST_REQUIRE(bool(pg::migrate(link->get(), pg::newest_schema(), "test", false, told)));
    cadenza::storage::postgres_lists_options options;
    options.databases = {at};
    const auto lists = cadenza::storage::open_postgres_lists(std::move(options));
    BOOST_REQUIRE(bool(lists));
    const auto complete = (*lists)->complete();
    BOOST_REQUIRE(bool(complete));
    BOOST_TEST(*complete == !with_run);
    BOOST_TEST(bool((*lists)->set_complete()));
    BOOST_TEST(*(*lists)->complete());
    link->reset();
  }
}

BOOST_AUTO_TEST_CASE(a_database_that_went_away_is_found_again) {
  const installation on({"away"});
  stores::check_committed(stores::commit(*on.store, writing(started(1, 10), std::nullopt, 1)));
  CHECK_IDS(all_open(*on.lists), {"wf-1"});
  stores::query(on.databases[0], "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                                 "WHERE datname = current_database() AND pid <> pg_backend_pid()");
  CHECK_IDS(all_open(*on.lists), {"wf-1"});
}

BOOST_AUTO_TEST_CASE(texts_of_any_length_are_listed_and_found) {
  const installation on({"long_texts"});
  // Nothing of it can be compressed, and no row of an index has room for it.
  std::string text;
  for (std::uint64_t i = 0, at = 88172645463325252ULL; i < 6000; ++i) {
    at ^= at << 13;
    at ^= at >> 7;
    at ^= at << 17;
    text += static_cast<char>('a' + at % 26);
  }
  auto change = with_attributes(started(1, 10), {{"CustomKeywordField", "\"" + text + "\""}});
  change.record.set_type(text);
  feed(*on.lists, {change, started(2, 20)});
  CHECK_IDS(all_open(*on.lists, by_type(text)), {"wf-1"});
  CHECK_IDS(all_matching(*on.lists, "CustomKeywordField = '" + text + "'"), {"wf-1"});
  CHECK_IDS(all_matching(*on.lists, "CustomKeywordField > '" + text.substr(0, 5000) + "'"), {"wf-1"});
  CHECK_IDS(all_matching(*on.lists, "CustomKeywordField > '" + text + "'"), {});
}

BOOST_AUTO_TEST_CASE(plain_lists_and_queries_walk_an_index) {
  const installation on({"plans"});
  std::vector<visibility_change> changes;
  for (std::uint64_t n = 1; n <= 3000; ++n)
    changes.push_back(n % 2 == 0 ? started(n, static_cast<std::int64_t>(n))
                                 : closed(n, static_cast<std::int64_t>(n), 5000));
  feed(*on.lists, changes);
  stores::query(on.databases[0], "ANALYZE cadenza_listed");
  const auto plan = [&](const postgres::built_sql& what) {
    auto text = what.sql;
    for (std::size_t i = what.values.size(); i > 0; --i) {
      const auto name = "$" + std::to_string(i) + "::";
      for (auto at = text.find(name); at != std::string::npos; at = text.find(name))
        text.replace(at, name.size() - 2, "'" + what.values[i - 1].value_or("") + "'");
    }
    stores::query(on.databases[0], "DROP TABLE IF EXISTS plan; CREATE TABLE plan (line text)");
    return stores::query(on.databases[0],
                         "CREATE OR REPLACE FUNCTION plan_of(t text) RETURNS text LANGUAGE plpgsql AS $$ "
                         "DECLARE line text; out text := ''; BEGIN FOR line IN EXECUTE 'EXPLAIN ' || t "
                         "LOOP out := out || line || chr(10); END LOOP; RETURN out; END $$; "
                         "SELECT plan_of($q$" +
                             text + "$q$)");
  };
  list_request plain;
  plain.domain_id = domain;
  for (const auto& [filter, closed_ones, index] :
       {std::tuple(list_filter{}, false, "cadenza_open_by_start"),
        std::tuple(list_filter{}, true, "cadenza_closed_by_start"),
        std::tuple(by_workflow("wf-7"), true, "cadenza_listed_by_workflow")}) {
    plain.filter = filter;
    const auto said = plan(postgres::build_list(plain, closed_ones, 11, std::nullopt));
    BOOST_TEST(said.find(index) != std::string::npos, said);
    BOOST_TEST(said.find("Seq Scan") == std::string::npos, said);
  }
  const auto request = request_of("");
  BOOST_REQUIRE(bool(request));
  const auto query = postgres::build_query(*request, 11, std::nullopt);
  BOOST_REQUIRE(bool(query));
  const auto said = plan(*query);
  for (const auto* index : {"cadenza_open_by_start", "cadenza_closed_by_start"})
    BOOST_TEST(said.find(index) != std::string::npos, said);
  BOOST_TEST(said.find("Seq Scan") == std::string::npos, said);
}

BOOST_AUTO_TEST_SUITE_END()
