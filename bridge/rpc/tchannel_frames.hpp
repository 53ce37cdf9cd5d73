#pragma once

#include "bridge/rpc/tchannel_checksum.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Frames of TChannel, version 2, as bytes: what is in them, and how they are written.
namespace cadenza::bridge::tchannel {

inline constexpr std::uint16_t version = 2;
inline constexpr std::size_t header_bytes = 16;
inline constexpr std::size_t frame_bytes_max = 0xFFFF;
inline constexpr std::size_t tracing_bytes = 25;
inline constexpr std::uint32_t no_id = 0xFFFFFFFF;
inline constexpr std::size_t method_bytes_max = 16 << 10; ///< of arg1

enum class frame_type : std::uint8_t {
  init_request = 0x01,
  init_response = 0x02,
  call_request = 0x03,
  call_response = 0x04,
  call_request_continue = 0x13,
  call_response_continue = 0x14,
  cancel = 0xc0,
  claim = 0xc1,
  ping_request = 0xd0,
  ping_response = 0xd1,
  error = 0xff,
};

enum class error_code : std::uint8_t {
  timeout = 0x01,
  cancelled = 0x02,
  busy = 0x03,
  declined = 0x04,
  unexpected = 0x05,
  bad_request = 0x06,
  protocol = 0xff,
};

inline constexpr std::uint8_t more_follows = 0x01; ///< a flag of frames of calls

struct frame {
  frame_type type{};
  std::uint32_t id = 0;
  std::string_view payload;
};

/// The size of the frame that begins with `bytes`, which has `header_bytes` at least; 0: it is none.
[[nodiscard]] std::size_t size_of(std::string_view bytes);
/// `bytes`: one whole frame.
[[nodiscard]] frame read_frame(std::string_view bytes);

/// Reads what payloads are made of. After the first thing that is not there everything is empty and zero.
class cursor {
public:
  explicit cursor(std::string_view bytes) : rest_(bytes) {}
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  std::string_view take(std::size_t size);
  std::uint64_t number(std::size_t bytes);
  std::string_view short_text() { return take(number(1)); } ///< "~1"
  std::string_view text() { return take(number(2)); }       ///< "~2"

private:
  std::string_view rest_;
  bool failed_ = false;
};

/// What an init request says. False: it cannot be read, or has another version.
struct greeting {
  bool readable = false;
  std::uint16_t version = 0;
  std::string_view process;
};
[[nodiscard]] greeting read_greeting(std::string_view payload);

/// The first frame of a call, but for its arguments.
struct call_head {
  std::uint8_t flags = 0;
  std::uint32_t ttl_ms = 0;
  std::string_view tracing;
  std::string_view service;
  std::string_view scheme; ///< "as": how arguments are written
  std::string_view caller; ///< "cn"
  std::string_view rest;   ///< checksum and arguments
};
/// False: it cannot be read.
[[nodiscard]] bool read_call_head(std::string_view payload, call_head& into);

/// One frame's part of a call's three arguments.
struct arguments_part {
  checksum_type type = checksum_type::none;
  std::uint32_t checksum = 0;
  std::string_view pieces; ///< each with its size before it
};
/// False: it cannot be read.
[[nodiscard]] bool read_arguments_part(std::string_view bytes, arguments_part& into);

/// Application headers: `nh:2 (k~2 v~2){nh}`. False: they cannot be read. `on_header` is called for each.
template <class OnHeader> [[nodiscard]] bool read_headers(std::string_view bytes, OnHeader on_header) {
  if (bytes.empty())
    return true;
  cursor in(bytes);
  for (auto left = in.number(2); left > 0 && !in.failed(); --left) {
    const auto name = in.text();
    const auto value = in.text();
    if (!in.failed())
      on_header(name, value);
  }
  return !in.failed();
}

// --- writing

void put_number(std::string& to, std::uint64_t value, std::size_t bytes);
void put_text(std::string& to, std::string_view text);       ///< "~2"
void put_short_text(std::string& to, std::string_view text); ///< "~1"
void put_header(std::string& to, std::size_t frame_bytes, frame_type type, std::uint32_t id);

[[nodiscard]] std::string empty_frame(frame_type type, std::uint32_t id);
[[nodiscard]] std::string init_response(std::uint32_t id, std::string_view host_port, std::string_view process);
/// `tracing`: of the call, "" when there is none. Long messages are cut.
[[nodiscard]] std::string error_frame(std::uint32_t id, error_code code, std::string_view tracing,
                                      std::string_view message);

} // namespace cadenza::bridge::tchannel
