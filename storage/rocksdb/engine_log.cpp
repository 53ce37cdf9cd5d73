#include "storage/rocksdb/engine_log.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <string_view>
#include <utility>

namespace cadenza::storage::rocks {

namespace {

/// Lines that tell an operator nothing: the first is an error that whoever opens the store tells in words, the second
/// comes with every backup.
bool says_nothing(std::string_view engine_line) {
  for (const std::string_view one :
       {"DB::Open() failed: IO error: While lock file", "File Deletions Disabled, but already disabled"})
    if (engine_line.find(one) != engine_line.npos)
      return true;
  return false;
}

class relay final : public rocksdb::Logger {
public:
  explicit relay(log::sink write) : Logger(rocksdb::InfoLogLevel::WARN_LEVEL), write_(std::move(write)) {}

  using Logger::Logv;

  void Logv(const char* format, va_list arguments) override {
    Logv(rocksdb::InfoLogLevel::WARN_LEVEL, format, arguments);
  }

  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level < GetInfoLogLevel() || level == rocksdb::InfoLogLevel::HEADER_LEVEL || !write_)
      return;
    char text[1024];
    const int size = std::vsnprintf(text, sizeof text, format, arguments);
    if (size <= 0)
      return;
    const std::string_view line(text, std::min(static_cast<std::size_t>(size), sizeof text - 1));
    if (!says_nothing(line))
      write_(level >= rocksdb::InfoLogLevel::ERROR_LEVEL ? log::level::error : log::level::warn,
             {field::library("rocksdb"), field::detail(line)}, "{library}: {detail}");
  }

private:
  log::sink write_;
};

} // namespace

std::shared_ptr<rocksdb::Logger> engine_log(log::sink write) { return std::make_shared<relay>(std::move(write)); }

} // namespace cadenza::storage::rocks
