#pragma once

#include "cli/style.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace cadenza::cli {

/// Rows of texts under headers, as shown to people.
struct table {
  std::vector<std::string> headers; ///< may be empty: no header line
  std::vector<std::vector<std::string>> rows;
  std::string separator = "|"; ///< between columns
  std::size_t wrap_width = 0;  ///< cells longer than this are wrapped at blanks; 0 for never
  bool numbers_right = true;   ///< numbers to the right of their column, as texts to the left
  std::size_t columns_max = 0; ///< cells are wrapped so that no line is longer, as far as that goes; 0 for any length
};

/// Writes the table: no border, headers in capitals, numbers to the right, texts to the left. An empty table with
/// headers writes nothing.
void print(std::ostream& out, const table& content, const palette& paint);

} // namespace cadenza::cli
