#pragma once

#include "messages/outcome.hpp"
#include "messages/uuid.hpp"
#include "storage/visibility/query/query_parser.hpp"
#include "workflow/search_attributes.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// A query whose names exist and whose values have the types of what they are compared with.
namespace cadenza::storage::visibility {

/// How values are written in queries and compared.
enum class value_kind {
  keyword,
  phrase, ///< found when the value contains the words
  integer,
  real,
  boolean,
  time,     ///< nanoseconds or RFC 3339
  datetime, ///< of custom attributes: also dates, and milliseconds when the number is short
  close_status,
  execution_status,
  run_id,
  domain_id,
};

/// What is known of every run, in the words of no database.
enum class run_field {
  attribute, ///< none of them: a custom attribute
  domain_id,
  workflow_id,
  run_id,
  type,
  start_time,
  execution_time,
  close_time,
  close_status, ///< numbered as queries number them, from 0
  history_length,
  task_list,
  is_cron,
  num_clusters,
  update_time,
  cron_schedule,
  execution_status,
  scheduled_time,
  cluster_scope,
  cluster_name,
};

/// A value that a field is compared with; none: equals no run. Times are nanoseconds, booleans 0 and 1.
using query_value = std::variant<std::monostate, std::int64_t, double, std::string, uuid>;

/// What a condition or an order is about.
struct query_field {
  value_kind kind{};
  run_field field = run_field::attribute;
  std::string attribute; ///< key of a custom attribute
  bool nullable = false; ///< some runs have no value
  bool as_text = false;  ///< of a run id: its text is compared, not the id
};

enum class test_kind {
  equal,
  less,
  less_equal,
  greater,
  greater_equal,
  one_of,
  like,
  between,
  missing,
};

struct condition {
  query_field field;
  test_kind test{};
  bool negated = false; ///< true also for runs that have no value at all
  std::vector<query_value> values;
};

struct condition_tree {
  enum class kind { all_of, any_of, single, always };
  kind what = kind::always;
  std::vector<condition_tree> children; ///< of all_of and any_of; never of the same kind as their parent
  condition test;                       ///< of single
};

struct checked_query {
  std::string text; ///< as it was asked, for whoever asks another server
  condition_tree where;
  std::optional<query_field> order; ///< nothing: newest start first
  bool descending = true;
  bool needs_execution_time = false; ///< a condition on it leaves out runs that have none
};

/// bad_request, in the words clients know, for a name that is not in `valid`, a value that is not of the type, and
/// whatever a query may not contain.
[[nodiscard]] outcome<checked_query> check_query(const parsed_query& query, const workflow::attribute_types& valid);

/// The same of a text: the WHERE part of a SELECT, an ORDER BY, both or nothing.
[[nodiscard]] outcome<checked_query> read_query(std::string text, const workflow::attribute_types& valid);

} // namespace cadenza::storage::visibility
