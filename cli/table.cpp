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

constexpr std::size_t narrowest = 8;

/// Breaks one line of a cell at blanks, and words that are longer than a line where `break_words` allows it.
void wrap(std::vector<std::string>& lines, std::string_view paragraph, std::size_t width, bool break_words) {
  std::string line;
  while (!paragraph.empty()) {
    const auto end = std::min(paragraph.find(' '), paragraph.size());
    auto word = paragraph.substr(0, end);
    paragraph.remove_prefix(std::min(end + 1, paragraph.size()));
    if (!line.empty() && width_of(line) + 1 + width_of(word) > width) {
      lines.push_back(std::move(line));
      line.clear();
    }
    while (break_words && line.empty() && width_of(word) > width) {
      const auto front = front_of(word, width);
      if (front.empty())
        break;
      lines.emplace_back(front);
      word.remove_prefix(front.size());
    }
    line.append(line.empty() ? "" : " ").append(word);
  }
  lines.push_back(std::move(line));
}

/// The lines of a cell: split at line ends and, where a width is set, wrapped.
std::vector<std::string> lines_of(const std::string& cell, std::size_t width, bool break_words) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  while (start <= cell.size()) {
    const auto end = std::min(cell.find('\n', start), cell.size());
    const auto paragraph = std::string_view{cell}.substr(start, end - start);
    start = end + 1;
    if (width == 0 || width_of(paragraph) <= width)
      lines.emplace_back(paragraph);
    else
      wrap(lines, paragraph, width, break_words);
  }
  return lines;
}

std::size_t longest_word_of(std::string_view header) {
  std::size_t out = 0;
  while (!header.empty()) {
    const auto end = std::min(header.find(' '), header.size());
    out = std::max(out, width_of(header.substr(0, end)));
    header.remove_prefix(std::min(end + 1, header.size()));
  }
  return out;
}

/// The width at which each column is wrapped so that a line fits: the widest give way first, and headers are broken at
/// their blanks only when nothing else helps. Empty when all fit as they are.
std::vector<std::size_t> fitting_widths(const table& content) {
  std::vector<std::size_t> least; // for headers
  for (const auto& header : content.headers)
    least.push_back(width_of(header));
  std::vector<std::size_t> cells(least.size());
  for (const auto& row : content.rows) {
    cells.resize(std::max(cells.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      for (const auto& line : lines_of(row[i], content.wrap_width, false))
        cells[i] = std::max(cells[i], width_of(line));
  }
  least.resize(cells.size());
  const auto larger = [](std::size_t a, std::size_t b) { return std::max(a, b); };
  auto wanted = cells;
  std::ranges::transform(cells, least, wanted.begin(), larger);
  const auto between = 2 + content.separator.size();
  const auto around = 1 + between * wanted.size() - content.separator.size();
  const auto line_width = [&](std::size_t limit) {
    auto sum = around;
    for (std::size_t i = 0; i < wanted.size(); ++i)
      sum += std::min(wanted[i], std::max({limit, least[i], narrowest}));
    return sum;
  };
  auto limit = wanted.empty() ? 0 : std::ranges::max(wanted);
  if (content.columns_max == 0 || line_width(limit) <= content.columns_max)
    return {};
  if (line_width(narrowest) > content.columns_max) {
    for (std::size_t i = 0; i < content.headers.size(); ++i)
      least[i] = longest_word_of(capitals(content.headers[i]));
    std::ranges::transform(cells, least, wanted.begin(), larger);
    limit = std::ranges::max(wanted);
  }
  while (limit > narrowest && line_width(limit) > content.columns_max)
    --limit;
  for (auto& width : least)
    width = std::max({limit, width, narrowest});
  return least;
}

/// Writes without the blanks at its end, which nobody sees and every paste carries.
void write_line(std::ostream& out, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  out << line << '\n';
}

/// Headers in the middle of their columns.
void write_headers(std::ostream& out, const std::vector<std::vector<std::string>>& headers,
                   const std::vector<std::size_t>& widths, const std::string& separator, const palette& paint) {
  std::size_t height = 0;
  for (const auto& header : headers)
    height = std::max(height, header.size());
  for (std::size_t y = 0; y < height; ++y) {
    std::string line = " ";
    for (std::size_t i = 0; i < headers.size(); ++i) {
      const auto text = y < headers[i].size() ? headers[i][y] : std::string{};
      const auto gap = widths[i] - width_of(text);
      line += (i == 0 ? "" : separator) + std::string(1 + gap / 2, ' ') +
              (text.empty() ? text : paint(colour::header, text)) + std::string(gap - gap / 2 + 1, ' ');
    }
    write_line(out, std::move(line));
  }
}

} // namespace

void print(std::ostream& out, const table& content, const palette& paint) {
  if (content.rows.empty())
    return;
  const auto limits = fitting_widths(content);
  std::vector<std::vector<std::vector<std::string>>> cells;
  std::vector<std::vector<std::string>> headers;
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < content.headers.size(); ++i) {
    const auto& lines =
        headers.emplace_back(lines_of(capitals(content.headers[i]), limits.empty() ? 0 : limits[i], false));
    auto& width = widths.emplace_back();
    for (const auto& one : lines)
      width = std::max(width, width_of(one));
  }
  for (const auto& row : content.rows) {
    auto& line = cells.emplace_back();
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      line.push_back(limits.empty() ? lines_of(row[i], content.wrap_width, false) : lines_of(row[i], limits[i], true));
      for (const auto& part : line.back())
        widths[i] = std::max(widths[i], width_of(part));
    }
  }
  write_headers(out, headers, widths, content.separator, paint);
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
