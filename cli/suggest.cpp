#include "cli/suggest.hpp"

#include "findings/words.hpp"

namespace cadenza::cli {

std::string closest(std::string_view word, const std::vector<std::string>& candidates) {
  return findings::closest(word, candidates);
}

} // namespace cadenza::cli
