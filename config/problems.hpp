#pragma once

#include "messages/outcome.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cadenza::config {

/// What is wrong with a configuration: one line each, "file:line:column: key: what was expected". Gathers all of them,
/// so that a file is mended in one go; beyond `lines_max` further ones are only counted.
class problems {
public:
  static constexpr std::size_t lines_max = 50;

  void add(std::string line);
  [[nodiscard]] bool empty() const { return lines_.empty(); }
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  /// A bad_request whose message is all lines.
  [[nodiscard]] error to_error() const;

private:
  std::vector<std::string> lines_;
  std::size_t left_out_ = 0;
};

/// The candidate that `word` was most likely meant to be; empty when none is near.
[[nodiscard]] std::string nearest(std::string_view word, std::span<const std::string> candidates);

} // namespace cadenza::config
