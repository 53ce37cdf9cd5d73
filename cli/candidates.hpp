#pragma once

#include "cli/command.hpp"

#include <map>

namespace cadenza::cli {

/// What may stand where a line ends.
struct candidates {
  struct one {
    std::string word;
    std::string meaning; ///< "" when there is nothing to say
  };
  std::vector<one> words;
  std::string offers; ///< the server knows them: "domains", "tasklists", "workflows"; "" when it is not needed
  bool files = false; ///< the name of a file stands here
  std::string prefix; ///< stands before each word that the server names: "--domain="
  std::map<std::string, std::string, std::less<>> globals; ///< global flags that the line has given so far
};

/// What may follow `before`, the words after the program's name, where `current` has been typed so far. Words of shells
/// that split "--flag=value" at the sign are understood.
[[nodiscard]] candidates candidates_for(const command& tree, const std::vector<std::string>& before,
                                        const std::string& current);

} // namespace cadenza::cli
