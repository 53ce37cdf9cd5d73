#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/io/zero_copy_stream.h>

namespace cadenza::bridge::net {

/// The bytes of a request as they come: blocks that grow with what has arrived, so that nothing is moved once it is
/// here, and an announcement alone takes no memory.
class body {
public:
  /// `size_hint`: how many bytes will come in all, if that is known; 0 if not.
  void append(std::string_view bytes, std::size_t size_hint = 0);

  /// Room to write to, at least one byte; `grown` says how much of it was used.
  [[nodiscard]] std::pair<std::uint8_t*, std::size_t> room(std::size_t size_hint = 0);
  void grown(std::size_t bytes);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::string whole() const; ///< in one piece
  void clear() {
    blocks_.clear();
    size_ = 0;
  }

  /// Reads a body from its beginning. The body must outlive it and stay as it is.
  class reader final : public google::protobuf::io::ZeroCopyInputStream {
  public:
    explicit reader(const body& from) : from_(from) {}
    bool Next(const void** data, int* size) override;
    void BackUp(int count) override;
    bool Skip(int count) override;
    [[nodiscard]] std::int64_t ByteCount() const override { return read_; }

  private:
    const body& from_;
    std::size_t block_ = 0;
    std::size_t at_ = 0; ///< within the block
    std::int64_t read_ = 0;
  };

private:
  static constexpr std::size_t block_bytes_min = 512;
  static constexpr std::size_t block_bytes_max = 256 << 10;
  struct block {
    std::unique_ptr<std::uint8_t[]> bytes;
    std::size_t capacity = 0;
    std::size_t used = 0;
  };
  std::vector<block> blocks_;
  std::size_t size_ = 0;
};

} // namespace cadenza::bridge::net
