#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cadenza::bridge::net {

struct header {
  std::string_view name; ///< lower case; pseudo headers with their colon
  std::string_view value;
};

/// The headers of one request, as they come. Used again for the next request of the connection.
class header_list {
public:
  static constexpr std::size_t overhead_bytes = 32; ///< of each, as HTTP/2 counts (RFC 9113, 6.5.2)

  /// False once all of them together are larger than `bytes_max`; what goes beyond is not kept.
  bool add(std::string_view name, std::string_view value, std::size_t bytes_max) {
    bytes_ += name.size() + value.size() + overhead_bytes;
    if (bytes_ > bytes_max)
      return false;
    fields_.push_back({text_.size(), name.size(), value.size()});
    text_.append(name).append(value);
    return true;
  }
  void clear() {
    if (text_.capacity() > kept_bytes_max)
      *this = header_list();
    text_.clear();
    fields_.clear();
    bytes_ = 0;
  }

  [[nodiscard]] std::size_t size() const { return fields_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; } ///< also of those not kept
  [[nodiscard]] header operator[](std::size_t i) const {
    const auto& f = fields_[i];
    const std::string_view all(text_);
    return {all.substr(f.at, f.name), all.substr(f.at + f.name, f.value)};
  }
  /// Of the first of that name; empty when there is none.
  [[nodiscard]] std::string_view find(std::string_view name) const {
    for (std::size_t i = 0; i < fields_.size(); ++i)
      if (const auto h = (*this)[i]; h.name == name)
        return h.value;
    return {};
  }
  /// All names and values, one after the other.
  [[nodiscard]] std::string_view text() const { return text_; }

private:
  static constexpr std::size_t kept_bytes_max = 4 << 10;
  struct field {
    std::size_t at, name, value;
  };
  std::string text_;
  std::vector<field> fields_;
  std::size_t bytes_ = 0;
};

} // namespace cadenza::bridge::net
