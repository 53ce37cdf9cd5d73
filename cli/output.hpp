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

/// The members of an object, or of each object in a list, under the keys that --output json has; those below stay, as
/// they may be the user's own. Unchanged for other formats, whose keys scripts know from other tools.
[[nodiscard]] json in_one_dialect(const invocation& call, const json& document);

/// Shows one JSON document, indented.
void show_json(invocation& call, const json& document);

/// Says that a command worked: `text` for people, `fields` for programs.
void done(invocation& call, const std::string& text, json fields = json::object());

/// What a command cannot do without, when the parser cannot tell: flags with their dashes.
[[nodiscard]] problem missing(const std::string& flags, std::string why = {});

/// A failed call as a command's problem. A limit that was passed is told with the key that sets it, an input that is
/// too large with its size, where `input_bytes` is known.
[[nodiscard]] problem failed(std::string message, const error& reason, std::size_t input_bytes = 0);

/// The same for a list: a query that the server cannot take is told with what to change.
[[nodiscard]] problem failed_query(std::string message, const error& reason, const std::string& query);

/// Asks on the error stream and reads one line. False on anything but yes, or at the end of input.
[[nodiscard]] bool confirmed(invocation& call, const std::string& question);

/// Waits for Enter. False when anything else is typed or input ends.
[[nodiscard]] bool next_page(invocation& call);

} // namespace cadenza::cli
