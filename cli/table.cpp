#include "cli/table.hpp"

#include "cli/width.hpp"

#include <algorithm>
#include <cctype>
#include <ostream>

namespace cadenza::cli {

namespace {

bool is_number(std::string_view text) {
  if (text.starts_with('-'))
    text.remove_prefix(1);
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0 || c == '.'; }) &&
         std::isdigit(static_cast<unsigned char>(text.front())) != 0;
}

std::string capitals(std::string_view header) {
  std::string result{header};
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return c == '_' ? ' ' : static_cast<char>(std::toupper(c)); });
  return result;
}

/// The lines of a cell: split at line ends and, where a width is set, at blanks. A single word is never broken.
std::vector<std::string> lines_of(const std::string& cell, std::size_t wrap_width) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  while (start <= cell.size()) {
    const auto end = std::min(cell.find('\n', start), cell.size());
    std::string paragraph = cell.substr(start, end - start);
    start = end + 1;
    if (wrap_width == 0 || width_of(paragraph) <= wrap_width) {
      lines.push_back(std::move(paragraph));
      continue;
    }
    std::string line;
    std::size_t word_start = 0;
    while (word_start <= paragraph.size()) {
      const auto word_end = std::min(paragraph.find(' ', word_start), paragraph.size());
      const auto word = paragraph.substr(word_start, word_end - word_start);
      word_start = word_end + 1;
      if (!line.empty() && width_of(line) + 1 + width_of(word) > wrap_width) {
        lines.push_back(std::move(line));
        line.clear();
      }
      line += (line.empty() ? "" : " ") + word;
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

/// Writes without the blanks at its end, which nobody sees and every paste carries.
void write_line(std::ostream& out, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  out << line << '\n';
}

} // namespace

void print(std::ostream& out, const table& content, const palette& paint) {
  if (content.rows.empty())
    return;
  std::vector<std::vector<std::vector<std::string>>> cells;
  std::vector<std::size_t> widths;
  for (const auto& header : content.headers)
    widths.push_back(width_of(header));
  for (const auto& row : content.rows) {
    auto& line = cells.emplace_back();
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      line.push_back(lines_of(row[i], content.wrap_width));
      for (const auto& part : line.back())
        widths[i] = std::max(widths[i], width_of(part));
    }
  }
  if (!content.headers.empty()) {
    std::string line = " ";
    for (std::size_t i = 0; i < content.headers.size(); ++i) {
      const auto gap = widths[i] - width_of(content.headers[i]);
      line += (i == 0 ? "" : content.separator) + std::string(1 + gap / 2, ' ') +
              paint(colour::header, capitals(content.headers[i])) + std::string(gap - gap / 2 + 1, ' ');
    }
    write_line(out, std::move(line));
  }
  for (const auto& row : cells) {
    std::size_t height = 1;
    for (const auto& cell : row)
      height = std::max(height, cell.size());
    for (std::size_t y = 0; y < height; ++y) {
      std::string line = " ";
      for (std::size_t i = 0; i < row.size(); ++i) {
        const std::string text = y < row[i].size() ? row[i][y] : std::string{};
        const std::string gap(widths[i] - width_of(text), ' ');
        line += (i == 0 ? "" : content.separator) + " " +
                (content.numbers_right && is_number(text) ? gap + text : text + gap) + " ";
      }
      write_line(out, std::move(line));
    }
  }
}

} // namespace cadenza::cli
