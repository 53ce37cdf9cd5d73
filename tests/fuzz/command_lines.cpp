#include "target.hpp"

#include "cli/commands.hpp"
#include "cli/parser.hpp"
#include "cli/payload.hpp"

using namespace cadenza;

// One word of a command line on each line.
FUZZ_TARGET(command_lines) {
  static const auto tree = cli::command_tree();
  std::vector<std::string> words;
  while (!input.empty() && words.size() < 40)
    words.emplace_back(fuzz::take_line(input));
  const auto result = cli::parse(tree, words);
  if (const auto* problem = std::get_if<cli::problem>(&result))
    REQUIRE(!problem->message.empty());
  if (words.size() >= 2)
    (void)cli::search_attributes(words[0], words[1]);
}
