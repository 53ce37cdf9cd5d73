#include "cli/payload.hpp"

#include "cli/input_file.hpp"
#include "cli/invocation.hpp"
#include "cli/json_text.hpp"
#include "cli/time_range.hpp"

#include <charconv>
#include <sstream>

namespace cadenza::cli {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Where the first JSON value of `text` from `start` ends, or npos when there is no whole value.
std::size_t value_end(const std::string& text, std::size_t start) {
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = start; i < text.size(); ++i) {
    const char letter = text[i];
    if (in_text) {
      if (letter == '\\')
        ++i;
      else if (letter == '"')
        in_text = false;
      if (!in_text && depth == 0)
        return i + 1;
      continue;
    }
    if (letter == '"') {
      in_text = true;
    } else if (letter == '{' || letter == '[') {
      ++depth;
    } else if (letter == '}' || letter == ']') {
      if (--depth <= 0)
        return i + 1;
    } else if (depth == 0 && (letter == ' ' || letter == '\n' || letter == '\t' || letter == '\r')) {
      return i;
    }
  }
  return in_text || depth != 0 ? std::string::npos : text.size();
}

outcome<std::vector<std::string>> split_values(const std::string& text) {
  std::vector<std::string> values;
  auto start = text.find_first_not_of(" \n\t\r");
  while (start != std::string::npos) {
    // The JSON reader skips the mark, the workers that get the bytes do not.
    if (text.compare(start, byte_order_mark.size(), byte_order_mark) == 0)
      return bad_request("input is not valid JSON: a byte order mark stands before " +
                         text.substr(start + byte_order_mark.size(), 60));
    const auto end = value_end(text, start);
    if (end == std::string::npos || !json::accept(text.substr(start, end - start)))
      return bad_request("input is not valid JSON: " + text.substr(start, 60));
    values.push_back(text.substr(start, end - start));
    start = text.find_first_not_of(" \n\t\r", end);
  }
  return values;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  if (text.find_first_not_of(" \t") == std::string::npos)
    return parts;
  std::istringstream stream{text};
  for (std::string part; std::getline(stream, part, separator);) {
    const auto first = part.find_first_not_of(" \t");
    if (first == std::string::npos && separator == ' ')
      continue;
    parts.push_back(first == std::string::npos ? std::string{}
                                               : part.substr(first, part.find_last_not_of(" \t") - first + 1));
  }
  return parts;
}

bool is_number(const std::string& text) {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc{} && end == text.data() + text.size() && json::accept(text);
}

std::string encoded(const std::string& text) {
  if (text == "true" || text == "false" || is_number(text))
    return text;
  if (text.starts_with('[') && text.ends_with(']') && json::accept(text))
    return text;
  return compact(json(text));
}

} // namespace

outcome<std::string> json_input(const invocation& call, std::string_view inline_flag, std::string_view file_flag) {
  std::string text = call.text(inline_flag);
  if (!call.given(inline_flag) && call.given(file_flag)) {
    auto content = read_file(call.text(file_flag));
    if (!content)
      return content.error();
    text = std::move(*content);
  }
  if (auto values = split_values(text); !values)
    return values.error();
  return text;
}

outcome<std::map<std::string, std::string>> keyed_json(const invocation& call, std::string_view keys_flag,
                                                       std::string_view inline_flag, std::string_view file_flag) {
  const auto keys = split(call.text(keys_flag), ' ');
  auto text = json_input(call, inline_flag, file_flag);
  if (!text)
    return text.error();
  auto values = split_values(*text);
  if (!values)
    return values.error();
  if (values->size() != keys.size())
    return bad_request("number of " + std::string{keys_flag} + " entries and values are not equal");
  std::map<std::string, std::string> fields;
  for (std::size_t i = 0; i < keys.size(); ++i)
    fields[keys[i]] = (*values)[i];
  return fields;
}

outcome<std::map<std::string, std::string>> search_attributes(const std::string& keys, const std::string& values) {
  const auto names = split(keys, '|');
  const auto texts = split(values, '|');
  if (names.size() != texts.size())
    return bad_request("number of search attribute keys and values are not equal");
  std::map<std::string, std::string> fields;
  for (std::size_t i = 0; i < names.size(); ++i)
    fields[names[i]] = encoded(texts[i]);
  return fields;
}

} // namespace cadenza::cli
