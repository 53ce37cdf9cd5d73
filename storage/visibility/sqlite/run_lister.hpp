#pragma once

#include "storage/visibility/rows/page_token.hpp"
#include "storage/visibility/sqlite/domain_numbers.hpp"
#include "storage/visibility/sqlite/sqlite.hpp"
#include "storage/visibility/visibility_store.hpp"

#include <array>

namespace cadenza::storage::visibility {

/// Answers lists from one connection, which must outlive it. Semantics: see visibility_reader.
class run_lister {
public:
  run_lister(connection& on, std::int64_t query_steps_max) : on_(&on), query_steps_max_(query_steps_max) {}

  [[nodiscard]] outcome<list_page> list_open(const list_request& request);
  [[nodiscard]] outcome<list_page> list_closed(const list_request& request);
  [[nodiscard]] outcome<list_page> list_by_query(const query_request& request);
  [[nodiscard]] outcome<list_page> scan_by_query(const query_request& request);
  [[nodiscard]] outcome<std::int64_t> count_by_query(const query_request& request);

private:
  [[nodiscard]] outcome<list_page> list(const list_request& request, bool closed);
  [[nodiscard]] outcome<statement*> list_statement(list_filter::by what, bool closed);
  [[nodiscard]] outcome<list_page> query_page(const query_request& request, token_kind kind);

  connection* on_;
  std::int64_t query_steps_max_;
  domain_numbers domains_;
  std::array<std::array<statement, 4>, 2> lists_; ///< by closedness and filter; prepared when first used
};

/// The statement behind a plain list; parameters: domain, earliest, latest, run id to start after, limit, filter.
[[nodiscard]] std::string list_sql(list_filter::by what, bool closed);

} // namespace cadenza::storage::visibility
