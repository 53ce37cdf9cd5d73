#include "storage/rocksdb/engine_log.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace cadenza::storage::rocks {

namespace {

class relay final : public rocksdb::Logger {
public:
  explicit relay(std::function<void(bool, std::string_view)> write)
    : Logger(rocksdb::InfoLogLevel::WARN_LEVEL), write_(std::move(write)) {}

  using Logger::Logv;

  void Logv(const char* format, va_list arguments) override {
    Logv(rocksdb::InfoLogLevel::WARN_LEVEL, format, arguments);
  }

  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level < GetInfoLogLevel() || level == rocksdb::InfoLogLevel::HEADER_LEVEL || !write_)
      return;
    char text[1024];
    const int size = std::vsnprintf(text, sizeof text, format, arguments);
    if (size > 0)
      write_(level >= rocksdb::InfoLogLevel::ERROR_LEVEL,
             std::string_view(text, std::min(static_cast<std::size_t>(size), sizeof text - 1)));
  }

private:
  std::function<void(bool, std::string_view)> write_;
};

} // namespace

std::shared_ptr<rocksdb::Logger> engine_log(std::function<void(bool, std::string_view)> write) {
  return std::make_shared<relay>(std::move(write));
}

} // namespace cadenza::storage::rocks
