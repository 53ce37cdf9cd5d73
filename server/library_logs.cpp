#include "server/library_logs.hpp"

#include "config/log.hpp"
#include "storage/visibility/visibility_store.hpp"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include <mutex>
#include <ostream>
#include <streambuf>
#include <string>

namespace cadenza {
namespace {

constexpr std::size_t line_max = 4096;

void log_for_grpc(gpr_log_func_args* args) {
  static log::repeat_limit rare;
  if (args->severity == GPR_LOG_SEVERITY_ERROR)
    log::limited(rare, log::level::warn, {field::library("grpc"), field::detail(args->message)}, "{library}: {detail}");
  else
    log::debug({field::library("grpc"), field::detail(args->message)}, "{library}: {detail}");
}

void log_for_protobuf(google::protobuf::LogLevel level, const char* file, int line, const std::string& message) {
  static log::repeat_limit rare;
  const auto text = message + " (" + file + ":" + std::to_string(line) + ')';
  if (level == google::protobuf::LOGLEVEL_FATAL) // the library ends the process when this returns
    return log::error({field::library("protobuf"), field::detail(text)}, "{library}: {detail}");
  const auto as = level == google::protobuf::LOGLEVEL_INFO ? log::level::debug : log::level::warn;
  log::limited(rare, as, {field::library("protobuf"), field::detail(text)}, "{library}: {detail}");
}

void log_for_sqlite(bool serious, std::string_view text) {
  static log::repeat_limit rare;
  log::limited(rare, serious ? log::level::warn : log::level::debug, {field::library("sqlite"), field::detail(text)},
               "{library}: {detail}");
}

} // namespace

void adopt_library_logs() {
  gpr_set_log_function(&log_for_grpc);
  gpr_log_verbosity_init(); // until gRPC is first used it drops what it has to say, unless asked for its verbosity
  google::protobuf::SetLogHandler(&log_for_protobuf);
  storage::set_visibility_log(log_for_sqlite);
}

void log_store_line(log::level which, log::fields values, log::sentence says) {
  static log::repeat_limit errors;
  static log::repeat_limit warnings;
  if (which == log::level::error || which == log::level::warn)
    log::limited(which == log::level::error ? errors : warnings, which, values, says);
  else
    log::write(which, values, says);
}

class stream_to_log::line_buffer final : public std::streambuf {
protected:
  int_type overflow(int_type c) override {
    if (!traits_type::eq_int_type(c, traits_type::eof())) {
      const char one = traits_type::to_char_type(c);
      xsputn(&one, 1);
    }
    return traits_type::not_eof(c);
  }
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    const std::lock_guard guard(lock_);
    for (const char c : std::string_view(text, static_cast<std::size_t>(size))) {
      if (c != '\n' && line_.size() < line_max)
        line_ += c;
      else
        write();
    }
    return size;
  }

private:
  void write() {
    if (!line_.empty())
      log::limited(rare_, log::level::warn, {field::detail(line_)}, "{detail}");
    line_.clear();
  }

  std::mutex lock_;
  std::string line_;
  log::repeat_limit rare_;
};

stream_to_log::stream_to_log(std::ostream& stream)
  : stream_(stream), buffer_(std::make_unique<line_buffer>()), before_(stream.rdbuf(buffer_.get())) {}

stream_to_log::~stream_to_log() { stream_.rdbuf(before_); }

} // namespace cadenza
