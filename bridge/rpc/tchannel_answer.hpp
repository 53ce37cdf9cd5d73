#pragma once

#include "bridge/net/output.hpp"
#include "bridge/net/payload.hpp"
#include "bridge/rpc/tchannel_frames.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace cadenza::bridge {

/// What an answer repeats of its call.
struct tchannel_marks {
  std::uint32_t id = 0;
  std::array<char, tchannel::tracing_bytes> tracing{};
  tchannel::checksum_type sums = tchannel::checksum_type::none;
  [[nodiscard]] std::string_view trace() const { return {tracing.data(), tracing.size()}; }
};

/// An answer on its way: it leaves frame by frame, so that long ones do not hold up others.
class tchannel_answer {
public:
  /// `failed`: the body is an exception. `headers`: as they stand in the second argument; they fit one frame.
  tchannel_answer(const tchannel_marks& marks, bool failed, std::string headers, std::string body);

  /// The next frame.
  void emit(net::output& into);
  [[nodiscard]] bool done() const { return begun_ && at_ == body_->size(); }
  [[nodiscard]] std::int64_t bytes_left() const { return static_cast<std::int64_t>(body_->size() - at_); }

private:
  [[nodiscard]] std::string head() const; ///< what only the first frame has

  tchannel_marks marks_;
  bool failed_;
  bool begun_ = false;
  std::string headers_;
  net::payload_ptr body_;
  std::size_t at_ = 0;
  std::uint32_t checksum_ = 0;
};

} // namespace cadenza::bridge
