#include "storage/visibility/postgres/postgres_lists.hpp"

#include "messages/invariant.hpp"
#include "storage/visibility/postgres/asker.hpp"
#include "storage/visibility/postgres/list_merger.hpp"
#include "storage/visibility/postgres/list_writer.hpp"
#include "storage/visibility/rows/listed_rows.hpp"

#include <algorithm>
#include <chrono>

namespace cadenza::storage {
namespace {

using namespace visibility;
using clock = std::chrono::steady_clock;

constexpr int page_size_max = 10'000;

class lists final : public postgres_lists {
public:
  explicit lists(postgres_lists_options options) : options_(std::move(options)) {
    for (const auto& at : options_.databases) {
      askers_.emplace_back(at, options_.query_longest, options_.probes);
      writers_.emplace_back(at, options_.removed_kept_max, options_.probes);
    }
  }

  outcome<void> connect() {
    for (auto& one : askers_)
      CADENZA_TRY(one.connect());
    return {};
  }

  outcome<list_page> list_open(const list_request& request) override {
    if (request.filter.what == list_filter::by::status)
      return bad_request("Open workflow executions have no close status.");
    return timed("list_open", [&] { return plain(request, false); });
  }
  outcome<list_page> list_closed(const list_request& request) override {
    return timed("list_closed", [&] { return plain(request, true); });
  }
  outcome<list_page> list_by_query(const query_request& request) override {
    return timed("list_by_query", [&] { return by_query(request); });
  }
  outcome<list_page> scan_by_query(const query_request& request) override {
    return timed("scan_by_query", [&] { return scan(request); });
  }
  outcome<std::int64_t> count_by_query(const query_request& request) override {
    return timed("count_by_query", [&] { return count(request); });
  }

  outcome<apply_result> apply(std::span<const visibility_change> changes) override {
    return timed("apply_lists", [&] { return apply_all(changes); });
  }
  outcome<void> remove_run(const uuid& domain_id, const uuid& run_id) override {
    visibility_change change;
    change.kind = visibility_change_kind::remove;
    change.domain_id = domain_id;
    change.run_id = run_id;
    change.task_id = INT64_MAX;
    const auto done = apply({&change, 1});
    return done ? outcome<void>() : outcome<void>(done.error());
  }
  outcome<void> clear() override {
    for (auto& one : writers_)
      CADENZA_TRY(one.clear());
    return {};
  }

  outcome<bool> complete() override {
    bool all = true;
    for (auto& one : writers_) {
      const auto there = one.complete();
      if (!there)
        return there.error();
      all = all && *there;
    }
    return all;
  }
  outcome<void> set_complete() override {
    for (auto& one : writers_)
      CADENZA_TRY(one.set_complete());
    return {};
  }

private:
  template <class Work> auto timed(const char* name, Work&& work) -> decltype(work()) {
    const auto begin = clock::now();
    auto result = work();
    // What is wrong with a request is no trouble of the database.
    const bool fine = result || result.error().kind == error_kind::bad_request;
    if (options_.probes.operation_done)
      options_.probes.operation_done(name, fine ? status::committed : status::unavailable,
                                     (clock::now() - begin) / std::chrono::nanoseconds{1});
    return result;
  }

  static int bounded(int page_size) { return std::clamp(page_size, 1, page_size_max); }

  static outcome<std::optional<page_position>> position(token_kind kind, const std::string& token) {
    if (token.empty())
      return std::optional<page_position>();
    auto read = read_token(kind, token);
    if (!read)
      return read.error();
    return std::optional(*std::move(read));
  }

  /// The same question to each database.
  outcome<std::vector<sql::row_set>> ask(const postgres::built_sql& question) {
    const std::vector<postgres::built_sql> all(askers_.size(), question);
    return postgres::ask_all(askers_, all);
  }

  outcome<list_page> page_of(const postgres::built_sql& question, const postgres::page_shape& shape) {
    const auto rows = ask(question);
    if (!rows)
      return rows.error();
    return postgres::merge_page(*rows, shape);
  }

  outcome<list_page> plain(const list_request& request, bool closed) {
    const auto after = position(token_kind::list, request.page_token);
    if (!after)
      return after.error();
    if (*after && !std::holds_alternative<std::int64_t>((*after)->value))
      return bad_request("Invalid NextPageToken.");
    const int size = bounded(request.page_size);
    return page_of(postgres::build_list(request, closed, size + 1, *after),
                   {token_kind::list, size, postgres::sorted_by::start, true});
  }

  outcome<list_page> by_query(const query_request& request) {
    const auto after = position(token_kind::query, request.page_token);
    if (!after)
      return after.error();
    const int size = bounded(request.page_size);
    const auto question = postgres::build_query(request, size + 1, *after);
    if (!question)
      return question.error();
    return page_of(*question, {token_kind::query, size, postgres::sort_of(request.query), request.query.descending});
  }

  outcome<list_page> scan(const query_request& request) {
    const auto after = position(token_kind::scan, request.page_token);
    if (!after)
      return after.error();
    const int size = bounded(request.page_size);
    return page_of(postgres::build_scan(request, size + 1, *after),
                   {token_kind::scan, size, postgres::sorted_by::text, true});
  }

  outcome<std::int64_t> count(const query_request& request) {
    const auto rows = ask(postgres::build_count(request));
    if (!rows)
      return rows.error();
    std::int64_t all = 0;
    for (const auto& one : *rows) {
      CADENZA_ASSERT(one.size() == 1, "a count has an answer");
      all += one.number(0, 0);
    }
    return all;
  }

  outcome<apply_result> apply_all(std::span<const visibility_change> changes) {
    for (const auto& change : changes)
      CADENZA_TRY(check_change(change));
    // Where a removed run was is not known for sure: all databases are told.
    std::vector<std::vector<listed_run>> of(writers_.size());
    std::int64_t removals = 0;
    for (const auto* change : newest_of_each(changes)) {
      auto row = row_of(*change);
      removals += row.removed ? 1 : 0;
      if (row.removed)
        for (auto& rows : of)
          rows.push_back(row);
      else
        of[static_cast<std::size_t>(row.shard) % of.size()].push_back(std::move(row));
    }
    apply_result result;
    result.applied = removals;
    for (std::size_t i = 0; i < of.size(); ++i) {
      const auto done = writers_[i].write(of[i]);
      if (!done)
        return done.error();
      result.applied += done->listed;
      result.applied -= removals - done->removed;
    }
    result.ignored = static_cast<std::int64_t>(changes.size()) - result.applied;
    CADENZA_ASSERT(result.ignored >= 0, "a change of the lists is applied once");
    return result;
  }

  postgres_lists_options options_;
  std::vector<postgres::asker> askers_;
  std::vector<postgres::list_writer> writers_;
};

} // namespace

outcome<std::unique_ptr<postgres_lists>> open_postgres_lists(postgres_lists_options options) {
  CADENZA_ASSERT(!options.databases.empty(), "lists are in at least one database");
  auto made = std::make_unique<lists>(std::move(options));
  CADENZA_TRY(made->connect());
  return std::unique_ptr<postgres_lists>(std::move(made));
}

} // namespace cadenza::storage
