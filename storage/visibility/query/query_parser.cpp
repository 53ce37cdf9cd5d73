#include "storage/visibility/query/query_parser.hpp"

#include "messages/invariant.hpp"
#include "messages/utf8.hpp"
#include "storage/visibility/query/query_lexer.hpp"

#include <algorithm>
#include <utility>

namespace cadenza::storage::visibility {
namespace {

constexpr std::size_t text_bytes_max = 256 << 10;
constexpr int depth_max = 100; ///< of parentheses and prefix operators
constexpr std::size_t expressions_max = 20'000;

/// Words that end an expression and so can never be a name.
bool reserved(const token& word) {
  for (const std::string_view name :
       {"and",    "or",     "not",   "between", "in",    "like",   "is",   "order", "by",
        "asc",    "desc",   "limit", "offset",  "union", "select", "from", "where", "group",
        "having", "regexp", "rlike", "case",    "when",  "exists", "div",  "mod",   "xor"})
    if (word.is_word(name))
      return true;
  return false;
}

/// Where a query broke, for its writer: the character, counted from 1, and what stands there.
std::string place_of(std::string_view text, const std::vector<token>& tokens, std::size_t broken) {
  constexpr std::size_t shown_max = 20;
  const auto at = broken < tokens.size() ? tokens[broken].at : text.size();
  if (at >= text.size())
    return " Something is missing at its end.";
  std::size_t character = 1;
  for (std::size_t byte = 1; byte <= at; ++byte)
    character += utf8::continues(text[byte]) ? 0 : 1;
  return " It breaks at character " + std::to_string(character) + ", before " +
         utf8::shortened(text.substr(at), shown_max);
}

/// Recursive descent over the tokens. A rule that finds something else than it must sets `failed_` and returns
/// whatever it has; everybody above gives up.
class parser {
public:
  parser(std::string_view text, std::vector<token> tokens) : text_(text), tokens_(std::move(tokens)) {
    CADENZA_ASSERT(!tokens_.empty() && tokens_.back().type == token_type::end, "the words of a query end with its end");
  }

  outcome<parsed_query> run() {
    parsed_query query;
    if (peek().type == token_type::end)
      return query;
    if (!at_order_by())
      query.where = disjunction();
    if (!failed_ && peek().is_word("union"))
      return bad_request("Invalid select query.");
    if (!failed_ && at_order_by())
      query.order = order_by();
    if (!failed_ && accept_word("limit"))
      limit();
    accept_symbol(";");
    fail_if(peek().type != token_type::end);
    CADENZA_ASSERT(depth_ == 0, "whatever was entered while reading a query was left");
    if (failed_)
      return bad_request("Invalid query." +
                         (why_.empty() ? place_of(text_, tokens_, broken_at_) : " " + std::string{why_} + "."));
    return query;
  }

private:
  const token& peek(std::size_t ahead = 0) const {
    return tokens_[at_ + ahead < tokens_.size() ? at_ + ahead : tokens_.size() - 1];
  }
  token take() { return at_ < tokens_.size() ? std::move(tokens_[at_++]) : token{}; }
  bool at_order_by() const { return peek().is_word("order") && peek(1).is_word("by"); }

  bool accept_word(std::string_view word) {
    const bool there = peek().is_word(word);
    at_ += there ? 1 : 0;
    return there;
  }
  bool accept_symbol(std::string_view symbol) {
    const bool there = peek().is_symbol(symbol);
    at_ += there ? 1 : 0;
    return there;
  }
  void expect_symbol(std::string_view symbol) { fail_if(!failed_ && !accept_symbol(symbol)); }

  /// Remembers the first thing that could not be, for which `at_` stands, and why when that cannot be seen from it.
  void fail_if(bool broken, std::string_view why = {}) {
    if (!broken || failed_)
      return;
    failed_ = true;
    broken_at_ = at_;
    why_ = why;
  }

  expression make(expression_kind kind, std::string text = {}) {
    // One number bounds what a query may cost later, however it is written.
    fail_if(++made_ > expressions_max, "It has too many parts");
    expression made;
    made.kind = kind;
    made.text = std::move(text);
    return made;
  }
  expression make(expression_kind kind, expression first) {
    auto made = make(kind);
    made.operands.push_back(std::move(first));
    return made;
  }

  expression disjunction() {
    auto first = conjunction();
    if (!peek().is_word("or") && !peek().is_symbol("||"))
      return first;
    auto all = make(expression_kind::any_of, std::move(first));
    while (!failed_ && (accept_word("or") || accept_symbol("||")))
      all.operands.push_back(conjunction());
    return all;
  }

  expression conjunction() {
    auto first = negation();
    if (!peek().is_word("and") && !peek().is_symbol("&&"))
      return first;
    auto all = make(expression_kind::all_of, std::move(first));
    while (!failed_ && (accept_word("and") || accept_symbol("&&")))
      all.operands.push_back(negation());
    return all;
  }

  expression negation() {
    if (!accept_word("not"))
      return predicate();
    const deeper one{*this};
    return failed_ ? expression{} : make(expression_kind::other, negation());
  }

  expression predicate() {
    auto left = sum();
    if (failed_)
      return left;
    if (const auto comparison = accept_comparison())
      return compare(std::move(left), *comparison, sum());
    const bool negated = accept_word("not");
    if (accept_word("in"))
      return compare(std::move(left), negated ? comparison_kind::not_in : comparison_kind::in, list());
    if (accept_word("like"))
      return compare(std::move(left), negated ? comparison_kind::not_like : comparison_kind::like, sum());
    if (accept_word("regexp") || accept_word("rlike"))
      return compare(std::move(left), comparison_kind::other, sum());
    if (accept_word("between"))
      return between(std::move(left), negated);
    fail_if(!failed_ && negated);
    if (!accept_word("is"))
      return left;
    accept_word("not");
    fail_if(!failed_ && !(accept_word("null") || accept_word("true") || accept_word("false")));
    return make(expression_kind::other, std::move(left));
  }

  std::optional<comparison_kind> accept_comparison() {
    constexpr std::pair<std::string_view, comparison_kind> kinds[] = {
        {"=", comparison_kind::equal},          {"!=", comparison_kind::not_equal}, {"<>", comparison_kind::not_equal},
        {"<=", comparison_kind::less_equal},    {"<", comparison_kind::less},       {"<=>", comparison_kind::other},
        {">=", comparison_kind::greater_equal}, {">", comparison_kind::greater},
    };
    for (const auto& [symbol, kind] : kinds)
      if (accept_symbol(symbol))
        return kind;
    return std::nullopt;
  }

  expression compare(expression left, comparison_kind kind, expression right) {
    auto made = make(expression_kind::comparison, std::move(left));
    made.comparison = kind;
    made.operands.push_back(std::move(right));
    return made;
  }

  expression between(expression left, bool negated) {
    auto made = make(expression_kind::range, std::move(left));
    made.negated = negated;
    made.operands.push_back(sum());
    fail_if(!failed_ && !accept_word("and"));
    made.operands.push_back(failed_ ? expression{} : sum());
    return made;
  }

  expression list() {
    auto made = make(expression_kind::list);
    expect_symbol("(");
    do {
      if (!failed_)
        made.operands.push_back(sum());
    } while (!failed_ && accept_symbol(","));
    expect_symbol(")");
    return made;
  }

  expression sum() {
    auto first = unary();
    // Not nested: the length of a sum must not become depth.
    while (!failed_ && accept_operator()) {
      static_cast<void>(unary());
      first = make(expression_kind::other);
    }
    return first;
  }

  bool accept_operator() {
    for (const std::string_view symbol : {"+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"})
      if (accept_symbol(symbol))
        return true;
    return accept_word("div") || accept_word("mod");
  }

  expression unary() {
    const bool minus = peek().is_symbol("-");
    if (!minus && !peek().is_symbol("+") && !peek().is_symbol("~") && !peek().is_symbol("!"))
      return primary();
    const bool sign = minus || peek().is_symbol("+");
    take();
    const deeper one{*this};
    if (failed_)
      return {};
    auto operand = unary();
    if (!sign || (operand.kind != expression_kind::integer && operand.kind != expression_kind::decimal))
      return make(expression_kind::other, std::move(operand));
    if (minus)
      operand.text = operand.text.starts_with('-') ? operand.text.substr(1) : "-" + operand.text;
    return operand;
  }

  expression primary() {
    switch (peek().type) {
    case token_type::text: return make(expression_kind::text, take().text);
    case token_type::integer: return make(expression_kind::integer, take().text);
    case token_type::decimal: return make(expression_kind::decimal, take().text);
    case token_type::quoted_name: return name();
    case token_type::word: return word();
    default:
      if (accept_symbol("("))
        return parenthesized();
      fail_if(true);
      return {};
    }
  }

  expression word() {
    if (accept_word("true"))
      return make(expression_kind::boolean, "true");
    if (accept_word("false"))
      return make(expression_kind::boolean, "false");
    if (accept_word("null"))
      return make(expression_kind::other);
    if (reserved(peek())) {
      fail_if(true);
      return {};
    }
    if (peek(1).is_symbol("("))
      return call();
    return name();
  }

  /// Qualifiers say nothing: there is one table.
  expression name() {
    auto last = take();
    for (int parts = 1; accept_symbol("."); ++parts) {
      last = take();
      if (parts > 2 || (last.type != token_type::word && last.type != token_type::quoted_name))
        fail_if(true);
    }
    return make(expression_kind::column, std::move(last.text));
  }

  expression call() {
    take();
    expect_symbol("(");
    const deeper one{*this};
    if (accept_symbol("*")) {
      expect_symbol(")");
      return make(expression_kind::other);
    }
    accept_word("distinct");
    if (!accept_symbol(")")) {
      do {
        if (!failed_)
          static_cast<void>(disjunction());
      } while (!failed_ && accept_symbol(","));
      expect_symbol(")");
    }
    return make(expression_kind::other);
  }

  expression parenthesized() {
    const deeper one{*this};
    if (failed_)
      return {};
    auto made = make(expression_kind::parens, disjunction());
    while (!failed_ && accept_symbol(",")) {
      made.kind = expression_kind::list;
      made.operands.push_back(disjunction());
    }
    expect_symbol(")");
    return made;
  }

  std::vector<sort_term> order_by() {
    CADENZA_ASSERT(at_order_by(), "an order is read where one begins");
    at_ += 2;
    std::vector<sort_term> terms;
    do {
      sort_term term;
      term.by = disjunction();
      if (accept_word("desc"))
        term.descending = true;
      else
        accept_word("asc");
      terms.push_back(std::move(term));
    } while (!failed_ && accept_symbol(","));
    return terms;
  }

  void expect_integer() {
    fail_if(peek().type != token_type::integer);
    (void)take();
  }

  /// Read and dropped: pages say how much is wanted.
  void limit() {
    expect_integer();
    if (accept_symbol(",") || accept_word("offset"))
      expect_integer();
  }

  class deeper {
  public:
    explicit deeper(parser& of) : of_(of) { of_.fail_if(++of_.depth_ > depth_max, "It is nested too deep"); }
    ~deeper() { --of_.depth_; }
    deeper(const deeper&) = delete;
    deeper& operator=(const deeper&) = delete;

  private:
    parser& of_;
  };

  std::string_view text_;
  std::vector<token> tokens_;
  std::size_t at_ = 0;
  std::size_t made_ = 0;
  int depth_ = 0;
  bool failed_ = false;
  std::size_t broken_at_ = 0; ///< the token that could not be
  std::string_view why_;
};

} // namespace

outcome<parsed_query> parse_query(std::string_view text) {
  if (text.size() > text_bytes_max)
    return bad_request("Invalid query. It is longer than " + std::to_string(text_bytes_max) + " bytes.");
  std::vector<token> tokens;
  if (!tokenize(text, tokens))
    return bad_request("Invalid query." + place_of(text, tokens, tokens.size() - 1));
  return parser{text, std::move(tokens)}.run();
}

} // namespace cadenza::storage::visibility
