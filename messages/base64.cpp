#include "messages/base64.hpp"

#include <absl/strings/escaping.h>

namespace cadenza {

namespace {

std::string_view without_padding(std::string_view text) {
  while (text.ends_with('='))
    text.remove_suffix(1);
  return text;
}

} // namespace

std::string to_base64(std::string_view raw) { return absl::Base64Escape({raw.data(), raw.size()}); }

std::string to_base64_url(std::string_view raw) { return absl::WebSafeBase64Escape({raw.data(), raw.size()}); }

bool from_base64(std::string_view text, std::string& raw) {
  std::string bytes;
  if (!absl::Base64Unescape({text.data(), text.size()}, &bytes))
    return false;
  // The library also takes blanks, points for padding, and bits that stand for nothing: only one text is each value's.
  const auto canonical = to_base64(bytes);
  if (text != canonical && text != without_padding(canonical))
    return false;
  raw += bytes;
  return true;
}

} // namespace cadenza
