#include "storage/visibility/postgres/query_sql.hpp"

#include "messages/invariant.hpp"
#include "storage/visibility/query/query_plan.hpp"
#include "storage/visibility/rows/listed_rows.hpp"

namespace cadenza::storage::visibility::postgres {
namespace {

using tree_kind = condition_tree::kind;

constexpr std::size_t parameters_max = 65'535; ///< of one statement of PostgreSQL; what is parsed has fewer parts

constexpr const char* columns =
    "r.run_id, r.start_ns, r.workflow_id, (r.close_status IS NOT NULL)::int AS closed, r.execution_status, r.record";
constexpr const char* open_half = " AND r.close_status IS NULL";
constexpr const char* closed_half = " AND r.close_status IS NOT NULL";
/// Indexes have the beginnings of texts.
constexpr const char* head_size = ", 200)";

std::string head(const std::string& text) { return "left(" + text + head_size; }

std::string column_of(const query_field& field) {
  return field.field == run_field::run_id && field.as_text ? "r.run_id::text COLLATE \"C\"" : column_of(field.field);
}

/// Whether an index has the beginning of the field.
bool has_head(const query_field& field) {
  return field.field == run_field::workflow_id || field.field == run_field::type || field.field == run_field::attribute;
}

bool is_time_or_number(run_field field) {
  switch (field) {
  case run_field::start_time:
  case run_field::execution_time:
  case run_field::close_time:
  case run_field::close_status:
  case run_field::history_length:
  case run_field::is_cron:
  case run_field::num_clusters:
  case run_field::update_time:
  case run_field::execution_status:
  case run_field::scheduled_time: return true;
  default: return false;
  }
}

class builder {
public:
  explicit builder(const query_request& request)
    : query_(request.query), domain_id_(request.domain_id), start_(starting_point(query_.where)),
      closedness_(closedness_of(query_.where)), domain_(add(domain_id_.str(), "uuid")) {
    where_ = "r.domain_id = " + domain_;
    if (query_.needs_execution_time)
      where_ += " AND r.execution_ns > 0";
    if (closedness_ == closedness::closed)
      where_ += closed_half;
    if (query_.where.what != tree_kind::always)
      where_ += " AND " + tree(query_.where);
  }

  built_sql list_by_start(int rows_max, const std::optional<page_position>& after) {
    const std::string direction = query_.descending ? " DESC" : " ASC";
    const std::string beyond = query_.descending ? "<" : ">";
    std::string where = where_;
    if (after) {
      const auto start = add(std::to_string(std::get<std::int64_t>(after->value)), "bigint");
      const auto run = add(after->run_id.str(), "uuid");
      where += " AND r.start_ns " + beyond + "= " + start + " AND (r.start_ns " + beyond + " " + start +
               " OR r.run_id > " + run + ")";
    }
    const auto one = "SELECT " + std::string(columns) + ", r.start_ns::text FROM cadenza_listed r WHERE " + where;
    const auto order = " ORDER BY 2" + direction + ", 1 LIMIT " + std::to_string(rows_max);
    // Two ordered searches, each of which reads no more than a page.
    auto sql = in_halves() ? "(" + one + open_half + order + ") UNION ALL (" + one + closed_half + order + ")" : one;
    return {sql + order, std::move(values_)};
  }

  built_sql list_by(const query_field& field, int rows_max, const std::optional<page_position>& after) {
    const bool text = sort_of(query_) == sorted_by::text;
    const std::string value = text ? "sort_value COLLATE \"C\"" : "sort_value";
    const auto runs = "SELECT " + std::string(columns) + ", " + sort_expression(field) +
                      " AS sort_value FROM cadenza_listed r WHERE " + where_;
    auto sql = "SELECT run_id, start_ns, workflow_id, closed, execution_status, record, sort_value::text AS shown"
               " FROM (" +
               (in_halves() ? runs + open_half + " UNION ALL " + runs + closed_half : runs) + ") AS found";
    if (after)
      sql += " WHERE " + beyond(*after, value, text);
    sql += " ORDER BY " + value + (query_.descending ? " DESC" : " ASC") + " NULLS LAST, run_id LIMIT " +
           std::to_string(rows_max);
    return {std::move(sql), std::move(values_)};
  }

  built_sql scan(int rows_max, const std::optional<page_position>& after) {
    auto sql = "SELECT " + std::string(columns) + ", NULL::text FROM cadenza_listed r WHERE " + where_;
    if (after)
      sql += " AND r.run_id > " + add(after->run_id.str(), "uuid");
    sql += " ORDER BY r.run_id LIMIT " + std::to_string(rows_max);
    return {std::move(sql), std::move(values_)};
  }

  built_sql count() { return {"SELECT count(*) FROM cadenza_listed r WHERE " + where_, std::move(values_)}; }

private:
  /// The indexes by start time and by type hold either the open or the closed runs: a search through both is two.
  bool in_halves() const { return start_ == nullptr && closedness_ == closedness::any; }

  /// Names a parameter with the value.
  std::string add(std::optional<std::string> value, const char* type) {
    values_.push_back(std::move(value));
    CADENZA_ASSERT(values_.size() <= parameters_max, "a query has no more values than the database takes");
    return "$" + std::to_string(values_.size()) + "::" + type;
  }

  std::string add_value(const query_value& value, bool of_run_id) {
    if (std::holds_alternative<std::monostate>(value)) // equals no run
      return add(std::nullopt, of_run_id ? "uuid" : "text");
    if (const auto* id = std::get_if<uuid>(&value))
      return add(id->str(), "uuid");
    if (const auto* whole = std::get_if<std::int64_t>(&value))
      return add(std::to_string(*whole), "bigint");
    if (const auto* number = std::get_if<double>(&value))
      return add(decimal(*number), "numeric");
    return add(storable_text(std::get<std::string>(value)), "text");
  }

  std::string add_value(const query_value& value, const query_field& field) {
    return add_value(value, field.field == run_field::run_id && !field.as_text);
  }

  /// Runs without a value come last in both directions.
  std::string beyond(const page_position& after, const std::string& value, bool text) {
    const auto run = add(after.run_id.str(), "uuid");
    const auto* place = std::get_if<std::string>(&after.value);
    if (place == nullptr)
      return "(sort_value IS NULL AND run_id > " + run + ")";
    const auto where = add(*place, text ? "text" : "numeric");
    return "(" + value + (query_.descending ? " < " : " > ") + where + " OR (" + value + " = " + where +
           " AND run_id > " + run + ") OR sort_value IS NULL)";
  }

  std::string sort_expression(const query_field& field) {
    if (field.kind == value_kind::domain_id)
      return add(domain_id_.str(), "text");
    if (field.field == run_field::run_id)
      return "r.run_id::text";
    if (field.field != run_field::attribute)
      return column_of(field);
    CADENZA_ASSERT(!field.attribute.empty(), "a custom attribute has a name");
    // Of several values the one that brings the run furthest to the front counts.
    return std::string("(SELECT ") + (query_.descending ? "max" : "min") +
           (field.kind == value_kind::keyword ? "(a.value)" : "(a.number)") + of_run(field) + ")";
  }

  /// The values that the run at hand has of an attribute.
  std::string of_run(const query_field& field) {
    return " FROM cadenza_listed_attributes a WHERE a.domain_id = r.domain_id AND a.run_id = r.run_id AND a.key = " +
           add(storable_text(field.attribute), "text");
  }

  std::string tree(const condition_tree& node) {
    if (node.what == tree_kind::always)
      return "true";
    if (node.what == tree_kind::single)
      return test(node.test);
    CADENZA_ASSERT(!node.children.empty(), "conditions that are joined are some");
    std::string sql = "(";
    for (const auto& child : node.children) {
      if (sql.size() > 1)
        sql += node.what == tree_kind::all_of ? " AND " : " OR ";
      sql += tree(child);
    }
    return sql + ")";
  }

  std::string test(const condition& test) {
    if (test.test == test_kind::missing)
      return missing(test);
    std::string sql;
    if (test.field.kind == value_kind::domain_id)
      sql = compare("(" + add(domain_id_.str(), "text") + " COLLATE \"C\")", test);
    else if (test.field.attribute.empty())
      sql = compare(column_of(test.field), test);
    else
      sql = attribute(test);
    return test.negated ? "(" + sql + ") IS NOT TRUE" : sql;
  }

  static std::string missing(const condition& test) {
    if (test.field.field != run_field::close_time)
      return test.negated ? "true" : "false";
    return test.negated ? "r.close_status IS NOT NULL" : "r.close_status IS NULL";
  }

  /// Either the set of all runs with such a value, or a look at the values of the run at hand: the set where the search
  /// starts from it or would have to look at every run anyway.
  std::string attribute(const condition& test) {
    CADENZA_ASSERT(!test.values.empty(), "a condition on an attribute has a value");
    const auto found = "(" + compare(is_number(test.values.front()) ? "a.number" : "a.value", test) + ")";
    if (&test == start_ || (start_ == nullptr && !test.negated))
      return "r.run_id IN (SELECT a.run_id FROM cadenza_listed_attributes a WHERE a.domain_id = " + domain_ +
             " AND a.key = " + add(storable_text(test.field.attribute), "text") + " AND " + found + ")";
    return "EXISTS (SELECT 1" + of_run(test.field) + " AND " + found + ")";
  }

  std::string compare(const std::string& left, const condition& test) {
    CADENZA_ASSERT(!left.empty(), "a condition is about something that is stored");
    CADENZA_ASSERT(test.values.size() >= (test.test == test_kind::between ? 2U : 1U),
                   "a comparison has what it compares with");
    if (test.field.kind == value_kind::phrase)
      return phrases(left, test);
    switch (test.test) {
    case test_kind::equal: return beside(left, " = ", test);
    case test_kind::less: return beside(left, " < ", test);
    case test_kind::less_equal: return beside(left, " <= ", test);
    case test_kind::greater: return beside(left, " > ", test);
    case test_kind::greater_equal: return beside(left, " >= ", test);
    case test_kind::like: return like(left, test);
    case test_kind::between: return between(left, test);
    case test_kind::one_of: return one_of(left, test);
    case test_kind::missing: break;
    }
    return "false";
  }

  /// Whether a condition on the beginnings narrows the search in an index.
  static bool by_head(const condition& test) {
    return has_head(test.field) && std::holds_alternative<std::string>(test.values.front());
  }

  std::string beside(const std::string& left, const std::string& sign, const condition& test) {
    const auto right = add_value(test.values[0], test.field);
    auto sql = left + sign + right;
    if (by_head(test)) // texts are in the order of their beginnings, but for those that have the same
      sql += " AND " + head(left) + (sign == " < " ? " <= " : sign == " > " ? " >= " : sign) + head(right);
    return sql;
  }

  std::string like(const std::string& left, const condition& test) {
    const auto& value = test.values[0];
    if (!std::holds_alternative<std::string>(value))
      return "false";
    return "(" + left + ")::text COLLATE \"C\" ILIKE " + add_value(value, test.field) + " ESCAPE '\\'";
  }

  std::string between(const std::string& left, const condition& test) {
    const auto low = add_value(test.values[0], test.field);
    const auto high = add_value(test.values[1], test.field);
    auto sql = left + " BETWEEN " + low + " AND " + high;
    if (by_head(test))
      sql += " AND " + head(left) + " BETWEEN " + head(low) + " AND " + head(high);
    return sql;
  }

  std::string one_of(const std::string& left, const condition& test) {
    std::string all;
    std::string heads;
    for (const auto& value : test.values) {
      const auto one = add_value(value, test.field);
      all += (all.empty() ? "" : ", ") + one;
      heads += (heads.empty() ? "" : ", ") + head(one);
    }
    auto sql = left + " IN (" + all + ")";
    if (by_head(test))
      sql += " AND " + head(left) + " IN (" + heads + ")";
    return sql;
  }

  std::string phrases(const std::string& left, const condition& test) {
    std::string sql;
    for (const auto& value : test.values) {
      const auto* text = std::get_if<std::string>(&value);
      const auto pattern = text != nullptr ? phrase_pattern(storable_text(*text)) : std::nullopt;
      sql += (sql.empty() ? "" : " OR ") + (pattern ? left + " ~* " + add(*pattern, "text") : std::string("false"));
    }
    return sql;
  }

  const checked_query& query_;
  const uuid& domain_id_;
  const condition* start_;
  closedness closedness_;
  std::vector<std::optional<std::string>> values_;
  std::string domain_; ///< the parameter with the domain's id
  std::string where_;
};

} // namespace

sorted_by sort_of(const checked_query& query) {
  if (!query.order || query.order->field == run_field::start_time)
    return sorted_by::start;
  const auto& field = *query.order;
  if (field.field == run_field::attribute && field.kind != value_kind::domain_id)
    return field.kind == value_kind::keyword ? sorted_by::text : sorted_by::number;
  return is_time_or_number(field.field) ? sorted_by::number : sorted_by::text;
}

outcome<built_sql> build_query(const query_request& request, int rows_max, const std::optional<page_position>& after) {
  const auto sort = sort_of(request.query);
  if (after) {
    const auto& value = after->value;
    const auto* text = std::get_if<std::string>(&value);
    const bool none = std::holds_alternative<std::monostate>(value);
    const bool fits = sort == sorted_by::start ? std::holds_alternative<std::int64_t>(value)
                      : sort == sorted_by::number
                          ? none || (text != nullptr && is_decimal(*text))
                          : none || (text != nullptr && storable_text(original_text(*text)) == *text);
    if (!fits)
      return bad_request("Invalid NextPageToken.");
  }
  builder made(request);
  if (sort == sorted_by::start)
    return made.list_by_start(rows_max, after);
  return made.list_by(*request.query.order, rows_max, after);
}

built_sql build_scan(const query_request& request, int rows_max, const std::optional<page_position>& after) {
  return builder(request).scan(rows_max, after);
}

built_sql build_count(const query_request& request) { return builder(request).count(); }

built_sql build_list(const list_request& request, bool closed, int rows_max,
                     const std::optional<page_position>& after) {
  built_sql out;
  out.values = {request.domain_id.str(), std::to_string(request.earliest_ns), std::to_string(request.latest_ns)};
  out.sql = "SELECT " + std::string(columns) + ", r.start_ns::text FROM cadenza_listed r WHERE r.domain_id = $1::uuid" +
            (closed ? closed_half : open_half) + " AND r.start_ns BETWEEN $2::bigint AND $3::bigint";
  const auto by_text = [&out](const std::string& column, const std::string& value) {
    out.values.emplace_back(storable_text(value));
    const auto name = "$" + std::to_string(out.values.size()) + "::text";
    out.sql += " AND " + column + " = " + name + " AND " + head(column) + " = " + head(name);
  };
  switch (request.filter.what) {
  case list_filter::by::nothing: break;
  case list_filter::by::workflow_id: by_text("r.workflow_id", request.filter.text); break;
  case list_filter::by::type: by_text("r.type", request.filter.text); break;
  case list_filter::by::status:
    // The wire numbers statuses from 1, rows from 0.
    out.sql += " AND r.close_status = " + std::to_string(static_cast<int>(request.filter.status) - 1);
    break;
  }
  if (after) {
    out.values.emplace_back(std::to_string(std::get<std::int64_t>(after->value)));
    const auto start = "$" + std::to_string(out.values.size()) + "::bigint";
    out.values.emplace_back(after->run_id.str());
    out.sql += " AND r.start_ns <= " + start + " AND (r.start_ns < " + start + " OR r.run_id > $" +
               std::to_string(out.values.size()) + "::uuid)";
  }
  out.sql += " ORDER BY r.start_ns DESC, r.run_id LIMIT " + std::to_string(rows_max);
  return out;
}

} // namespace cadenza::storage::visibility::postgres
