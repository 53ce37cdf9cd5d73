#include "cli/input_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace cadenza::cli {

namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

error unreadable(const std::string& path) {
  // The caller's errno, before anything else sets it.
  return bad_request("cannot read " + path + ": " + std::strerror(errno));
}

/// A file that is open to be read, closed at the end.
class open_file {
public:
  explicit open_file(const std::string& path) : handle_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~open_file() {
    if (handle_ >= 0)
      ::close(handle_);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;

  [[nodiscard]] bool opened() const { return handle_ >= 0; }

  /// As `read` gives it: bytes, 0 at the end, -1 with errno set.
  ssize_t read(char* into, std::size_t size) {
    ssize_t count = 0;
    do
      count = ::read(handle_, into, size);
    while (count < 0 && errno == EINTR);
    return count;
  }

private:
  int handle_;
};

} // namespace

outcome<std::string> read_file(const std::string& path) {
  open_file file{path};
  if (!file.opened())
    return unreadable(path);
  std::string content;
  std::array<char, 64 * 1024> part{};
  // A directory opens well enough; reading it is what fails.
  for (;;) {
    const auto count = file.read(part.data(), part.size());
    if (count < 0)
      return unreadable(path);
    if (count == 0)
      break;
    content.append(part.data(), static_cast<std::size_t>(count));
  }
  if (content.starts_with("\xFF\xFE") || content.starts_with("\xFE\xFF"))
    return bad_request(path + " is in UTF-16; UTF-8 is expected");
  if (content.starts_with(byte_order_mark))
    content.erase(0, byte_order_mark.size());
  return content;
}

outcome<std::vector<std::string>> read_lines(const std::string& path) {
  const auto content = read_file(path);
  if (!content)
    return content.error();
  std::vector<std::string> lines;
  std::size_t start = 0;
  while (start < content->size()) {
    const auto end = std::min(content->find('\n', start), content->size());
    if (auto line = trimmed(std::string_view{*content}.substr(start, end - start)); !line.empty())
      lines.push_back(std::move(line));
    start = end + 1;
  }
  return lines;
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return std::string{text.substr(first, text.find_last_not_of(blanks) - first + 1)};
}

} // namespace cadenza::cli
