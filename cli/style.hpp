#pragma once

#include <string>
#include <string_view>

namespace cadenza::cli {

enum class colour { plain, red, green, yellow, blue, magenta, header };

/// Colours texts, or leaves them alone.
class palette {
public:
  explicit palette(bool enabled) : enabled_(enabled) {}

  /// For a stream: colours on a terminal that knows them, unless the user wants none (NO_COLOR).
  [[nodiscard]] static palette of(bool is_terminal);

  [[nodiscard]] bool enabled() const { return enabled_; }
  [[nodiscard]] std::string operator()(colour tint, std::string_view text) const {
    const bool tinted = enabled_ && tint != colour::plain;
    std::string result;
    if (tinted)
      result.append("\033[").append(code(tint)).append("m");
    result.append(text);
    if (tinted)
      result.append("\033[0m");
    return result;
  }

private:
  static std::string_view code(colour tint) {
    switch (tint) {
    case colour::red: return "31";
    case colour::green: return "32";
    case colour::yellow: return "33";
    case colour::blue: return "34";
    case colour::magenta: return "35";
    case colour::header: return "94";
    case colour::plain: break;
    }
    return "0";
  }

  bool enabled_;
};

/// The colour in which the status of a run is shown.
[[nodiscard]] colour status_colour(std::string_view status);

} // namespace cadenza::cli
