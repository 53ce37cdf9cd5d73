#pragma once

#include <span>
#include <string>
#include <string_view>

/// The table of all options of the static configuration. Parser, `--print-config`, docs/configuration.md and the sample
/// file come from it or are checked against it by a test.
namespace cadenza::config {

enum class option_kind {
  boolean,
  integer,   ///< limits: "min..max"
  text,      ///< limits: "nonempty" or nothing
  secret,    ///< a text that is never printed
  duration,  ///< limits: "min..max" as durations
  bytes,     ///< limits: "min..max" as byte sizes
  choice,    ///< limits: "a|b|c"
  address,   ///< host:port
  text_list, ///< list of texts; limits: nothing or "a|b|c" for each
  text_map,  ///< map of texts
  anything,  ///< any value, not looked into
};

enum class option_effect {
  active,  ///< the server acts on it
  checked, ///< read and checked; what it configures is not part of this version
  inert,   ///< accepted so that files written for Cadence load; nothing here needs it
};

struct option {
  std::string path; ///< keys joined by dots; `*` stands for a name the user chooses, `[]` for each item of a list
  option_kind kind;
  std::string_view fallback; ///< used when the option is not given; empty: none (text: empty, list and map: empty)
  std::string_view limits;
  option_effect effect;
  bool reloadable; ///< takes effect on SIGHUP
  std::string_view meaning;
};

/// In the order in which documents show them.
[[nodiscard]] std::span<const option> options();

/// What the value of an option must be, in words: "an integer from 1 to 65535".
[[nodiscard]] std::string expectation_of(const option& which);

/// Why `text` is no value of this option; empty when it is one. Lists and maps: one item of it.
[[nodiscard]] bool is_valid(const option& which, std::string_view text);

} // namespace cadenza::config
