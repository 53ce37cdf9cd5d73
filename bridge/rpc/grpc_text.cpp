#include "bridge/rpc/grpc_text.hpp"

#include "messages/base64.hpp"

#include <array>

namespace cadenza::bridge::grpc_text {

std::optional<std::int64_t> parse_timeout(std::string_view text) {
  constexpr std::size_t digits_max = 8;
  if (text.size() < 2 || text.size() > digits_max + 1)
    return std::nullopt;
  std::int64_t unit_ns = 0;
  switch (text.back()) {
  case 'H': unit_ns = 3'600'000'000'000; break;
  case 'M': unit_ns = 60'000'000'000; break;
  case 'S': unit_ns = 1'000'000'000; break;
  case 'm': unit_ns = 1'000'000; break;
  case 'u': unit_ns = 1'000; break;
  case 'n': unit_ns = 1; break;
  default: return std::nullopt;
  }
  std::int64_t count = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9')
      return std::nullopt;
    count = count * 10 + (c - '0');
  }
  return count > INT64_MAX / unit_ns ? INT64_MAX : count * unit_ns;
}

bool is_protobuf(std::string_view content_type) {
  constexpr std::string_view plain = "application/grpc";
  constexpr std::string_view proto = "+proto";
  if (!content_type.starts_with(plain))
    return false;
  content_type.remove_prefix(plain.size());
  if (content_type.starts_with(proto))
    content_type.remove_prefix(proto.size());
  return content_type.empty() || content_type.front() == ';' || content_type.front() == ' ';
}

std::string encode_message(std::string_view message, std::size_t bytes_max) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  std::size_t whole = 0; // how much of it ends with a whole character
  for (std::size_t i = 0; i < message.size(); ++i) {
    const auto c = static_cast<unsigned char>(message[i]);
    if ((c & 0xC0) != 0x80)
      whole = out.size();
    if (c >= 0x20 && c <= 0x7E && c != '%') {
      out += static_cast<char>(c);
    } else {
      out += '%';
      out += digits[c >> 4];
      out += digits[c & 15];
    }
    if (out.size() > bytes_max) {
      out.resize(whole);
      return out;
    }
  }
  return out;
}

std::string encode_binary(std::string_view bytes) {
  auto out = to_base64(bytes);
  while (out.ends_with('='))
    out.pop_back();
  return out;
}

std::string_view code_text(int code) {
  constexpr std::array<std::string_view, 17> texts{"0", "1",  "2",  "3",  "4",  "5",  "6",  "7", "8",
                                                   "9", "10", "11", "12", "13", "14", "15", "16"};
  return texts[code >= 0 && code < static_cast<int>(texts.size()) ? static_cast<std::size_t>(code) : 2];
}

} // namespace cadenza::bridge::grpc_text
