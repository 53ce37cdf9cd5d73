#include "tests/visibility/fixture.hpp"

#include "storage/visibility/sqlite/functions.hpp"

#include <algorithm>

using namespace visibility_test;

namespace {

constexpr std::int64_t second = 1'000'000'000;
/// 2018-06-07T15:04:05Z
constexpr std::int64_t base = 1'528'383'845 * second;

/// Five runs: 1 and 2 open, 3 to 5 closed; later numbers started later.
std::unique_ptr<visibility_store> five_runs() {
  auto store = open_lists();
  auto one = with_attributes(started(1, base), {{"CustomKeywordField", "\"red\""},
                                                {"CustomIntField", "1"},
                                                {"CustomStringField", "\"The quick brown Fox\""},
                                                {"CustomBoolField", "true"}});
  auto two = with_attributes(started(2, base + second), {{"CustomKeywordField", "[\"red\", \"blue\"]"},
                                                         {"CustomIntField", "[2, 20]"},
                                                         {"CustomDoubleField", "2.5"},
                                                         {"CustomDatetimeField", "\"2020-01-01T00:00:00Z\""}});
  two.record.set_type("invoice");
  two.record.set_execution_ns(base + 5 * second);
  two.record.set_execution_status(api::WORKFLOW_EXECUTION_STATUS_PENDING);
  auto three =
      with_attributes(closed(3, base + 2 * second, base + 10 * second),
                      {{"CustomKeywordField", "\"blue\""}, {"CustomIntField", "-3"}, {"CustomDoubleField", "-1"}});
  three.record.set_is_cron(true);
  three.record.set_cron_schedule("@every 5s");
  auto four =
      with_attributes(closed(4, base + 3 * second, base + 11 * second, api::WORKFLOW_EXECUTION_CLOSE_STATUS_FAILED),
                      {{"CustomStringField", "\"quick: brown, and lazy\""}, {"CustomBoolField", "false"}});
  four.record.set_history_length(50);
  four.record.set_num_clusters(2);
  four.record.set_task_list("other_list");
  auto five =
      with_attributes(closed(5, base + 4 * second, base + 12 * second, api::WORKFLOW_EXECUTION_CLOSE_STATUS_TIMED_OUT),
                      {{"CustomKeywordField", "\"2021-05-05T00:00:00+02:00\""},
                       {"CustomDatetimeField", "\"2021-05-05T00:00:00+02:00\""}});
  five.workflow_id = "WF-five%_\\x";
  five.record.set_update_ns(base + 12 * second);
  feed(*store, {one, two, three, four, five});
  return store;
}

/// "135" for runs 1, 3 and 5, in the order found.
std::string numbers(const ids& found) {
  std::string out;
  for (const auto& id : found)
    out += id.starts_with("WF-") ? '5' : id.back();
  return out;
}

std::string sorted(std::string text) {
  std::sort(text.begin(), text.end());
  return text;
}

struct valid_query {
  std::string query;
  std::string found; ///< in the order of the list
};

void check(visibility_store& store, const std::vector<valid_query>& table) {
  for (const auto& [query, found] : table) {
    BOOST_TEST(numbers(all_matching(store, query)) == found, query);
    BOOST_TEST(numbers(all_matching(store, query, 1)) == found, query << " in pages of one");
    BOOST_TEST(sorted(numbers(all_scanned(store, query, 2))) == sorted(found), query << " scanned");
    BOOST_TEST(counted(store, query) == static_cast<std::int64_t>(found.size()), query << " counted");
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(queries)

LIST_TEST(structure) {
  check(*five_runs(), {
                          {"", "54321"},
                          {"   ", "54321"},
                          {"WorkflowID = 'wf-1'", "1"},
                          {"WorkflowID = \"wf-1\"", "1"},
                          {"((WorkflowID = 'wf-1'))", "1"},
                          {"`WorkflowID` = 'wf-1';", "1"},
                          {"workflow.WorkflowID = 'wf-1'", "1"},
                          {"WorkflowID = 'wf-1' or WorkflowID = 'wf-3'", "31"},
                          {"WorkflowID = 'wf-1' OR WorkflowID = 'wf-3' AND WorkflowType = 'nobody'", "1"},
                          {"(WorkflowID = 'wf-1' OR WorkflowID = 'wf-3') AND WorkflowType = 'nobody'", ""},
                          {"WorkflowID = 'wf-1' && WorkflowType = 'order'", "1"},
                          {"WorkflowID='wf-1'AND WorkflowType='order'", "1"},
                          {"WorkflowID in ('wf-1', 'wf-2', 'wf-9')", "21"},
                          {"WorkflowID not in ('wf-1', 'wf-2', 'wf-9')", "543"},
                          {"WorkflowID != 'wf-1'", "5432"},
                          {"WorkflowID <> 'wf-1' limit 2", "5432"},
                          {"WorkflowID > 'wf-2' and WorkflowID <= 'wf-4'", "43"},
                          {"WorkflowID between 'wf-2' and 'wf-3'", "32"},
                          {"WorkflowID not between 'wf-2' and 'wf-3'", "541"},
                          {"DomainID = '" + domain.str() + "'", "54321"},
                          {"DomainID != '" + domain.str() + "'", ""},
                          {"RunID = '" + run_id(2).str() + "'", "2"},
                          {"RunID = 'no run id'", ""},
                          {"RunID != 'no run id'", "54321"},
                          {"RunID in ('x', '" + run_id(2).str() + "')", "2"},
                          {"RunID not in ('x', '" + run_id(2).str() + "')", "5431"},
                          {"RunID >= '" + run_id(4).str() + "'", "54"},
                          {"RunID like '" + run_id(3).str().substr(0, 20) + "'", "3"},
                      });
}

LIST_TEST(system_columns) {
  check(*five_runs(), {
                          {"WorkflowType = 'invoice'", "2"},
                          {"TaskList = 'other_list'", "4"},
                          {"CloseTime = missing", "21"},
                          {"CloseTime != missing", "543"},
                          {"StartTime = missing", ""},
                          {"StartTime != missing", "54321"},
                          {"CloseTime = missing or WorkflowID = 'wf-3'", "321"},
                          {"CloseStatus = 0", "3"},
                          {"CloseStatus = '1'", "4"},
                          {"CloseStatus = \"completed\"", "3"},
                          {"CloseStatus = 'Timed_Out' or CloseStatus = 'FAILED'", "54"},
                          {"CloseStatus in (0, 'FAILED')", "43"},
                          {"CloseStatus != 0", "5421"},
                          {"CloseStatus >= 1", "54"},
                          {"CloseStatus < 5", "43"},
                          {"ExecutionStatus = 'PENDING'", "2"},
                          {"ExecutionStatus = 1", "1"},
                          {"ExecutionStatus = 2", "3"},
                          {"StartTime = 1528383845000000000", "1"},
                          {"StartTime = '1528383845000000000'", "1"},
                          {"StartTime = '2018-06-07T15:04:05Z'", "1"},
                          {"StartTime > '2018-06-07T17:04:05+02:00'", "5432"},
                          {"StartTime >= '2018-06-07T15:04:06Z' and StartTime < '2018-06-07T15:04:08Z'", "32"},
                          {"StartTime between '2018-06-07T15:04:05.5Z' and 1528383847000000000", "32"},
                          {"CloseTime > '2018-06-07T15:04:16Z'", "5"},
                          {"CloseTime < '2018-06-07T15:04:16Z'", "3"},
                          {"CloseTime not between 0 and 1", "54321"},
                          {"ExecutionTime < '2030-01-01T00:00:00Z'", "2"},
                          {"ExecutionTime < 10 or WorkflowID = 'wf-1'", ""},
                          {"UpdateTime >= 1528383857000000000", "5"},
                          {"HistoryLength > 5", "4"},
                          {"HistoryLength <= 5.5", "53"},
                          {"IsCron = true", "3"},
                          {"IsCron = 'false'", "5421"},
                          {"IsCron != true", "5421"},
                          {"CronSchedule = '@every 5s'", "3"},
                          {"NumClusters = 2", "4"},
                          {"ClusterAttributeName = ''", "54321"},
                          {"ScheduledExecutionTime = 0", "54321"},
                      });
}

LIST_TEST(custom_attributes) {
  check(*five_runs(), {
                          {"CustomKeywordField = 'red'", "21"},
                          {"CustomKeywordField = 'Red'", ""},
                          {"`Attr.CustomKeywordField` = 'red'", "21"},
                          {"Attr.CustomKeywordField = 'red'", "21"},
                          {"CustomKeywordField != 'red'", "543"},
                          {"CustomKeywordField in ('red', 'blue')", "321"},
                          {"CustomKeywordField not in ('red', 'blue')", "54"},
                          {"CustomKeywordField = 'red' and CustomKeywordField = 'blue'", "2"},
                          {"CustomKeywordField = 'red' and CustomIntField > 1", "2"},
                          {"CustomKeywordField = 'red' and (CustomIntField = 1 or CustomIntField = 20)", "21"},
                          {"CustomKeywordField = 'red' or CustomIntField = -3", "321"},
                          {"WorkflowID = 'wf-2' and CustomIntField = 20", "2"},
                          {"CustomKeywordField >= 'blue' and CustomKeywordField < 'c'", "32"},
                          {"CustomKeywordField > 'c'", "21"},
                          {"CustomKeywordField = '2021-05-05T00:00:00+02:00'", "5"},
                          {"CustomKeywordField > '2'", "5321"},
                          {"CustomIntField = 1", "1"},
                          {"CustomIntField = '1'", "1"},
                          {"CustomIntField = +1", "1"},
                          {"CustomIntField < 0", "3"},
                          {"CustomIntField > -4 and CustomIntField < 2", "31"},
                          {"CustomIntField between -10 and 1", "31"},
                          {"CustomIntField >= 1.5", "2"},
                          {"CustomIntField > 1e1", "2"},
                          {"CustomIntField != 1", "5432"},
                          {"CustomDoubleField >= 2.5", "2"},
                          {"CustomDoubleField = -1", "3"},
                          {"CustomBoolField = true", "1"},
                          {"CustomBoolField = 'FALSE'", "4"},
                          {"CustomBoolField != true", "5432"},
                          {"CustomDatetimeField = '2020-01-01T00:00:00Z'", "2"},
                          {"CustomDatetimeField = '2020-01-01'", "2"},
                          {"CustomDatetimeField = '2020-01-01T00:00:00'", "2"},
                          {"CustomDatetimeField = 1577836800000", "2"},
                          {"CustomDatetimeField < 2020", ""},
                          {"CustomDatetimeField = 1577836800000000000", "2"},
                          {"CustomDatetimeField > '2020-01-01'", "5"},
                          {"CustomDatetimeField = '2021-05-04T22:00:00Z'", "5"},
                          {"CustomDatetimeField between '2019-01-01' and '2022-01-01'", "52"},
                          {"CustomStringField = 'quick brown'", "41"},
                          {"CustomStringField = 'BROWN fox'", "1"},
                          {"CustomStringField = 'quick fox'", ""},
                          {"CustomStringField = 'ick'", ""},
                          {"CustomStringField != 'fox'", "5432"},
                          {"CustomStringField in ('fox', 'lazy')", "41"},
                          {"CustomStringField not in ('fox', 'lazy')", "532"},
                          {"CustomStringField = ''", ""},
                          {"BinaryChecksums = 'none'", ""},
                      });
}

LIST_TEST(like_means_begins_with_and_knows_the_wildcards_of_sql) {
  check(*five_runs(), {
                          {"WorkflowID like 'wf-'", "54321"},
                          {"WorkflowID like 'WF-1'", "1"},
                          {"WorkflowID like '%-3'", "3"},
                          {"WorkflowID like 'w_-4'", "4"},
                          {"WorkflowID like '%five'", "5"},
                          {"WorkflowID like 'wf-five\\\\%'", "5"},
                          {"WorkflowID like 'wf-1\\\\%'", ""},
                          {"WorkflowID not like '%five'", "4321"},
                          {"WorkflowID like '  '", "54321"},
                          {"WorkflowType like 'inv%'", "2"},
                          {"CustomKeywordField like 'bl'", "32"},
                          {"CustomKeywordField not like 'bl'", "541"},
                          {"CustomKeywordField like '16'", ""},
                          {"CustomStringField like '%brown%'", "41"},
                          {"CustomStringField like 'the QUICK'", "1"},
                      });
}

LIST_TEST(order) {
  check(*five_runs(), {
                          {"order by StartTime", "12345"},
                          {"ORDER BY StartTime asc", "12345"},
                          {"order by StartTime desc", "54321"},
                          {"CloseTime = missing order by StartTime asc", "12"},
                          {"order by CloseTime desc", "54312"},
                          {"order by CloseTime", "34512"},
                          {"order by WorkflowID desc", "43215"},
                          {"order by RunID", "12345"},
                          {"order by DomainID", "12345"},
                          {"order by CustomIntField", "31245"},
                          {"order by CustomIntField desc", "21345"},
                          {"order by `Attr.CustomIntField` desc", "21345"},
                          {"order by CustomKeywordField desc", "12354"},
                          {"order by CustomKeywordField", "52314"},
                          {"order by CustomDatetimeField desc", "52134"},
                          {"order by CustomDoubleField", "32145"},
                          {"order by IsCron desc", "31245"},
                          {"CustomKeywordField = 'red' and CloseTime = missing order by CustomIntField desc", "21"},
                      });
}

LIST_TEST(what_cannot_be_is_refused_in_words_that_clients_know) {
  const auto store = five_runs();
  const std::string deep = std::string(5000, '(') + "WorkflowID = 'x'" + std::string(5000, ')');
  std::string many = "WorkflowID = 'x'";
  for (int i = 0; i < 600; ++i)
    many += " or WorkflowID = 'x'";
  std::string endless;
  for (int i = 0; i < 25'000; ++i)
    endless += "%a";
  const std::pair<std::string, std::string> table[] = {
      {"Invalid SQL", "Invalid query."},
      {"this is no query", "Invalid query."},
      {"WorkflowID =", "Invalid query."},
      {"WorkflowID = 'wid", "Invalid query."},
      {"WorkflowID = 'a' = 'b'", "Invalid query."},
      {"WorkflowID = 'wid'; SELECT * FROM important_table;", "Invalid query."},
      {"WorkflowID = 'wid' -- comment", "Invalid query."},
      {"WorkflowID = 'wid' /* comment */", "Invalid query."},
      {"WorkflowID = 'wid' # comment", "Invalid query."},
      {"WorkflowID = ?", "Invalid query."},
      {"WorkflowID = :v1", "Invalid query."},
      {"WorkflowID in ()", "Invalid query."},
      {"WorkflowID in ('a'", "Invalid query."},
      {"WorkflowID in (select 1)", "Invalid query."},
      {"WorkflowID between 'a'", "Invalid query."},
      {"CustomIntField = 12abc", "Invalid query."},
      {"and", "Invalid query."},
      {"order by", "Invalid query."},
      {"WorkflowID = 'a' order StartTime", "Invalid query."},
      {"WorkflowID = 'a' limit x", "Invalid query."},
      {std::string{"WorkflowID = 'a' \0", 18}, "Invalid query."},
      {deep, "Invalid query."},
      {std::string(300'000, ' '), "Invalid query."},
      {"WorkflowID = 'wid' union select * from dummy", "Invalid select query."},
      {"InvalidWhereExpr", "invalid where clause"},
      {"not WorkflowID = 'a'", "invalid where clause"},
      {"NOT (WorkflowID = 'a')", "invalid where clause"},
      {"WorkflowID is null", "invalid where clause"},
      {"WorkflowID is not null", "invalid where clause"},
      {"sleep(10)", "invalid where clause"},
      {"1", "invalid where clause"},
      {"'a'", "invalid where clause"},
      {"WorkflowID = 'wid' and 1 < 2", "invalid comparison expression"},
      {"WorkflowID = 'wid' and (RunID = 'rid' or 1 = 1)", "invalid comparison expression"},
      {"Custom-Field = 'value'", "invalid comparison expression"},
      {"lower(WorkflowID) = 'a'", "invalid comparison expression"},
      {"(WorkflowID) = 'a'", "invalid comparison expression"},
      {"1 between 1 and 2 or WorkflowID = 'wid'", "invalid range expression"},
      {"NoSuchKey = 3", "invalid search attribute \"NoSuchKey\""},
      {"Invalid = 'a' and 1 < 2", "invalid search attribute \"Invalid\""},
      {"Invalid between 1 and 2", "invalid search attribute \"Invalid\""},
      {"Custom.Field = 'value'", "invalid search attribute \"Field\""},
      {"workflowid = 'a'", "invalid search attribute \"workflowid\""},
      {"`Attr.WorkflowID` = 'a'", "invalid search attribute \"Attr.WorkflowID\""},
      {"`x' or '1'='1` = 'a'", "invalid search attribute \"x' or '1'='1\""},
      {"order by InvalidField desc", "invalid order by attribute"},
      {"order by 123", "invalid order by expression"},
      {"order by StartTime desc, CloseTime desc", "Error when parse query: only one field can be used to sort"},
      {"order by CustomStringField desc",
       "Error when parse query: not able to sort by IndexedValueTypeString field, use "
       "IndexedValueTypeKeyword field"},
      {"ExecutionTime < 'unable to parse'",
       "Error when parse query: invalid value \"unable to parse\" for ExecutionTime"},
      {"CloseStatus = 'done'", "Error when parse query: invalid value \"done\" for CloseStatus"},
      {"CustomIntField = 'x'", "Error when parse query: invalid value \"x\" for CustomIntField"},
      {"CustomIntField = true", "Error when parse query: invalid value \"true\" for CustomIntField"},
      {"CustomDoubleField = 'nan'", "Error when parse query: invalid value \"nan\" for CustomDoubleField"},
      {"CustomBoolField = 2", "Error when parse query: invalid value \"2\" for CustomBoolField"},
      {"CustomDatetimeField = '2020-01'", "Error when parse query: invalid value \"2020-01\" for CustomDatetimeField"},
      {"CustomIntField = null", "Error when parse query: invalid value for CustomIntField"},
      {"CustomIntField = 1 + 1", "Error when parse query: invalid value for CustomIntField"},
      {"CustomIntField = (1, 2)", "Error when parse query: invalid value for CustomIntField"},
      {"CustomIntField in (1, CustomIntField)", "Error when parse query: invalid value for CustomIntField"},
      {"CustomBoolField > true", "Error when parse query: CustomBoolField has no order"},
      {"CustomIntField like '1%'", "Error when parse query: like is not supported for CustomIntField"},
      {"WorkflowID like 5", "Error when parse query: like needs a text"},
      {"WorkflowID regexp 'a.*'", "Error when parse query: operator is not supported"},
      {"WorkflowID <=> 'a'", "Error when parse query: operator is not supported"},
      {"CustomIntField = missing", "Error when parse query: missing is only supported for CloseTime and StartTime"},
      {"CloseTime > missing",
       "Error when parse query: column name on the right side of compare operator is not supported"},
      {"WorkflowID = RunID",
       "Error when parse query: column name on the right side of compare operator is not supported"},
      {"WorkflowID = wid",
       "Error when parse query: column name on the right side of compare operator is not supported"},
      {many, "Error when parse query: too many conditions"},
      {"WorkflowID like '" + endless + "'",
       "Error when parse query: like is given a pattern of 50000 bytes; at most 4096 are allowed"},
      {"WorkflowID not like '" + endless + "'",
       "Error when parse query: like is given a pattern of 50000 bytes; at most 4096 are allowed"},
      {"CustomIntField = '" + std::string(200'000, 'x') + "'",
       "Error when parse query: invalid value \"" + std::string(1000, 'x') + "… (200000 bytes)\" for CustomIntField"},
  };
  for (const auto& [query, message] : table) {
    auto told = refusal(*store, query);
    if (message == "Invalid query.")
      told = told.substr(0, message.size()); // then comes where
    BOOST_TEST(told == message, query.substr(0, 200));
  }
}

LIST_TEST(an_invalid_query_is_told_where_it_breaks) {
  const auto store = five_runs();
  const std::pair<std::string, std::string> table[] = {
      {"WorkflowType = \"x\" and", " Something is missing at its end."},
      {"WorkflowID = 'a' 'b'", " It breaks at character 18, before 'b'"},
      {"WorkflowID = 'wid", " It breaks at character 14, before 'wid"},
      {"WorkflowID = 'ä' # comment", " It breaks at character 18, before # comment"},
      {"and WorkflowID = 'a'", " It breaks at character 1, before and WorkflowID = 'a'"},
      {"WorkflowID = 'a' order StartTime", " It breaks at character 18, before order StartTime"},
      {"WorkflowID = 'a' limit x", " It breaks at character 24, before x"},
      {"WorkflowID in ('a'", " Something is missing at its end."},
      {"WorkflowID = 'a' ) and RunID = 'something long'", " It breaks at character 18, before ) and RunID = 'somet…"},
      {std::string(5000, '(') + "1" + std::string(5000, ')'), " It is nested too deep."},
      {std::string(300'000, ' '), " It is longer than 262144 bytes."},
  };
  for (const auto& [query, place] : table)
    BOOST_TEST(refusal(*store, query) == "Invalid query." + place, query.substr(0, 200));
}

LIST_TEST(texts_are_values_and_never_become_sql) {
  for (const std::string attempt :
       {"' or '1'='1", "'; drop table runs; --", "\\' or 1=1 --", "x\" or \"1\"=\"1", "') or (1=1", "%", "?1", "\\"}) {
    std::string quoted;
    for (const char c : attempt)
      quoted += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string{c};
    auto run = started(100, base);
    run.workflow_id = attempt;
    const auto store = five_runs();
    BOOST_TEST(counted(*store, "WorkflowID = '" + quoted + "'") == 0);
    BOOST_TEST(counted(*store, "CustomKeywordField = '" + quoted + "' or CustomStringField = '" + quoted + "'") == 0);
    BOOST_TEST(counted(*store, "") == 5);
    feed(*store, {run});
    CHECK_IDS(all_matching(*store, "WorkflowID = '" + quoted + "'"), {attempt});
    BOOST_TEST(counted(*store, "") == 6);
  }
}

LIST_TEST(nesting_is_counted_only_where_and_and_or_alternate) {
  const auto store = five_runs();
  std::string left = "WorkflowID = 'wf-1'";
  for (int i = 0; i < 80; ++i)
    left = "(" + left + ") and WorkflowType = 'order'";
  check(*store, {{left, "1"}});
  const auto alternate = [](int levels) {
    std::string query = "WorkflowID = 'wf-1'";
    for (int i = 0; i < levels; ++i)
      query = "(" + query + ") " + (i % 2 == 0 ? "or" : "and") + " CustomIntField = 1";
    return query;
  };
  check(*store, {{alternate(20), "1"}});
  BOOST_TEST(refusal(*store, alternate(30)) == "Error when parse query: nested too deeply");
}

LIST_TEST(the_largest_legal_queries_run) {
  const auto store = five_runs();
  std::string conditions = "CustomKeywordField = 'red'";
  for (int i = 1; i < 500; ++i)
    conditions += i % 2 == 0 ? " or CustomIntField != 77" : " or CustomStringField = 'nobody'";
  BOOST_TEST(counted(*store, conditions) == 5);
  BOOST_TEST(all_matching(*store, conditions, 2).size() == 5u);
  BOOST_TEST(all_matching(*store, conditions + " order by CustomIntField", 2).size() == 5u);
  BOOST_TEST(all_scanned(*store, conditions, 2).size() == 5u);
  std::string values = "WorkflowID in ('wf-1'";
  for (int i = 0; i < 15'000; ++i)
    values += ",'" + std::to_string(i) + "'";
  check(*store, {{values + ")", "1"}});
}

LIST_TEST(only_registered_attributes_can_be_named) {
  const auto store = open_lists();
  feed(*store, {with_attributes(started(1, 1), {{"Region", "\"north\""}})});
  BOOST_TEST(refusal(*store, "Region = 'north'") == "invalid search attribute \"Region\"");
  auto types = cadenza::workflow::default_attribute_types();
  types["Region"] = api::INDEXED_VALUE_TYPE_KEYWORD;
  types.erase("CustomIntField");
  query_request request;
  request.domain_id = domain;
  request.query = *cadenza::storage::visibility::read_query("Region = 'north'", types);
  const auto count = store->count_by_query(request);
  BOOST_REQUIRE(count);
  BOOST_TEST(*count == 1);
  BOOST_TEST(!cadenza::storage::visibility::read_query("CustomIntField = 1", types));
}

LIST_TEST(a_query_that_would_work_too_long_is_stopped_and_the_store_goes_on) {
  lists_bounds bounds;
  bounds.little_work = true;
  auto store = open_lists(bounds);
  std::vector<visibility_change> changes;
  for (std::uint64_t n = 0; n < 20'000; ++n)
    changes.push_back(started(n, 1));
  feed(*store, changes);
  const auto count = counted_by(*store, "TaskList like '%nothing%'");
  BOOST_REQUIRE(!count);
  BOOST_TEST((count.error().kind == cadenza::error_kind::limit_exceeded));
  changes.clear();
  for (std::uint64_t n = 20'000; n < 40'000; ++n)
    changes.push_back(started(n, 1));
  BOOST_TEST(feed(*store, changes) == 20'000);
  store = with_usual_bounds(std::move(store)); // a busy machine takes long for little, too
  BOOST_TEST(bool{counted_by(*store, "WorkflowID = 'wf-7'")});
}

BOOST_AUTO_TEST_CASE(phrases) {
  using cadenza::storage::visibility::contains_phrase;
  BOOST_TEST(contains_phrase("one two three", "two"));
  BOOST_TEST(contains_phrase("one two three", "Two, THREE"));
  BOOST_TEST(contains_phrase("one one two", "one two"));
  BOOST_TEST(contains_phrase("привет мир", "мир"));
  BOOST_TEST(!contains_phrase("one two three", "one three"));
  BOOST_TEST(!contains_phrase("one two three", "three four"));
  BOOST_TEST(!contains_phrase("twofold", "two"));
  BOOST_TEST(!contains_phrase("one", ""));
  BOOST_TEST(!contains_phrase("one", " ,"));
  BOOST_TEST(!contains_phrase("", "one"));
}

BOOST_AUTO_TEST_SUITE_END()
