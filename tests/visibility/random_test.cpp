#include "tests/visibility/fixture.hpp"

#include "storage/visibility/rows/page_token.hpp"

#include <algorithm>
#include <random>

using namespace visibility_test;
using namespace cadenza::storage::visibility;

namespace {

using chance = std::mt19937_64;

template <class T, std::size_t Count> const T& one_of(chance& from, const T (&choices)[Count]) {
  return choices[from() % Count];
}

std::string operand(chance& from) {
  static const std::string values[] = {"1",
                                       "-2",
                                       "2.5",
                                       "'red'",
                                       "\"blue\"",
                                       "true",
                                       "'2020-01-01T00:00:00Z'",
                                       "'COMPLETED'",
                                       "'wf-3'",
                                       "missing",
                                       "null",
                                       "1e400",
                                       "99999999999999999999",
                                       "'%'",
                                       "''"};
  return one_of(from, values);
}

std::string name(chance& from) {
  static const std::string names[] = {"WorkflowID",
                                      "RunID",
                                      "DomainID",
                                      "WorkflowType",
                                      "StartTime",
                                      "CloseTime",
                                      "CloseStatus",
                                      "ExecutionTime",
                                      "HistoryLength",
                                      "IsCron",
                                      "ExecutionStatus",
                                      "CustomKeywordField",
                                      "CustomStringField",
                                      "CustomIntField",
                                      "CustomDoubleField",
                                      "CustomBoolField",
                                      "CustomDatetimeField",
                                      "`Attr.CustomIntField`",
                                      "UpdateTime"};
  return one_of(from, names);
}

std::string condition(chance& from) {
  static const std::string comparisons[] = {"=", "!=", "<", "<=", ">", ">=", "like", "not like"};
  switch (from() % 5) {
  case 0: return name(from) + " in (" + operand(from) + ", " + operand(from) + ")";
  case 1: return name(from) + " not in (" + operand(from) + ")";
  case 2: return name(from) + (from() % 2 == 0 ? " not" : "") + " between " + operand(from) + " and " + operand(from);
  default: return name(from) + " " + one_of(from, comparisons) + " " + operand(from);
  }
}

std::string where(chance& from, int depth) {
  if (depth == 0 || from() % 3 == 0)
    return condition(from);
  return "(" + where(from, depth - 1) + (from() % 2 == 0 ? " and " : " or ") + where(from, depth - 1) + ")";
}

std::string some_query(chance& from) {
  std::string query = from() % 8 == 0 ? "" : where(from, 3);
  if (from() % 3 == 0)
    query += " order by " + name(from) + (from() % 2 == 0 ? " desc" : "");
  return query;
}

std::string some_noise(chance& from) {
  static const std::string parts[] = {"(",        ")",     ",",      "'",       "\"", "`",          "and",
                                      "or",       "not",   "=",      "<",       "in", "like",       "between",
                                      "order by", "union", "select", ";",       "--", "WorkflowID", "CustomIntField",
                                      "5",        "1.5e",  ".",      "missing", "\\", "is null",    "limit",
                                      "\xff",     "é",     "@",      "*",       "-",  "exists",     "Attr."};
  std::string text;
  for (auto count = from() % 14; count > 0; --count)
    text += one_of(from, parts) + (from() % 4 == 0 ? "" : " ");
  return text;
}

std::unique_ptr<visibility_store> some_runs(chance& from) {
  static const std::string keywords[] = {"\"red\"", "\"blue\"", "[\"red\", \"blue\"]", "\"2020-01-01T00:00:00Z\"",
                                         "null"};
  auto store = open_lists();
  std::vector<visibility_change> changes;
  for (std::uint64_t n = 0; n < 60; ++n) {
    const auto start_ns = static_cast<std::int64_t>(from() % 20);
    auto change = from() % 2 == 0 ? started(n, start_ns)
                                  : closed(n, start_ns, 20 + static_cast<std::int64_t>(from() % 20),
                                           static_cast<api::WorkflowExecutionCloseStatus>(1 + from() % 6));
    if (from() % 2 == 0)
      change = with_attributes(change, {{"CustomKeywordField", one_of(from, keywords)}});
    if (from() % 2 == 0)
      change = with_attributes(change, {{"CustomIntField", std::to_string(static_cast<int>(from() % 7) - 3)}});
    if (from() % 2 == 0)
      change = with_attributes(change, {{"CustomDoubleField", std::to_string(static_cast<double>(from() % 7) / 2)}});
    if (from() % 3 == 0)
      change.record.set_execution_ns(start_ns + 1);
    changes.push_back(change);
  }
  feed(*store, changes);
  return store;
}

ids in_order(ids found) {
  std::sort(found.begin(), found.end());
  return found;
}

} // namespace

BOOST_AUTO_TEST_SUITE(random_input)

LIST_CASE(list_scan_and_count_agree_and_a_condition_and_its_opposite_share_the_runs) {
  constexpr std::uint64_t seed = 20240607;
  chance from{seed};
  const auto store = some_runs(from);
  int answered = 0;
  for (int i = 0; i < repeats(3000); ++i) {
    const auto query = some_query(from);
    const auto count = counted_by(*store, query);
    if (!count) {
      BOOST_TEST((count.error().kind == cadenza::error_kind::bad_request), query << ": " << count.error().message);
      continue;
    }
    ++answered;
    const auto listed = all_matching(*store, query, 7);
    BOOST_TEST(static_cast<std::int64_t>(listed.size()) == *count, query);
    BOOST_TEST((in_order(listed) == in_order(all_scanned(*store, query, 7))), query);
    BOOST_TEST((listed == all_matching(*store, query, 1000)), query);
  }
  BOOST_TEST(answered > repeats(300));
}

LIST_CASE(a_condition_and_its_negation_share_the_runs_between_them) {
  chance from{99};
  const auto store = some_runs(from);
  const std::pair<std::string, std::string> opposites[] = {
      {"=", "!="}, {"like", "not like"}, {"in", "not in"}, {"between", "not between"}};
  int answered = 0;
  for (int i = 0; i < repeats(2000); ++i) {
    const auto field = name(from);
    if (field == "ExecutionTime") // leaves out runs without one in both directions
      continue;
    const auto& [plain, negated] = one_of(from, opposites);
    const auto value =
        plain == "in" ? "(" + operand(from) + ")" : operand(from) + (plain == "between" ? " and " + operand(from) : "");
    // The whole once as the start of the search and once under another condition.
    for (const std::string prefix : {"", "StartTime >= 0 and (NumClusters = 0) and "}) {
      const auto yes = counted_by(*store, prefix + field + " " + plain + " " + value);
      const auto no = counted_by(*store, prefix + field + " " + negated + " " + value);
      BOOST_TEST(bool{yes} == bool{no}, field << " " << plain << " " << value);
      if (!yes || !no)
        continue;
      ++answered;
      const bool matches_all = plain == "like" && value == "''";
      BOOST_TEST(*yes + *no == (matches_all ? 120 : 60), field << " " << plain << " " << value);
    }
  }
  BOOST_TEST(answered > repeats(500));
}

LIST_CASE(noise_is_answered_or_refused) {
  chance from{4711};
  const auto store = some_runs(from);
  for (int i = 0; i < repeats(20'000); ++i) {
    const auto query = some_noise(from);
    const auto page = listed_by(*store, query);
    if (!page)
      BOOST_TEST((page.error().kind == cadenza::error_kind::bad_request), query << ": " << page.error().message);
  }
}

BOOST_AUTO_TEST_CASE(tokens_come_back_as_they_were_and_noise_is_refused) {
  const sql_value values[] = {std::monostate{},
                              std::int64_t{0},
                              INT64_MIN,
                              INT64_MAX,
                              -2.5,
                              std::string{},
                              std::string{"a\0b", 3},
                              std::string(3000, 'x'),
                              blob_value{std::string(16, '\xff')}};
  for (const auto& value : values)
    for (const auto kind : {token_kind::list, token_kind::query, token_kind::scan}) {
      const auto read = read_token(kind, write_token(kind, {value, run_id(5)}));
      BOOST_REQUIRE(read);
      BOOST_TEST((read->value == value));
      BOOST_TEST((read->run_id == run_id(5)));
    }
  chance from{5};
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(from() % 40, '\0');
    for (auto& c : bytes)
      c = static_cast<char>(from());
    const auto read = read_token(token_kind::list, bytes);
    if (read)
      BOOST_TEST(bytes.starts_with("1l"));
  }
}

BOOST_AUTO_TEST_SUITE_END()
