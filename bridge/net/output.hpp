#pragma once

#include "bridge/net/payload.hpp"

#include <span>
#include <string_view>
#include <vector>

#include <sys/uio.h>

namespace cadenza::bridge::net {

/// Bytes that are to be written next, in order: small ones are copied together, those of payloads stay where they are.
class output {
public:
  void copy(std::string_view bytes);
  void refer(std::string_view bytes, payload_ptr of);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  /// What to give to the kernel first: at most `pieces_max` pieces. Valid until the next call.
  static constexpr std::size_t pieces_max = 64;
  [[nodiscard]] std::span<const iovec> pieces();
  /// The first `bytes` have been written.
  void written(std::size_t bytes);
  /// Forgets everything but keeps its memory.
  void clear();
  /// Whether `pieces` would leave something out.
  [[nodiscard]] bool fragmented() const { return pieces_.size() - first_ >= pieces_max; }

private:
  struct piece {
    std::size_t at = 0; ///< in `copied_`, when nothing is referred to
    const char* elsewhere = nullptr;
    std::size_t size = 0;
    payload_ptr of;
  };

  std::vector<piece> pieces_;
  std::size_t first_ = 0; ///< pieces before it have been written
  std::vector<char> copied_;
  std::size_t size_ = 0;
  std::vector<iovec> vectors_;
};

} // namespace cadenza::bridge::net
