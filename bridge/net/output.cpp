#include "bridge/net/output.hpp"

#include <algorithm>
#include <cassert>

namespace cadenza::bridge::net {

counted_ptr<payload> payload::make(std::string_view front, std::string text) {
  assert(front.size() <= front_bytes_max);
  counted_ptr<payload> out(new payload(front.size()));
  std::copy(front.begin(), front.end(), reinterpret_cast<char*>(out->own_.get()));
  out->text_ = std::move(text);
  return out;
}

void output::copy(std::string_view bytes) {
  if (bytes.empty())
    return;
  const auto at = copied_.size();
  copied_.insert(copied_.end(), bytes.begin(), bytes.end());
  size_ += bytes.size();
  if (pieces_.size() > first_ && !pieces_.back().elsewhere && pieces_.back().at + pieces_.back().size == at) {
    pieces_.back().size += bytes.size();
    return;
  }
  pieces_.push_back({at, nullptr, bytes.size(), nullptr});
}

void output::refer(std::string_view bytes, payload_ptr of) {
  if (bytes.empty())
    return;
  size_ += bytes.size();
  pieces_.push_back({0, bytes.data(), bytes.size(), std::move(of)});
}

std::span<const iovec> output::pieces() {
  vectors_.clear();
  for (auto i = first_; i < pieces_.size() && vectors_.size() < pieces_max; ++i) {
    const auto& p = pieces_[i];
    const auto* from = p.elsewhere ? p.elsewhere : copied_.data() + p.at;
    vectors_.push_back({const_cast<char*>(from), p.size});
  }
  return vectors_;
}

void output::written(std::size_t bytes) {
  assert(bytes <= size_);
  size_ -= bytes;
  while (bytes > 0) {
    auto& p = pieces_[first_];
    const auto part = std::min(bytes, p.size);
    if (p.elsewhere)
      p.elsewhere += part;
    else
      p.at += part;
    p.size -= part;
    bytes -= part;
    if (p.size == 0) {
      p.of.reset();
      ++first_;
    }
  }
  if (size_ == 0)
    clear();
}

void output::clear() {
  pieces_.clear();
  copied_.clear();
  first_ = 0;
  size_ = 0;
}

} // namespace cadenza::bridge::net
