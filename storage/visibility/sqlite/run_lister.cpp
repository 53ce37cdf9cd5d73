#include "storage/visibility/sqlite/run_lister.hpp"

#include "messages/invariant.hpp"
#include "storage/visibility/query/query_check.hpp"
#include "storage/visibility/sqlite/query_sql.hpp"
#include "storage/visibility/sqlite/run_columns.hpp"

#include <algorithm>

namespace cadenza::storage::visibility {
namespace {

constexpr int page_size_max = 10'000;
constexpr int sort_column = info_column_count;

int bounded(int page_size) { return std::clamp(page_size, 1, page_size_max); }

/// The work a query may do ends with the query.
class step_limit {
public:
  step_limit(connection& on, std::int64_t steps) : on_(on) { on_.allow_steps(steps); }
  ~step_limit() { on_.allow_steps(0); }
  step_limit(const step_limit&) = delete;
  step_limit& operator=(const step_limit&) = delete;

private:
  connection& on_;
};

/// Reads up to `page_size` rows; one more row there is means that there is another page, which begins after the last.
outcome<list_page> read_page(statement& rows, int page_size, token_kind kind, int position_column) {
  list_page page;
  page_position last;
  while (true) {
    const auto row = rows.step();
    if (!row)
      return row.error();
    if (!*row)
      return page;
    if (page.executions.size() == page_size) {
      page.next_page_token = write_token(kind, last);
      return page;
    }
    CADENZA_TRY(read_info(rows, *page.executions.Add()));
    if (page.executions.size() == page_size)
      last = {rows.value(position_column), uuid::from_raw(rows.blob(run_id_column))};
  }
}

outcome<statement> prepare(connection& on, const built_sql& built) {
  auto prepared = on.prepare(built.sql, false);
  CADENZA_ASSERT(!built.values.empty(), "a query asks for the runs of one domain");
  if (prepared)
    for (std::size_t i = 0; i < built.values.size(); ++i)
      prepared->bind(static_cast<int>(i) + 1, built.values[i]);
  return prepared;
}

} // namespace

std::string list_sql(list_filter::by what, bool closed) {
  std::string sql = "SELECT " + std::string{info_columns} + " FROM runs r WHERE r.domain = ?1 AND r.close_status IS ";
  sql += closed ? "NOT NULL" : "NULL";
  switch (what) {
  case list_filter::by::nothing: break;
  case list_filter::by::workflow_id: sql += " AND r.workflow_id = ?6"; break;
  case list_filter::by::type: sql += " AND r.type = ?6"; break;
  case list_filter::by::status: sql += " AND r.close_status = ?6"; break;
  }
  return sql + " AND r.start_ns >= ?2 AND r.start_ns <= ?3 AND (r.start_ns < ?3 OR r.run_id > ?4)"
               " ORDER BY r.start_ns DESC, r.run_id LIMIT ?5";
}

outcome<list_page> run_lister::list_open(const list_request& request) {
  if (request.filter.what == list_filter::by::status)
    return bad_request("Open workflow executions have no close status.");
  return list(request, false);
}

outcome<list_page> run_lister::list_closed(const list_request& request) { return list(request, true); }

outcome<list_page> run_lister::list(const list_request& request, bool closed) {
  page_position after{request.latest_ns, {}};
  if (!request.page_token.empty()) {
    auto read = read_token(token_kind::list, request.page_token);
    if (!read)
      return read.error();
    after = std::move(*read);
  }
  if (!std::holds_alternative<std::int64_t>(after.value))
    return bad_request("Invalid NextPageToken.");
  const auto domain = domains_.find(*on_, request.domain_id);
  if (!domain)
    return domain.error();
  if (!*domain)
    return list_page{};

  const auto prepared = list_statement(request.filter.what, closed);
  if (!prepared)
    return prepared.error();
  statement& rows = **prepared;
  const reset_guard guard{rows};
  const int page_size = bounded(request.page_size);
  const std::string after_run = after.run_id.raw();
  rows.bind(1, **domain).bind(2, request.earliest_ns).bind(3, after.value).bind_blob(4, after_run);
  rows.bind(5, std::int64_t{page_size} + 1);
  if (request.filter.what == list_filter::by::status)
    rows.bind(6, std::int64_t{request.filter.status} - 1);
  else if (request.filter.what != list_filter::by::nothing)
    rows.bind_text(6, request.filter.text);
  return read_page(rows, page_size, token_kind::list, start_column);
}

outcome<statement*> run_lister::list_statement(list_filter::by what, bool closed) {
  auto& kept = lists_[closed ? 1 : 0][static_cast<std::size_t>(what)];
  if (!kept) {
    auto prepared = on_->prepare(list_sql(what, closed), true);
    if (!prepared)
      return prepared.error();
    kept = std::move(*prepared);
  }
  return &kept;
}

outcome<list_page> run_lister::query_page(const query_request& request, token_kind kind) {
  std::optional<page_position> after;
  if (!request.page_token.empty()) {
    auto read = read_token(kind, request.page_token);
    if (!read)
      return read.error();
    after = std::move(*read);
  }
  const auto domain = domains_.find(*on_, request.domain_id);
  if (!domain)
    return domain.error();
  if (!*domain)
    return list_page{};

  const query_scope scope{request.domain_id, **domain};
  const int page_size = bounded(request.page_size);
  const auto built = kind == token_kind::scan ? build_scan(request.query, scope, page_size + 1, after)
                                              : build_list(request.query, scope, page_size + 1, after);
  const step_limit limit{*on_, query_steps_max_};
  auto rows = prepare(*on_, built);
  if (!rows)
    return rows.error();
  return read_page(*rows, page_size, kind, sort_column);
}

outcome<list_page> run_lister::list_by_query(const query_request& request) {
  return query_page(request, token_kind::query);
}

outcome<list_page> run_lister::scan_by_query(const query_request& request) {
  return query_page(request, token_kind::scan);
}

outcome<std::int64_t> run_lister::count_by_query(const query_request& request) {
  const auto domain = domains_.find(*on_, request.domain_id);
  if (!domain)
    return domain.error();
  if (!*domain)
    return 0;
  const auto built = build_count(request.query, {request.domain_id, **domain});
  const step_limit limit{*on_, query_steps_max_};
  auto rows = prepare(*on_, built);
  if (!rows)
    return rows.error();
  const auto row = rows->step();
  if (!row)
    return row.error();
  CADENZA_ASSERT(*row, "a count has an answer");
  return rows->number(0);
}

} // namespace cadenza::storage::visibility
