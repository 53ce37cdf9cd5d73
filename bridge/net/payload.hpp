#pragma once

#include "bridge/net/counted.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace cadenza::bridge::net {

/// The bytes of an answer, on their way to the socket: written once, then only referred to.
class payload final : public counted {
public:
  /// With room for `size` bytes that nobody has written yet.
  [[nodiscard]] static counted_ptr<payload> make(std::size_t size) { return new payload(size); }
  /// Takes a text over; `front`, at most `front_bytes_max`, goes before it.
  [[nodiscard]] static counted_ptr<payload> make(std::string_view front, std::string text);

  static constexpr std::size_t front_bytes_max = 32;

  [[nodiscard]] std::uint8_t* data() { return own_.get(); } ///< of a payload made with a size
  [[nodiscard]] std::size_t size() const { return own_size_ + text_.size(); }

  /// The bytes that lie together from `at` on; empty at the end.
  [[nodiscard]] std::string_view rest(std::size_t at) const {
    if (at < own_size_)
      return {reinterpret_cast<const char*>(own_.get()) + at, own_size_ - at};
    return std::string_view(text_).substr(at - own_size_);
  }

private:
  explicit payload(std::size_t size) : own_(new std::uint8_t[size]), own_size_(size) {}

  std::unique_ptr<std::uint8_t[]> own_;
  std::size_t own_size_;
  std::string text_; ///< follows them
};

using payload_ptr = counted_ptr<payload>;

} // namespace cadenza::bridge::net
