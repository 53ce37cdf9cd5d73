#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cadenza::cli {

class invocation;

/// Why a command failed: `message` follows "Error:", `details` (may be empty) follows "Error Details:". Without a
/// message nothing is printed: the command has said why itself.
struct problem {
  std::string message;
  std::string details;
  int exit_code = 1;
};

/// What is asked for was done, but the workflow that was watched has not completed: failed, timed out, was canceled or
/// terminated.
inline constexpr int exit_not_completed = 2;

/// Nothing when the command did what was asked.
using status = std::optional<problem>;

enum class flag_kind {
  text,
  number,  ///< whole, of 32 bits
  wide,    ///< whole, of 64 bits: ids and times in nanoseconds
  seconds, ///< a span of time: "10", "10s", "1h30m"; an invocation has it in seconds
  days,    ///< the same, where a number alone means days; an invocation has it in days
  real,
  toggle,  ///< takes no value; `--flag=false` switches it off
  boolean, ///< takes a value, true or false; an invocation has it as "true" or "false"
  list,    ///< may be given more than once
  names,   ///< a list of names: also several in one value, between commas, and words that follow the value
};

/// One flag of a command, or a global one.
struct flag {
  std::string names; ///< comma separated: the full name, then the short forms ("workflow_id,wid,w")
  std::string help;
  flag_kind kind = flag_kind::text;
  std::string initial = {}; ///< value when neither the command line nor the environment gives one
  std::string env = {};     ///< environment variable that gives a value; "" for none
  bool required = false;
  std::vector<std::string> choices = {}; ///< the values allowed; empty for any
  std::string offers = {}; ///< what completion asks the server for: "domains", "tasklists"; "" for nothing

  /// The full name, by which an invocation knows the flag.
  [[nodiscard]] std::string_view name() const;
  /// Every name, the full one first.
  [[nodiscard]] std::vector<std::string> all_names() const;
};

using action = std::function<status(invocation&)>;

/// A node of the command tree: a group when it has `commands`, else something to run. Help, man page, completion and
/// the parser all come from this tree.
struct command {
  std::string name;
  std::vector<std::string> aliases = {};
  std::string summary; ///< one line, no full stop
  std::vector<flag> flags = {};
  action run = {};
  std::vector<command> commands = {};
  bool needs_domain = false;  ///< fails unless --domain is given
  bool local = false;         ///< calls no server, whatever is said about connections
  std::string arguments = {}; ///< how positional arguments are shown in help
  std::size_t arguments_min = 0;
  std::size_t arguments_max = 0;
  std::vector<std::string> positional = {}; ///< flags that words without a flag give a value to, in this order
  std::vector<std::string> examples = {};   ///< whole command lines, as help shows them
  bool hidden = false;                      ///< for scripts: neither help nor completion names it
  std::string absent = {}; ///< not in this version, and why, or what does the work; "" when it is there

  [[nodiscard]] const command* find(std::string_view word) const;
};

/// The flags of two lists, the first list's first.
[[nodiscard]] std::vector<flag> operator+(std::vector<flag> left, const std::vector<flag>& right);

} // namespace cadenza::cli
