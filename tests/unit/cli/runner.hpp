#pragma once

#include "cli/run.hpp"

#include <sstream>
#include <string>
#include <vector>

namespace cadenza::test {

/// What a command line printed and returned.
struct output {
  int code = 0;
  std::string out;
  std::string err;
};

/// Runs a command line; `terminal` is whether its streams are one, of `width` columns.
inline output run_cli(std::vector<std::string> words, const cli::hooks& local = {}, const std::string& input = {},
                      bool terminal = false, std::size_t width = 0) {
  std::istringstream in{input};
  std::ostringstream out;
  std::ostringstream err;
  words.insert(words.begin(), "/usr/bin/cadenza");
  output result;
  result.code = cli::run(words, local, {&in, &out, &err, terminal, terminal, terminal, width});
  result.out = out.str();
  result.err = err.str();
  return result;
}

} // namespace cadenza::test
