#include "storage/visibility/query/query_check.hpp"

#include "messages/invariant.hpp"
#include "messages/utf8.hpp"
#include "storage/visibility/query/query_values.hpp"

#include <utility>

namespace cadenza::storage::visibility {
namespace {

namespace api = uber::cadence::api::v1;

/// Bounds the SQL that a query becomes.
constexpr int conditions_max = 500;
constexpr int nesting_max = 20;
constexpr std::size_t pattern_bytes_max = 4096; // values are shorter, and what it costs grows with its square

struct system_field {
  std::string_view name;
  value_kind kind;
  run_field field;
  bool nullable;
};

constexpr system_field system_fields[] = {
    {"DomainID", value_kind::domain_id, run_field::domain_id, false},
    {"WorkflowID", value_kind::keyword, run_field::workflow_id, false},
    {"RunID", value_kind::run_id, run_field::run_id, false},
    {"WorkflowType", value_kind::keyword, run_field::type, false},
    {"StartTime", value_kind::time, run_field::start_time, false},
    {"ExecutionTime", value_kind::time, run_field::execution_time, false},
    {"CloseTime", value_kind::time, run_field::close_time, true},
    {"CloseStatus", value_kind::close_status, run_field::close_status, true},
    {"HistoryLength", value_kind::integer, run_field::history_length, true},
    {"TaskList", value_kind::keyword, run_field::task_list, false},
    {"IsCron", value_kind::boolean, run_field::is_cron, false},
    {"NumClusters", value_kind::integer, run_field::num_clusters, false},
    {"UpdateTime", value_kind::time, run_field::update_time, false},
    {"CronSchedule", value_kind::keyword, run_field::cron_schedule, false},
    {"ExecutionStatus", value_kind::execution_status, run_field::execution_status, false},
    {"ScheduledExecutionTime", value_kind::time, run_field::scheduled_time, false},
    {"ClusterAttributeScope", value_kind::keyword, run_field::cluster_scope, false},
    {"ClusterAttributeName", value_kind::keyword, run_field::cluster_name, false},
};

value_kind kind_of(api::IndexedValueType type) {
  switch (type) {
  case api::INDEXED_VALUE_TYPE_STRING: return value_kind::phrase;
  case api::INDEXED_VALUE_TYPE_INT: return value_kind::integer;
  case api::INDEXED_VALUE_TYPE_DOUBLE: return value_kind::real;
  case api::INDEXED_VALUE_TYPE_BOOL: return value_kind::boolean;
  case api::INDEXED_VALUE_TYPE_DATETIME: return value_kind::datetime;
  default: return value_kind::keyword;
  }
}

error unparsable(std::string why) { return bad_request("Error when parse query: " + std::move(why)); }

bool is_literal(const expression& e) {
  return e.kind == expression_kind::text || e.kind == expression_kind::integer || e.kind == expression_kind::decimal ||
         e.kind == expression_kind::boolean;
}

bool is_text(value_kind kind) {
  return kind == value_kind::keyword || kind == value_kind::phrase || kind == value_kind::run_id ||
         kind == value_kind::domain_id;
}

bool is_order(test_kind test) {
  return test == test_kind::less || test == test_kind::less_equal || test == test_kind::greater ||
         test == test_kind::greater_equal || test == test_kind::between;
}

struct test_form {
  test_kind test;
  bool negated;
};

std::optional<test_form> form_of(comparison_kind comparison) {
  switch (comparison) {
  case comparison_kind::equal: return test_form{test_kind::equal, false};
  case comparison_kind::not_equal: return test_form{test_kind::equal, true};
  case comparison_kind::less: return test_form{test_kind::less, false};
  case comparison_kind::less_equal: return test_form{test_kind::less_equal, false};
  case comparison_kind::greater: return test_form{test_kind::greater, false};
  case comparison_kind::greater_equal: return test_form{test_kind::greater_equal, false};
  case comparison_kind::in: return test_form{test_kind::one_of, false};
  case comparison_kind::not_in: return test_form{test_kind::one_of, true};
  case comparison_kind::like: return test_form{test_kind::like, false};
  case comparison_kind::not_like: return test_form{test_kind::like, true};
  case comparison_kind::other: break;
  }
  return std::nullopt;
}

class checker {
public:
  explicit checker(const workflow::attribute_types& valid) : valid_(valid) {}

  outcome<checked_query> run(const parsed_query& query) {
    checked_query checked;
    if (query.where) {
      auto where = tree(*query.where, condition_tree::kind::always, 0);
      if (!where)
        return where.error();
      checked.where = std::move(*where);
    }
    CADENZA_TRY(order(query.order, checked));
    checked.needs_execution_time = execution_time_;
    return checked;
  }

private:
  outcome<condition_tree> tree(const expression& e, condition_tree::kind parent, int depth) {
    switch (e.kind) {
    case expression_kind::parens: return tree(e.operands.front(), parent, depth);
    case expression_kind::all_of: return branch(e, condition_tree::kind::all_of, parent, depth);
    case expression_kind::any_of: return branch(e, condition_tree::kind::any_of, parent, depth);
    case expression_kind::comparison: return comparison(e);
    case expression_kind::range: return range(e);
    default: return bad_request("invalid where clause");
    }
  }

  /// Children of the same kind are taken in, so that only real alternation counts as depth.
  outcome<condition_tree> branch(const expression& e, condition_tree::kind kind, condition_tree::kind parent,
                                 int depth) {
    depth += kind == parent ? 0 : 1;
    if (depth > nesting_max)
      return unparsable("nested too deeply");
    CADENZA_ASSERT(e.operands.size() >= 2, "AND and OR join two conditions or more");
    condition_tree made;
    made.what = kind;
    for (const auto& operand : e.operands) {
      auto child = tree(operand, kind, depth);
      if (!child)
        return child.error();
      if (child->what == kind)
        for (auto& grandchild : child->children)
          made.children.push_back(std::move(grandchild));
      else
        made.children.push_back(std::move(*child));
    }
    return made;
  }

  std::optional<query_field> field(std::string_view name) const {
    // Clients may write a custom attribute as it is called inside the index, in backquotes.
    constexpr std::string_view prefix = "Attr.";
    const bool prefixed = name.starts_with(prefix) && !valid_.contains(name);
    if (prefixed)
      name.remove_prefix(prefix.size());
    const auto known = valid_.find(name);
    if (known == valid_.end() || (prefixed && workflow::is_system_attribute(name)))
      return std::nullopt;
    for (const auto& system : system_fields)
      if (system.name == name)
        return query_field{system.kind, system.field, {}, system.nullable};
    return query_field{kind_of(known->second), run_field::attribute, std::string{name}, true};
  }

  outcome<query_field> field_of(const expression& left, const char* otherwise) {
    if (left.kind != expression_kind::column)
      return bad_request(otherwise);
    auto found = field(left.text);
    if (!found)
      return bad_request("invalid search attribute \"" + utf8::excerpt(left.text) + "\"");
    execution_time_ = execution_time_ || found->field == run_field::execution_time;
    return std::move(*found);
  }

  outcome<condition_tree> comparison(const expression& e) {
    CADENZA_ASSERT(e.operands.size() == 2, "a comparison has two sides");
    const auto& name = e.operands[0];
    const auto& right = e.operands[1];
    auto target = field_of(name, "invalid comparison expression");
    if (!target)
      return target.error();
    const auto form = form_of(e.comparison);
    if (!form)
      return unparsable("operator is not supported");
    if (right.kind == expression_kind::column)
      return missing(name.text, *target, right.text, *form);
    if (form->test == test_kind::like)
      return like(name.text, std::move(*target), right, form->negated);
    const std::vector<expression> single{right};
    const bool several = form->test == test_kind::one_of;
    return condition_on(name.text, std::move(*target), *form, several ? right.operands : single);
  }

  outcome<condition_tree> range(const expression& e) {
    CADENZA_ASSERT(e.operands.size() == 3, "a range has a lower and an upper end");
    auto target = field_of(e.operands[0], "invalid range expression");
    if (!target)
      return target.error();
    return condition_on(e.operands[0].text, std::move(*target), {test_kind::between, e.negated},
                        {e.operands[1], e.operands[2]});
  }

  outcome<condition_tree> missing(const std::string& name, const query_field& target, const std::string& value,
                                  test_form form) {
    if (value != "missing" || form.test != test_kind::equal)
      return unparsable("column name on the right side of compare operator is not supported");
    if (name != "CloseTime" && name != "StartTime")
      return unparsable("missing is only supported for CloseTime and StartTime");
    return leaf({target, test_kind::missing, form.negated, {}});
  }

  outcome<condition_tree> like(const std::string& name, query_field target, const expression& right, bool negated) {
    if (!is_text(target.kind))
      return unparsable("like is not supported for " + name);
    if (right.kind != expression_kind::text)
      return unparsable("like needs a text");
    if (right.text.find_first_not_of(" \t\r\n") == std::string::npos)
      return condition_tree{};
    if (right.text.size() > pattern_bytes_max)
      return unparsable("like is given a pattern of " + std::to_string(right.text.size()) + " bytes; at most " +
                        std::to_string(pattern_bytes_max) + " are allowed");
    as_plain_text(target);
    // Clients know LIKE as "begins with": the index adds a wildcard at the end.
    return leaf({std::move(target), test_kind::like, negated, {query_value{right.text + "%"}}});
  }

  outcome<condition_tree> condition_on(const std::string& name, query_field target, test_form form,
                                       const std::vector<expression>& literals) {
    if (target.kind == value_kind::boolean && is_order(form.test))
      return unparsable(name + " has no order");
    if (is_order(form.test))
      as_plain_text(target);
    condition made{std::move(target), form.test, form.negated, {}};
    for (const auto& literal : literals) {
      if (!is_literal(literal))
        return unparsable("invalid value for " + name);
      auto value = literal_value(literal, made.field.kind);
      if (!value)
        return unparsable("invalid value \"" + utf8::excerpt(literal.text) + "\" for " + name);
      made.values.push_back(std::move(*value));
    }
    return leaf(std::move(made));
  }

  /// Order and wildcards compare the text itself, not the words in it nor the bytes of an id.
  static void as_plain_text(query_field& target) {
    if (target.kind == value_kind::run_id)
      target.as_text = true;
    if (is_text(target.kind) && target.kind != value_kind::domain_id)
      target.kind = value_kind::keyword;
  }

  outcome<condition_tree> leaf(condition test) {
    conditions_ += test.field.kind == value_kind::phrase ? static_cast<int>(test.values.size()) : 1;
    if (conditions_ > conditions_max)
      return unparsable("too many conditions");
    CADENZA_ASSERT(test.values.empty() == (test.test == test_kind::missing),
                   "a condition has values unless it asks for none");
    condition_tree made;
    made.what = condition_tree::kind::single;
    made.test = std::move(test);
    return made;
  }

  outcome<void> order(const std::vector<sort_term>& terms, checked_query& checked) {
    for (const auto& term : terms) {
      if (term.by.kind != expression_kind::column)
        return bad_request("invalid order by expression");
      auto by = field(term.by.text);
      if (!by)
        return bad_request("invalid order by attribute");
      checked.order = std::move(by);
      checked.descending = term.descending;
    }
    if (terms.size() > 1)
      return unparsable("only one field can be used to sort");
    if (checked.order && checked.order->kind == value_kind::phrase)
      return unparsable("not able to sort by IndexedValueTypeString field, use IndexedValueTypeKeyword field");
    return {};
  }

  const workflow::attribute_types& valid_;
  int conditions_ = 0;
  bool execution_time_ = false;
};

} // namespace

outcome<checked_query> check_query(const parsed_query& query, const workflow::attribute_types& valid) {
  return checker{valid}.run(query);
}

outcome<checked_query> read_query(std::string text, const workflow::attribute_types& valid) {
  const auto parsed = parse_query(text);
  if (!parsed)
    return parsed.error();
  auto checked = check_query(*parsed, valid);
  if (checked)
    checked->text = std::move(text);
  return checked;
}

} // namespace cadenza::storage::visibility
