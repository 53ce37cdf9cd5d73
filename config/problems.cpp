#include "config/problems.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>

#include <fmt/format.h>

namespace cadenza::config {

namespace {

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`; upper and lower case are alike.
std::size_t distance(std::string_view a, std::string_view b) {
  const auto same = [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  };
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool equal = same(a[i - 1], b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (equal ? 0u : 1u)});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

} // namespace

void problems::add(std::string line) {
  if (lines_.size() < lines_max)
    lines_.push_back(std::move(line));
  else
    ++left_out_;
}

error problems::to_error() const {
  std::string all = fmt::format("{}", fmt::join(lines_, "\n"));
  if (left_out_ != 0)
    all += fmt::format("\n(and {} more)", left_out_);
  return bad_request(std::move(all));
}

std::string nearest(std::string_view word, std::span<const std::string> candidates) {
  std::string best;
  auto least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    const auto length_gap =
        candidate.size() > word.size() ? candidate.size() - word.size() : word.size() - candidate.size();
    if (length_gap >= least)
      continue;
    if (const auto d = distance(word, candidate); d < least && d < std::max(word.size(), candidate.size())) {
      least = d;
      best = candidate;
    }
  }
  return best;
}

} // namespace cadenza::config
