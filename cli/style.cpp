#include "cli/style.hpp"

#include <cstdlib>

namespace cadenza::cli {

palette palette::of(bool is_terminal) {
  const char* unwanted = std::getenv("NO_COLOR");
  const char* kind = std::getenv("TERM");
  const bool plain =
      (unwanted != nullptr && *unwanted != '\0') || (kind != nullptr && std::string_view{kind} == "dumb");
  return palette{is_terminal && !plain};
}

colour status_colour(std::string_view status) {
  if (status == "COMPLETED")
    return colour::green;
  if (status == "FAILED" || status == "TIMED_OUT" || status == "TIMEOUT" || status == "TERMINATED")
    return colour::red;
  if (status == "CANCELED")
    return colour::yellow;
  if (status == "CONTINUED_AS_NEW")
    return colour::magenta;
  return status == "OPEN" || status == "STARTED" ? colour::blue : colour::plain;
}

} // namespace cadenza::cli
