#include "cli/output.hpp"

#include "cli/names.hpp"
#include "cli/table.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <istream>
#include <ostream>
#include <regex>

namespace cadenza::cli {

namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// The member of that name; capitals do not count, as headers have others than the keys of some servers.
const json* field_of(const json& row, const std::string& name) {
  for (const auto& item : row.items())
    if (lower(item.key()) == lower(name))
      return &item.value();
  return nullptr;
}

/// Fills `{{.Field}}`, `{{.}}` and `{{json .}}`. More of the template language is refused, not guessed.
std::variant<std::string, problem> fill(const std::string& pattern, const json& row) {
  std::string result;
  std::size_t at = 0;
  while (at < pattern.size()) {
    const auto open = pattern.find("{{", at);
    result += pattern.substr(at, open - at);
    if (open == std::string::npos)
      break;
    const auto close = pattern.find("}}", open);
    if (close == std::string::npos)
      return problem{"invalid template", "'{{' without '}}' in " + pattern};
    auto inside = pattern.substr(open + 2, close - open - 2);
    std::erase(inside, ' ');
    at = close + 2;
    if (inside == "json." || inside == ".") {
      result += compact(row);
    } else if (const auto* value = inside.starts_with('.') ? field_of(row, inside.substr(1)) : nullptr) {
      result += value->is_string() ? value->get<std::string>() : compact(*value);
    } else {
      std::string known;
      for (const auto& item : row.items())
        known += (known.empty() ? "." : ", .") + item.key();
      return problem{"invalid template", "'{{" + inside + "}}' is not a field of this output; fields are " + known};
    }
  }
  return result;
}

/// The key of dynamic configuration behind a limit, from the server's words; "" when they tell of none.
std::string_view limit_key(const std::string& text) {
  struct known {
    std::string_view words;
    std::string_view key;
  };
  static constexpr std::array<known, 9> limits{{{"Blob data size exceeds limit", "limit.blobSize.error"},
                                                {"Domain length exceeds limit", "limit.domainNameLength"},
                                                {"Identity length exceeds limit", "limit.identityLength"},
                                                {"RequestID length exceeds limit", "limit.requestIDLength"},
                                                {"SignalName length exceeds limit", "limit.signalNameLength"},
                                                {"TaskList length exceeds limit", "limit.taskListNameLength"},
                                                {"WorkflowID length exceeds limit", "limit.workflowIDLength"},
                                                {"WorkflowType length exceeds limit", "limit.workflowTypeLength"},
                                                {"limit for signal events", "history.maximumSignalsPerExecution"}}};
  for (const auto& one : limits)
    if (text.find(one.words) != std::string::npos)
      return one.key;
  return {};
}

} // namespace

status show(invocation& call, const row_set& rows) {
  const auto& format = call.text("format");
  if (call.json()) {
    call.out() << pretty(in_one_dialect(call, rows.data)) << '\n';
    return {};
  }
  if (!format.empty() && format != "table") {
    for (const auto& row : rows.data) {
      auto line = fill(format, row);
      if (auto* failure = std::get_if<problem>(&line))
        return *failure;
      call.out() << std::get<std::string>(line) << '\n';
    }
    return {};
  }
  print(call.out(), {rows.headers, rows.rows, "|", 0, true, call.columns()}, call.paint());
  return {};
}

json in_one_dialect(const invocation& call, const json& document) {
  if (call.text("output") != "json" || !document.is_structured())
    return document;
  if (document.is_array()) {
    json list = json::array();
    for (const auto& one : document)
      list.push_back(one.is_object() ? in_one_dialect(call, one) : one);
    return list;
  }
  json object = json::object();
  for (const auto& [name, value] : document.items())
    object[json_key(name)] = value;
  return object;
}

void show_json(invocation& call, const json& document) { call.out() << pretty(document) << '\n'; }

void done(invocation& call, const std::string& text, json fields) {
  if (!call.json()) {
    call.out() << text << '\n';
    return;
  }
  fields["message"] = text;
  show_json(call, fields);
}

problem missing(const std::string& flags, std::string why) { return {"missing: " + flags, std::move(why)}; }

problem failed(std::string message, const error& reason, std::size_t input_bytes) {
  if (reason.kind == error_kind::access_denied)
    message += " Ensure the domain and cluster are correct.";
  problem result{std::move(message), explain(reason)};
  const auto key = limit_key(result.details);
  if (key.empty())
    return result;
  if (input_bytes > 0)
    result.details += " The input has " + std::to_string(input_bytes) + " bytes.";
  result.details.append(" The key ").append(key).append(" sets the limit ('cadenza admin config list').");
  return result;
}

problem failed_query(std::string message, const error& reason, const std::string& query) {
  auto result = failed(std::move(message), reason);
  // A word without quotes on the right of an operator is a name; nearly always a value was meant.
  if (result.details.find("right side of compare operator") == std::string::npos)
    return result;
  static const std::regex bare{R"((?:=|<|>|\blike\b)\s*([A-Za-z_][\w.-]*))", std::regex::icase};
  for (std::sregex_iterator at{query.begin(), query.end(), bare}, end; at != end; ++at)
    if (const auto word = (*at)[1].str(); word != "missing" && word != "true" && word != "false") {
      result.details += "; put '" + word + "' in quotes";
      break;
    }
  return result;
}

bool confirmed(invocation& call, const std::string& question) {
  call.err() << question << "\nPlease confirm[Yes/No]:" << std::flush;
  std::string answer;
  if (!std::getline(call.in(), answer))
    return false;
  std::erase_if(answer, [](unsigned char c) { return std::isspace(c) != 0; });
  const auto word = lower(answer);
  return word == "yes" || word == "y";
}

bool next_page(invocation& call) {
  call.err() << "Press " << call.paint_err()(colour::green, "Enter") << " to show next page, press "
             << call.paint_err()(colour::red, "any other key then Enter") << " to quit: " << std::flush;
  std::string answer;
  return std::getline(call.in(), answer) && answer.find_first_not_of(' ') == std::string::npos;
}

} // namespace cadenza::cli
