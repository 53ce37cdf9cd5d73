#include "tests/visibility/fixture.hpp"

#include "storage/visibility/sqlite/query_sql.hpp"
#include "storage/visibility/sqlite/run_lister.hpp"
#include "storage/visibility/sqlite/schema.hpp"
#include "storage/visibility/sqlite/sqlite.hpp"

using namespace visibility_test;
using namespace cadenza::storage::visibility;

/// Lists must stay fast with millions of runs: what matters is that they walk an index in order.
namespace {

connection prepared_database() {
  auto on = connection::open("", open_mode::read_write);
  BOOST_REQUIRE(on && configure(*on, 1024, open_mode::read_write) && prepare_schema(*on, false));
  return std::move(*on);
}

std::string plan(connection& on, const std::string& sql) {
  auto rows = on.prepare("EXPLAIN QUERY PLAN " + sql, false);
  BOOST_REQUIRE_MESSAGE(rows, (rows ? "" : rows.error().message) << ": " << sql);
  std::string text;
  while (true) {
    const auto row = rows->step();
    BOOST_REQUIRE(row);
    if (!*row)
      return text;
    text += std::string{rows->text(3)} + "\n";
  }
}

std::string query_plan(connection& on, const std::string& text) {
  const auto parsed = parse_query(text);
  BOOST_REQUIRE(parsed);
  const auto checked = check_query(*parsed, cadenza::workflow::default_attribute_types());
  BOOST_REQUIRE(checked);
  return plan(on, build_list(*checked, {domain, 1}, 100, std::nullopt).sql);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Ties are sorted on the fly; sorting whole results is what must not happen.
bool sorts_everything(const std::string& text) { return has(text, "USE TEMP B-TREE FOR ORDER BY"); }

} // namespace

BOOST_AUTO_TEST_SUITE(plans)

BOOST_AUTO_TEST_CASE(every_plain_list_walks_its_own_index) {
  auto on = prepared_database();
  using by = list_filter::by;
  const std::tuple<by, bool, const char*> table[] = {
      {by::nothing, false, "open_by_start"},
      {by::nothing, true, "closed_by_start"},
      {by::type, false, "open_by_type"},
      {by::type, true, "closed_by_type"},
      {by::workflow_id, false, "runs_by_workflow"},
      {by::workflow_id, true, "runs_by_workflow"},
      {by::status, true, "closed_by_status"},
  };
  for (const auto& [what, closed_runs, index] : table) {
    const auto text = plan(on, list_sql(what, closed_runs));
    BOOST_TEST(has(text, index), text);
    BOOST_TEST(!sorts_everything(text), text);
  }
}

BOOST_AUTO_TEST_CASE(a_query_starts_from_its_narrowest_condition) {
  auto on = prepared_database();
  const std::pair<const char*, const char*> table[] = {
      {"RunID = '00000000-0000-0000-0000-000000000001' and CustomIntField > 1", "runs_by_id"},
      {"CustomIntField > 1 and WorkflowID = 'w'", "runs_by_workflow"},
      {"CustomKeywordField = 'a' and CloseTime = missing", "attributes_by_value"},
      {"CustomIntField > 7", "attributes_by_value"},
      {"WorkflowType = 't' and CloseTime = missing", "open_by_type"},
      {"CloseStatus = 1", "closed_by_status"},
  };
  for (const auto& [query, index] : table) {
    const auto text = query_plan(on, query);
    BOOST_TEST(has(text, index), query << "\n" << text);
    if (std::string_view{index} == "attributes_by_value")
      BOOST_TEST(has(text, "SEARCH r USING INTEGER PRIMARY KEY"), query << "\n" << text);
  }
}

BOOST_AUTO_TEST_CASE(a_query_over_open_and_closed_runs_merges_two_ordered_walks) {
  auto on = prepared_database();
  for (const auto* query : {"", "WorkflowType = 't'", "TaskList = 'x' or NumClusters = 2", "CustomIntField != 7"}) {
    const auto text = query_plan(on, query);
    BOOST_TEST(has(text, "MERGE (UNION ALL)"), query << "\n" << text);
    BOOST_TEST(!sorts_everything(text), query << "\n" << text);
  }
  for (const auto* query : {"CloseTime = missing", "CloseTime != missing", "CloseStatus = 2"}) {
    const auto text = query_plan(on, query);
    BOOST_TEST(!has(text, "UNION"), query << "\n" << text);
    BOOST_TEST(!sorts_everything(text), query << "\n" << text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
