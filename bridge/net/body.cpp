#include "bridge/net/body.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace cadenza::bridge::net {

std::pair<std::uint8_t*, std::size_t> body::room(std::size_t size_hint) {
  if (blocks_.empty() || blocks_.back().used == blocks_.back().capacity) {
    // As much as there is already, so that the number of blocks stays small; exactly what is missing when that is
    // known.
    auto capacity = std::clamp(size_, block_bytes_min, block_bytes_max);
    if (size_hint > size_)
      capacity = std::min(size_hint - size_, std::max(capacity, block_bytes_max / 16));
    blocks_.push_back({std::unique_ptr<std::uint8_t[]>(new std::uint8_t[capacity]), capacity, 0});
  }
  auto& last = blocks_.back();
  return {last.bytes.get() + last.used, last.capacity - last.used};
}

void body::grown(std::size_t bytes) {
  assert(!blocks_.empty() && bytes <= blocks_.back().capacity - blocks_.back().used);
  blocks_.back().used += bytes;
  size_ += bytes;
}

void body::append(std::string_view bytes, std::size_t size_hint) {
  while (!bytes.empty()) {
    const auto [to, free] = room(size_hint);
    const auto part = std::min(free, bytes.size());
    std::memcpy(to, bytes.data(), part);
    grown(part);
    bytes.remove_prefix(part);
  }
}

std::string body::whole() const {
  std::string out;
  out.reserve(size_);
  for (const auto& one : blocks_)
    out.append(reinterpret_cast<const char*>(one.bytes.get()), one.used);
  return out;
}

bool body::reader::Next(const void** data, int* size) {
  while (block_ < from_.blocks_.size() && at_ == from_.blocks_[block_].used) {
    ++block_;
    at_ = 0;
  }
  if (block_ == from_.blocks_.size())
    return false;
  const auto& b = from_.blocks_[block_];
  *data = b.bytes.get() + at_;
  *size = static_cast<int>(b.used - at_); // a block is far below 2 GiB
  read_ += *size;
  at_ = b.used;
  return true;
}

void body::reader::BackUp(int count) {
  at_ -= static_cast<std::size_t>(count); // at most what the last Next gave: within the block
  read_ -= count;
}

bool body::reader::Skip(int count) {
  const void* data = nullptr;
  int size = 0;
  while (count > 0 && Next(&data, &size)) {
    if (size > count) {
      BackUp(size - count);
      size = count;
    }
    count -= size;
  }
  return count == 0;
}

} // namespace cadenza::bridge::net
