#include "config/environment.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

namespace cadenza::config {

namespace {

bool begins_name(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool continues_name(char c) { return begins_name(c) || (c >= '0' && c <= '9'); }

/// `NAME` or `NAME:default`, at one place of a document.
class reference {
public:
  explicit reference(std::string_view text)
    : name_(text.substr(0, text.find(':'))), fallback_(text.substr(std::min(name_.size() + 1, text.size()))) {}

  /// Nothing when there is no value to be had.
  [[nodiscard]] std::optional<std::string> value(const variables& from) const {
    if (auto set = from(std::string(name_)))
      return set;
    if (fallback_.empty())
      return std::nullopt;
    return fallback_ == R"("")" ? std::string() : std::string(fallback_);
  }
  [[nodiscard]] std::string_view name() const { return name_; }

private:
  std::string_view name_;
  std::string_view fallback_;
};

/// Where the reference that begins at the `$` at `at` ends, and what is in it; `at` itself: there is none.
std::size_t end_of_reference(std::string_view text, std::size_t at, std::string_view& inside) {
  auto end = at + 1;
  if (end < text.size() && text[end] == '{') {
    const auto brace = text.find('}', end);
    if (brace == std::string_view::npos)
      return at;
    inside = text.substr(end + 1, brace - end - 1);
    return brace + 1;
  }
  if (end == text.size() || !begins_name(text[end]))
    return at;
  while (end < text.size() && continues_name(text[end]))
    ++end;
  inside = text.substr(at + 1, end - at - 1);
  return end;
}

void expand_scalar(tree& value, const variables& from, problems& found) {
  const std::string_view text = value.text;
  if (text.find('$') == std::string_view::npos)
    return;
  std::string out;
  bool put_in = false;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '$') {
      out += text[at++];
      continue;
    }
    if (at + 1 < text.size() && text[at + 1] == '$') {
      out += '$';
      at += 2;
      continue;
    }
    std::string_view inside;
    const auto end = end_of_reference(text, at, inside);
    if (end == at) {
      out += text[at++];
      continue;
    }
    at = end;
    put_in = true;
    const reference wanted(inside);
    if (const auto got = wanted.value(from))
      out += *got;
    else
      found.add(fmt::format("{}: the environment has no {}, and no default is given: ${{{}:default}}, or ${{{}:\"\"}} "
                            "for an empty one (a plain $ is written $$)",
                            value.at.text(), wanted.name(), wanted.name(), wanted.name()));
  }
  if (put_in) {
    value.quoted = false;
    if (out.empty())
      value.type = tree::kind::null;
  }
  value.text = std::move(out);
}

template <class Change> void for_each_scalar(tree& in, const Change& change) {
  if (in.type == tree::kind::scalar)
    change(in);
  for (auto& item : in.items)
    for_each_scalar(item, change);
  for (auto& [key, entry] : in.entries)
    for_each_scalar(entry, change);
}

} // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

void expand(tree& document, const variables& from, problems& found) {
  for_each_scalar(document, [&](tree& value) { expand_scalar(value, from, found); });
}

void escape(tree& document) {
  for_each_scalar(document, [](tree& value) {
    std::string out;
    for (const char c : value.text)
      out.append(c == '$' ? 2 : 1, c);
    value.text = std::move(out);
  });
}

} // namespace cadenza::config
