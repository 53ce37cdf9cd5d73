#include "cli/command.hpp"

#include <algorithm>

namespace cadenza::cli {

std::string_view flag::name() const { return std::string_view{names}.substr(0, names.find(',')); }

std::vector<std::string> flag::all_names() const {
  std::vector<std::string> result;
  std::size_t start = 0;
  while (start <= names.size()) {
    const auto end = std::min(names.find(',', start), names.size());
    result.push_back(names.substr(start, end - start));
    start = end + 1;
  }
  return result;
}

const command* command::find(std::string_view word) const {
  for (const auto& child : commands)
    if (child.name == word || std::ranges::find(child.aliases, word) != child.aliases.end())
      return &child;
  return nullptr;
}

std::vector<flag> operator+(std::vector<flag> left, const std::vector<flag>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

} // namespace cadenza::cli
