#include "storage/visibility/sqlite/query_sql.hpp"

#include "messages/invariant.hpp"
#include "storage/visibility/query/query_plan.hpp"
#include "storage/visibility/sqlite/run_columns.hpp"

namespace cadenza::storage::visibility {
namespace {

using tree_kind = condition_tree::kind;

constexpr std::size_t parameters_max = 32'766; ///< of one statement of SQLite; what is parsed has fewer parts

std::string column_of(const query_field& field) {
  return field.field == run_field::run_id && field.as_text ? "uuid_text(r.run_id)" : column_of(field.field);
}

sql_value to_sql(const query_value& value) {
  struct convert {
    sql_value operator()(std::monostate) const { return blob_value{}; } // as long as no run's id
    sql_value operator()(const uuid& id) const { return blob_value{id.raw()}; }
    sql_value operator()(std::int64_t number) const { return number; }
    sql_value operator()(double number) const { return number; }
    sql_value operator()(const std::string& text) const { return text; }
  };
  return std::visit(convert{}, value);
}

class builder {
public:
  builder(const checked_query& query, const query_scope& scope)
    : query_(query), scope_(scope), start_(starting_point(query.where)), closedness_(closedness_of(query.where)),
      domain_(add(scope.domain_number)) {
    // The plus keeps SQLite from walking all runs of the domain where the set of runs with some attribute is at hand.
    const bool from_attribute = start_ != nullptr && !start_->field.attribute.empty();
    where_ = (from_attribute ? "+r.domain = " : "r.domain = ") + domain_;
    if (query.needs_execution_time)
      where_ += " AND r.execution_ns > 0";
    if (closedness_ == closedness::closed)
      where_ += " AND r.close_status IS NOT NULL";
    if (query.where.what != tree_kind::always)
      where_ += " AND " + tree(query.where);
  }

  built_sql list(int rows_max, const std::optional<page_position>& after) {
    if (query_.order && query_.order->field != run_field::start_time)
      return list_by(*query_.order, rows_max, after);
    return list_by_start(rows_max, after);
  }

  built_sql scan(int rows_max, const std::optional<page_position>& after) {
    std::string sql = select("r.id") + " WHERE " + where_;
    if (after)
      sql += " AND r.id > " + add(after->value);
    sql += " ORDER BY r.id LIMIT " + add(std::int64_t{rows_max});
    return {std::move(sql), std::move(values_)};
  }

  built_sql count() {
    const std::string sql = "SELECT count(*) AS found FROM runs r WHERE " + where_;
    if (!in_halves())
      return {sql, std::move(values_)};
    return {"SELECT sum(found) FROM (" + sql + open_half + " UNION ALL " + sql + closed_half + ")", std::move(values_)};
  }

private:
  static constexpr const char* open_half = " AND r.close_status IS NULL";
  static constexpr const char* closed_half = " AND r.close_status IS NOT NULL";

  /// The indexes by start time and by type hold either the open or the closed runs. A search through both is two
  /// searches; as one it could only go through all runs by workflow id, all over the file.
  bool in_halves() const { return start_ == nullptr && closedness_ == closedness::any; }

  /// Names a parameter with the value.
  std::string add(sql_value value) {
    values_.push_back(std::move(value));
    CADENZA_ASSERT(values_.size() <= parameters_max, "a query has no more values than the database takes");
    return "?" + std::to_string(values_.size());
  }

  std::string add_value(const query_value& value) { return add(to_sql(value)); }

  static std::string select(const std::string& last_column) {
    return "SELECT " + std::string{info_columns} + ", " + last_column + " AS sort_value FROM runs r";
  }

  built_sql list_by_start(int rows_max, const std::optional<page_position>& after) {
    const std::string direction = query_.descending ? "DESC" : "ASC";
    const std::string beyond = query_.descending ? "<" : ">";
    std::string where = where_;
    if (after) {
      const auto start = add(after->value);
      const auto run = add(blob_value{after->run_id.raw()});
      where += " AND r.start_ns " + beyond + "= " + start + " AND (r.start_ns " + beyond + " " + start +
               " OR r.run_id > " + run + ")";
    }
    std::string sql = select("r.start_ns") + " WHERE " + where;
    // Two ordered searches, merged, read no more than the page.
    if (in_halves())
      sql = sql + open_half + " UNION ALL " + sql + closed_half;
    sql += " ORDER BY 2 " + direction + ", 1 LIMIT " + add(std::int64_t{rows_max});
    return {std::move(sql), std::move(values_)};
  }

  built_sql list_by(const query_field& field, int rows_max, const std::optional<page_position>& after) {
    const std::string direction = query_.descending ? "DESC" : "ASC";
    const std::string runs = select(sort_expression(field)) + " WHERE " + where_;
    std::string sql =
        "SELECT * FROM (" + (in_halves() ? runs + open_half + " UNION ALL " + runs + closed_half : runs) + ")";
    if (after)
      sql += " WHERE " + beyond(*after);
    sql += " ORDER BY sort_value " + direction + " NULLS LAST, run_id LIMIT " + add(std::int64_t{rows_max});
    return {std::move(sql), std::move(values_)};
  }

  /// Runs without a value come last in both directions.
  std::string beyond(const page_position& after) {
    const auto run = add(blob_value{after.run_id.raw()});
    if (std::holds_alternative<std::monostate>(after.value))
      return "(sort_value IS NULL AND run_id > " + run + ")";
    const auto value = add(after.value);
    return std::string{"(sort_value "} + (query_.descending ? "<" : ">") + " " + value + " OR (sort_value = " + value +
           " AND run_id > " + run + ") OR sort_value IS NULL)";
  }

  std::string sort_expression(const query_field& field) {
    if (field.kind == value_kind::domain_id)
      return add(scope_.domain_id.str());
    CADENZA_ASSERT(field.field != run_field::attribute || !field.attribute.empty(), "a custom attribute has a name");
    if (field.attribute.empty())
      return column_of(field);
    // Of several values the one that brings the run furthest to the front counts.
    const bool text = field.kind == value_kind::keyword;
    return std::string{"(SELECT "} + (query_.descending ? "max" : "min") +
           "(a.value) FROM attributes a WHERE a.run = r.id AND a.key = " + add(field.attribute) + " AND a.value " +
           (text ? ">=" : "<") + " '')";
  }

  std::string tree(const condition_tree& node) {
    if (node.what == tree_kind::always)
      return "1";
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
      sql = compare(add(scope_.domain_id.str()), test);
    else if (test.field.attribute.empty())
      sql = compare(column_of(test.field), test);
    else
      sql = attribute(test);
    return test.negated ? "(" + sql + ") IS NOT TRUE" : sql;
  }

  static std::string missing(const condition& test) {
    if (test.field.field != run_field::close_time)
      return test.negated ? "1" : "0";
    return test.negated ? "r.close_status IS NOT NULL" : "r.close_status IS NULL";
  }

  /// Either the set of all runs with such a value, or a look at the values of the run at hand: the set where the search
  /// starts from it or would have to look at every run anyway.
  std::string attribute(const condition& test) {
    const auto key = add(test.field.attribute);
    if (&test == start_ || (start_ == nullptr && !test.negated))
      return "r.id IN (SELECT a.run FROM attributes a WHERE a.domain = " + domain_ + " AND a.key = " + key + " AND " +
             attribute_value(test) + ")";
    return "EXISTS (SELECT 1 FROM attributes a WHERE a.run = r.id AND a.key = " + key + " AND " +
           attribute_value(test) + ")";
  }

  /// Numbers sort before texts in the column that has both: an open end must not reach into the other half.
  std::string attribute_value(const condition& test) {
    std::string sql = "(" + compare("a.value", test) + ")";
    const bool number = !test.values.empty() && is_number(test.values.front());
    const bool upwards = test.test == test_kind::greater || test.test == test_kind::greater_equal;
    const bool downwards = test.test == test_kind::less || test.test == test_kind::less_equal;
    if (number && upwards)
      sql += " AND a.value < ''";
    if (!number && (downwards || test.test == test_kind::like || test.field.kind == value_kind::phrase))
      sql += " AND a.value >= ''";
    return sql;
  }

  std::string compare(const std::string& left, const condition& test) {
    CADENZA_ASSERT(!left.empty(), "a condition is about something that is stored");
    CADENZA_ASSERT(test.values.size() >= (test.test == test_kind::between ? 2U : 1U),
                   "a comparison has what it compares with");
    if (test.field.kind == value_kind::phrase)
      return phrases(left, test);
    switch (test.test) {
    case test_kind::equal: return left + " = " + add_value(test.values[0]);
    case test_kind::less: return left + " < " + add_value(test.values[0]);
    case test_kind::less_equal: return left + " <= " + add_value(test.values[0]);
    case test_kind::greater: return left + " > " + add_value(test.values[0]);
    case test_kind::greater_equal: return left + " >= " + add_value(test.values[0]);
    case test_kind::like: return left + " LIKE " + add_value(test.values[0]) + " ESCAPE '\\'";
    case test_kind::between:
      return left + " BETWEEN " + add_value(test.values[0]) + " AND " + add_value(test.values[1]);
    case test_kind::one_of: return left + " IN (" + join(test.values) + ")";
    case test_kind::missing: break;
    }
    return "0";
  }

  std::string phrases(const std::string& left, const condition& test) {
    std::string sql;
    for (const auto& value : test.values)
      sql += (sql.empty() ? "contains_phrase(" : " OR contains_phrase(") + left + ", " + add_value(value) + ")";
    return sql;
  }

  std::string join(const std::vector<query_value>& values) {
    std::string sql;
    for (const auto& value : values)
      sql += (sql.empty() ? "" : ", ") + add_value(value);
    return sql;
  }

  const checked_query& query_;
  const query_scope& scope_;
  const condition* start_;
  closedness closedness_;
  std::vector<sql_value> values_;
  std::string domain_; ///< the parameter with the domain's number
  std::string where_;
};

} // namespace

built_sql build_list(const checked_query& query, const query_scope& scope, int rows_max,
                     const std::optional<page_position>& after) {
  return builder{query, scope}.list(rows_max, after);
}

built_sql build_scan(const checked_query& query, const query_scope& scope, int rows_max,
                     const std::optional<page_position>& after) {
  return builder{query, scope}.scan(rows_max, after);
}

built_sql build_count(const checked_query& query, const query_scope& scope) { return builder{query, scope}.count(); }

} // namespace cadenza::storage::visibility
