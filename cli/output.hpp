#pragma once

#include "cli/invocation.hpp"
#include "cli/json_text.hpp"

namespace cadenza::cli {

/// Rows to show, as people read them and as programs do.
struct row_set {
  std::vector<std::string> headers;
  std::vector<std::vector<std::string>> rows;
  json data = json::array(); ///< one object a row
};

/// Shows rows the way --output or --format asks: a table, JSON, or a template such as '{{.RunID}} {{.StartTime}}'
/// applied to each row's object.
[[nodiscard]] status show(invocation& call, const row_set& rows);

/// Shows one JSON document, indented.
void show_json(invocation& call, const json& document);

/// Says that a command worked: `text` for people, `fields` for programs.
void done(invocation& call, const std::string& text, json fields = json::object());

/// What a command cannot do without, when the parser cannot tell: flags with their dashes.
[[nodiscard]] problem missing(const std::string& flags, std::string why = {});

/// A failed call as a command's problem.
[[nodiscard]] problem failed(std::string message, const error& reason);

/// Asks on the error stream and reads one line. False on anything but yes, or at the end of input.
[[nodiscard]] bool confirmed(invocation& call, const std::string& question);

/// Waits for Enter. False when anything else is typed or input ends.
[[nodiscard]] bool next_page(invocation& call);

} // namespace cadenza::cli
