#include "bridge/rpc/tchannel_frames.hpp"

#include "messages/utf8.hpp"

namespace cadenza::bridge::tchannel {

namespace {

constexpr std::size_t message_bytes_max = 8 << 10; // of an error
constexpr std::string_view language = "cpp";
constexpr std::string_view language_version = "20";
constexpr std::string_view library_version = "1.0.0";

} // namespace

std::size_t size_of(std::string_view bytes) {
  const auto size =
      static_cast<std::size_t>(static_cast<std::uint8_t>(bytes[0])) << 8 | static_cast<std::uint8_t>(bytes[1]);
  return size < header_bytes ? 0 : size;
}

frame read_frame(std::string_view bytes) {
  cursor in(bytes.substr(2));
  frame out;
  out.type = static_cast<frame_type>(in.number(1));
  in.take(1);
  out.id = static_cast<std::uint32_t>(in.number(4));
  out.payload = bytes.substr(header_bytes);
  return out;
}

std::string_view cursor::take(std::size_t size) {
  if (size > rest_.size()) {
    failed_ = true;
    rest_ = {};
    return {};
  }
  const auto out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

std::uint64_t cursor::number(std::size_t bytes) {
  std::uint64_t out = 0;
  for (const char c : take(bytes))
    out = out << 8 | static_cast<std::uint8_t>(c);
  return out;
}

greeting read_greeting(std::string_view payload) {
  greeting out;
  cursor in(payload);
  out.version = static_cast<std::uint16_t>(in.number(2));
  for (auto left = in.number(2); left > 0 && !in.failed(); --left) {
    const auto name = in.text();
    const auto value = in.text();
    if (name == "process_name")
      out.process = value;
  }
  out.readable = !in.failed();
  return out;
}

bool read_call_head(std::string_view payload, call_head& into) {
  cursor in(payload);
  into.flags = static_cast<std::uint8_t>(in.number(1));
  into.ttl_ms = static_cast<std::uint32_t>(in.number(4));
  into.tracing = in.take(tracing_bytes);
  into.service = in.short_text();
  for (auto left = in.number(1); left > 0 && !in.failed(); --left) {
    const auto name = in.short_text();
    const auto value = in.short_text();
    if (name == "as")
      into.scheme = value;
    else if (name == "cn")
      into.caller = value;
  }
  into.rest = in.rest();
  return !in.failed();
}

bool read_arguments_part(std::string_view bytes, arguments_part& into) {
  cursor in(bytes);
  const auto type = in.number(1);
  if (in.failed() || type > static_cast<std::uint64_t>(checksum_type::crc32c))
    return false;
  into.type = static_cast<checksum_type>(type);
  if (into.type != checksum_type::none)
    into.checksum = static_cast<std::uint32_t>(in.number(4));
  into.pieces = in.rest();
  return !in.failed();
}

void put_number(std::string& to, std::uint64_t value, std::size_t bytes) {
  for (auto shift = static_cast<int>(bytes * 8) - 8; shift >= 0; shift -= 8)
    to += static_cast<char>(value >> shift);
}

void put_text(std::string& to, std::string_view text) {
  put_number(to, text.size(), 2);
  to += text;
}

void put_short_text(std::string& to, std::string_view text) {
  put_number(to, text.size(), 1);
  to += text;
}

void put_header(std::string& to, std::size_t frame_bytes, frame_type type, std::uint32_t id) {
  put_number(to, frame_bytes, 2);
  put_number(to, static_cast<std::uint8_t>(type), 1);
  put_number(to, 0, 1);
  put_number(to, id, 4);
  put_number(to, 0, 8);
}

std::string empty_frame(frame_type type, std::uint32_t id) {
  std::string out;
  put_header(out, header_bytes, type, id);
  return out;
}

std::string init_response(std::uint32_t id, std::string_view host_port, std::string_view process) {
  std::string payload;
  put_number(payload, version, 2);
  const std::array<std::pair<std::string_view, std::string_view>, 5> headers{
      {{"host_port", host_port},
       {"process_name", process},
       {"tchannel_language", language},
       {"tchannel_language_version", language_version},
       {"tchannel_version", library_version}}};
  put_number(payload, headers.size(), 2);
  for (const auto& [name, value] : headers) {
    put_text(payload, name);
    put_text(payload, value);
  }
  std::string out;
  put_header(out, header_bytes + payload.size(), frame_type::init_response, id);
  return out + payload;
}

std::string error_frame(std::uint32_t id, error_code code, std::string_view tracing, std::string_view message) {
  const auto text = utf8::head(message, message_bytes_max);
  std::string out;
  put_header(out, header_bytes + 1 + tracing_bytes + 2 + text.size(), frame_type::error, id);
  put_number(out, static_cast<std::uint8_t>(code), 1);
  out += tracing.size() == tracing_bytes ? std::string(tracing) : std::string(tracing_bytes, '\0');
  put_text(out, text);
  return out;
}

} // namespace cadenza::bridge::tchannel
