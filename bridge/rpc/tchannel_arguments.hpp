#pragma once

#include "bridge/net/body.hpp"
#include "bridge/net/meters.hpp"
#include "bridge/rpc/tchannel_frames.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cadenza::bridge {

/// The three arguments of a call over TChannel.
struct tchannel_arguments {
  std::string_view method;
  std::string_view headers;
  std::string_view body;
};

/// Why arguments cannot be taken.
enum class tchannel_flaw { broken, checksum, too_large, headers_too_large, no_memory };

/// The usual case: all of them in one frame.
[[nodiscard]] std::optional<tchannel_flaw> read_arguments(const tchannel::arguments_part& all,
                                                          std::int64_t headers_bytes_max, tchannel_arguments& into);

/// A call whose arguments come in several frames, while they come.
class tchannel_arrival {
public:
  /// `body_bytes_max`, `headers_bytes_max`: of the arguments; memory for them is taken from `memory`.
  tchannel_arrival(net::account& memory, std::int64_t body_bytes_max, std::int64_t headers_bytes_max)
    : memory_(memory), body_bytes_max_(body_bytes_max), headers_bytes_max_(headers_bytes_max) {}

  /// Takes the next frame's part.
  [[nodiscard]] std::optional<tchannel_flaw> add(const tchannel::arguments_part& part, bool last);

  [[nodiscard]] const std::string& method() const { return method_; }
  [[nodiscard]] const std::string& headers() const { return headers_; }
  [[nodiscard]] const net::body& body() const { return body_; }
  [[nodiscard]] std::int64_t bytes() const { return memory_.bytes(); }

private:
  [[nodiscard]] std::optional<tchannel_flaw> keep(std::string_view piece);

  net::share memory_;
  const std::int64_t body_bytes_max_;
  const std::int64_t headers_bytes_max_;
  int at_ = 0; ///< which of them is arriving
  std::uint32_t checksum_ = 0;
  std::string method_;
  std::string headers_;
  net::body body_;
};

} // namespace cadenza::bridge
