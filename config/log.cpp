#include "config/log.hpp"

#include "config/stream_writer.hpp"
#include "messages/json_text.hpp"
#include "messages/utf8.hpp"

#include <algorithm>
#include <array>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <unistd.h>

namespace cadenza::log {

namespace detail {
std::atomic<int> minimum{static_cast<int>(level::info)};
} // namespace detail

namespace {

using std::chrono::milliseconds;

/// How long the end of a log waits for a stream that nobody reads, and for anything else that holds up the writer.
constexpr milliseconds stream_patience(500);
constexpr milliseconds end_patience(5000);

std::atomic<std::uint64_t> lost_outside{0}; ///< lines lost by logs that have ended, and while there was none

/// Standard error or output.
class stream_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> { // one thread writes
public:
  explicit stream_sink(int descriptor) : to_(descriptor) {}
  [[nodiscard]] stream_writer& to() { return to_; }

protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    to_.write({line.data(), line.size()});
  }
  void flush_() override {}

private:
  stream_writer to_;
};

/// A started log. Ends its writer, after all queued lines, when the last line in the making has let go of it.
struct writer {
  std::shared_ptr<stream_sink> stream; ///< null: it writes to a file
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
  bool json = false;
  std::string level_key;
};

std::atomic<std::shared_ptr<writer>> current;
std::mutex starting;

constexpr std::size_t message_bytes_max = 8 << 10;
constexpr std::size_t value_bytes_max = 2 << 10;

using buffer = fmt::basic_memory_buffer<char, 512>;

void append(buffer& out, std::string_view text) { out.append(text.data(), text.data() + text.size()); }

void append_json(buffer& out, std::string_view text) { append_json_string(out, text); }

/// What goes into a line: names and texts come from anybody and can be of any length, and need not be text.
std::string_view shown(std::string_view text, std::size_t bytes_max, std::string& room) {
  if (text.size() <= bytes_max && utf8::valid(text))
    return text;
  room = utf8::excerpt(text, bytes_max);
  return room;
}

void append_value(buffer& out, const field& of) {
  std::string room;
  if (of.is_number())
    fmt::format_to(std::back_inserter(out), "{}", of.number());
  else
    append(out, shown(of.text(), value_bytes_max, room));
}

/// The sentence with its values.
void append_sentence(buffer& out, fields values, sentence says) {
  const auto text = says.text();
  for (std::size_t at = 0; at < text.size();) {
    const auto mark = text.find('{', at);
    append(out, text.substr(at, mark == text.npos ? mark : mark - at));
    if (mark == text.npos)
      return;
    const auto end = text.find('}', mark);
    const auto name = text.substr(mark + 1, end - mark - 1);
    const auto* value = std::find_if(values.begin(), values.end(), [&](const auto& one) { return one.name() == name; });
    if (value != values.end())
      append_value(out, *value);
    at = end + 1;
  }
}

void append_message_json(buffer& out, const writer& to, level which, std::string_view message, fields values) {
  append_json(out, to.level_key);
  out.push_back(':');
  append_json(out, name_of(which));
  append(out, ",\"msg\":");
  append_json(out, message);
  std::string room;
  for (const auto& one : values) {
    if (one.empty())
      continue;
    out.push_back(',');
    append_json(out, one.name());
    out.push_back(':');
    if (one.is_number())
      append_value(out, one);
    else
      append_json(out, shown(one.text(), value_bytes_max, room));
  }
}

bool needs_quotes(char c) { return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == 0x7F; }

/// A field that the sentence does not quote.
void append_field_text(buffer& out, const field& one) {
  if (one.name() == cadenza::field::left_out.name) {
    fmt::format_to(std::back_inserter(out), " ({} more like this left out)", one.number());
    return;
  }
  out.push_back(' ');
  append(out, one.name());
  out.push_back('=');
  std::string room;
  const auto value = shown(one.text(), value_bytes_max, room);
  if (one.is_number() || std::none_of(value.begin(), value.end(), needs_quotes))
    append_value(out, one);
  else
    append_json(out, value);
}

bool quotes(sentence says, std::string_view name) {
  const auto text = says.text();
  for (auto at = text.find('{'); at != text.npos; at = text.find('{', at + 1))
    if (text.substr(at + 1, text.find('}', at) - at - 1) == name)
      return true;
  return false;
}

/// The sentence, and behind it the values that it does not quote.
void append_message_text(buffer& out, std::string_view message, fields values, sentence says) {
  // One event is one line, and no line commands a terminal.
  for (const char c : message)
    out.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c);
  for (const auto& one : values)
    if (!one.empty() && !quotes(says, one.name()))
      append_field_text(out, one);
}

spdlog::level::level_enum spdlog_level(level which) {
  switch (which) {
  case level::debug: return spdlog::level::debug;
  case level::info: return spdlog::level::info;
  case level::warn: return spdlog::level::warn;
  case level::error: return spdlog::level::err;
  case level::off: break;
  }
  return spdlog::level::off;
}

spdlog::sink_ptr make_file_sink(const options& how) {
  if (how.file_bytes_max == 0)
    return std::make_shared<spdlog::sinks::basic_file_sink_mt>(how.file);
  return std::make_shared<spdlog::sinks::rotating_file_sink_mt>(how.file, how.file_bytes_max,
                                                                static_cast<std::size_t>(how.files_kept_max));
}

/// Lets go of a log: its lines are written, as far as that takes no longer than we wait. A writer that hangs beyond
/// that is left to itself.
void end(std::shared_ptr<writer> last) {
  if (!last)
    return;
  if (last->stream)
    last->stream->to().hurry(stream_patience);
  std::promise<void> ended;
  auto end_of_writer = ended.get_future();
  std::thread([last = std::move(last), ended = std::move(ended)]() mutable {
    const auto stream = last->stream;
    auto lost = last->pool->overrun_counter();
    last.reset();
    if (stream)
      lost += stream->to().lost();
    lost_outside.fetch_add(lost, std::memory_order_relaxed);
    ended.set_value();
  }).detach();
  static_cast<void>(end_of_writer.wait_for(end_patience));
}

} // namespace

std::string_view name_of(level which) {
  constexpr std::array<std::string_view, 5> names{"debug", "info", "warn", "error", "off"};
  return names[static_cast<std::size_t>(which)];
}

std::optional<level> level_of(std::string_view name) {
  std::string lower(name);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  if (lower == "debug" || lower == "trace")
    return level::debug;
  if (lower == "info")
    return level::info;
  if (lower == "warn" || lower == "warning")
    return level::warn;
  if (lower == "error" || lower == "dpanic" || lower == "panic" || lower == "fatal")
    return level::error;
  if (lower == "off")
    return level::off;
  return std::nullopt;
}

outcome<void> start(const options& how) {
  const std::scoped_lock lock(starting);
  auto next = std::make_shared<writer>();
  try {
    spdlog::sink_ptr end_point;
    if (how.file.empty())
      end_point = next->stream = std::make_shared<stream_sink>(how.standard_output ? STDOUT_FILENO : STDERR_FILENO);
    else
      end_point = make_file_sink(how);
    next->pool = std::make_shared<spdlog::details::thread_pool>(how.queue_lines_max, 1);
    // The oldest lines are the ones to lose: the newest tell why the queue filled up, and no caller may wait.
    next->logger = std::make_shared<spdlog::async_logger>("cadenza", std::move(end_point), next->pool,
                                                          spdlog::async_overflow_policy::overrun_oldest);
    next->logger->set_level(spdlog::level::trace);
    next->logger->flush_on(spdlog::level::info);
    next->logger->set_pattern(how.json ? R"({"ts":"%Y-%m-%dT%H:%M:%S.%eZ",%v})" : "%Y-%m-%dT%H:%M:%S.%eZ %v",
                              spdlog::pattern_time_type::utc);
  } catch (const spdlog::spdlog_ex& failure) {
    return bad_request(fmt::format("the log cannot be opened: {}", failure.what()));
  }
  next->json = how.json;
  next->level_key = how.level_key;
  end(current.exchange(std::move(next)));
  set_level(how.minimum);
  return {};
}

void stop() {
  const std::scoped_lock lock(starting);
  end(current.exchange(nullptr));
}

void set_level(level minimum) { detail::minimum.store(static_cast<int>(minimum), std::memory_order_relaxed); }

level current_level() { return static_cast<level>(detail::minimum.load(std::memory_order_relaxed)); }

std::uint64_t lines_lost() {
  const auto to = current.load();
  auto lost = lost_outside.load(std::memory_order_relaxed);
  if (to)
    lost += to->pool->overrun_counter() + (to->stream ? to->stream->to().lost() : 0);
  return lost;
}

void write(level which, fields values, sentence says) {
  if (!enabled(which))
    return;
  buffer message;
  append_sentence(message, values, says);
  std::string room;
  const auto text = shown({message.data(), message.size()}, message_bytes_max, room);
  const auto to = current.load();
  buffer line;
  if (to && to->json) {
    append_message_json(line, *to, which, text, values);
  } else {
    fmt::format_to(std::back_inserter(line), "{:<5} ", name_of(which));
    append_message_text(line, text, values, says);
  }
  if (to) {
    to->logger->log(spdlog_level(which), spdlog::string_view_t(line.data(), line.size()));
  } else {
    line.push_back('\n');
    if (!write_without_waiting(STDERR_FILENO, {line.data(), line.size()}))
      lost_outside.fetch_add(1, std::memory_order_relaxed);
  }
}

void limited(repeat_limit& limit, level which, fields values, sentence says) {
  if (!enabled(which))
    return;
  if (const auto left_out = limit.admit())
    write_after(write, *left_out, which, values, says);
}

void write_after(const sink& to, std::uint64_t left_out, level which, fields values, sentence says) {
  if (left_out == 0)
    return to(which, values, says);
  std::vector<field> all(values.begin(), values.end());
  all.push_back(cadenza::field::left_out(left_out));
  to(which, all, says);
}

std::string text_of(fields values, sentence says) {
  buffer message;
  append_sentence(message, values, says);
  std::string room;
  buffer out;
  append_message_text(out, shown({message.data(), message.size()}, message_bytes_max, room), values, says);
  return {out.data(), out.size()};
}

std::string fields_markdown() {
  std::string out = "| field | kind | meaning |\n|---|---|---|\n";
  for (const auto& one : field_table)
    out.append("| `").append(one.name).append("` | ").append(one.kind).append(" | ").append(one.meaning).append(" |\n");
  return out;
}

std::optional<std::uint64_t> repeat_limit::admit(std::int64_t now_ns) {
  auto next_ns = next_ns_.load(std::memory_order_relaxed);
  if (now_ns < next_ns || !next_ns_.compare_exchange_strong(next_ns, now_ns + interval_ns_)) {
    quiet_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  return quiet_.exchange(0, std::memory_order_relaxed);
}

std::optional<std::uint64_t> repeat_limit::admit() {
  return admit(std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
                   .count());
}

} // namespace cadenza::log
