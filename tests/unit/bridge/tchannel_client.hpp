#pragma once

#include "bridge/rpc/tchannel_frames.hpp"
#include "tests/unit/net/loopback_socket.hpp"

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace cadenza::tests {

namespace tchannel = bridge::tchannel;

/// A TChannel client that says exactly what a test tells it to. Reading waits for at most ten seconds.
class tchannel_client {
public:
  struct frame {
    tchannel::frame_type type{};
    std::uint32_t id = 0;
    std::string payload;
  };
  /// The answer to a call, from however many frames.
  struct answer {
    bool error = false; ///< an error frame: `code` and `text`
    int code = 0;
    std::string text;
    std::map<std::string, std::string> headers;
    std::string body;
    int frames = 0;
    bool sums_right = true;
  };
  /// A call as it is sent.
  struct call {
    std::string method;
    std::string body;
    std::map<std::string, std::string> headers{};
    std::uint32_t ttl_ms = 20'000;
    tchannel::checksum_type sums = tchannel::checksum_type::crc32c;
    std::string scheme = "thrift";
    std::size_t frame_bytes_max = tchannel::frame_bytes_max;
  };

  explicit tchannel_client(int port) : socket_(port) {}

  void send(const std::string& bytes) {
    if (!socket_.send(bytes))
      throw std::runtime_error("the server takes nothing");
  }
  /// Nothing: the connection is over.
  std::optional<frame> read() {
    const auto head = socket_.read(tchannel::header_bytes);
    if (head.size() < tchannel::header_bytes)
      return std::nullopt;
    const auto rest = socket_.read(tchannel::size_of(head) - tchannel::header_bytes);
    const auto whole = head + rest;
    const auto out = tchannel::read_frame(whole);
    return frame{out.type, out.id, std::string(out.payload)};
  }
  frame must_read() {
    auto out = read();
    if (!out)
      throw std::runtime_error("the connection is over");
    return *out;
  }
  std::string read_text() { return socket_.rest(); }

  static std::string init(std::uint16_t version = 2) {
    std::string payload;
    tchannel::put_number(payload, version, 2);
    tchannel::put_number(payload, 2, 2);
    for (const char* text : {"host_port", "0.0.0.0:0", "process_name", "test"})
      tchannel::put_text(payload, text);
    return framed(tchannel::frame_type::init_request, 1, payload);
  }
  static std::string framed(tchannel::frame_type type, std::uint32_t id, const std::string& payload) {
    std::string out;
    tchannel::put_header(out, tchannel::header_bytes + payload.size(), type, id);
    return out + payload;
  }
  /// All frames of a call.
  static std::vector<std::string> frames(std::uint32_t id, const call& what) {
    std::string headers;
    tchannel::put_number(headers, what.headers.size(), 2);
    for (const auto& [name, value] : what.headers) {
      tchannel::put_text(headers, name);
      tchannel::put_text(headers, value);
    }
    std::string head;
    tchannel::put_number(head, what.ttl_ms, 4);
    head += std::string(tchannel::tracing_bytes, 't');
    tchannel::put_short_text(head, "cadence-frontend");
    tchannel::put_number(head, 2, 1);
    for (const auto& text : {std::string("as"), what.scheme, std::string("cn"), std::string("a caller")})
      tchannel::put_short_text(head, text);
    const std::string arguments[]{what.method, headers, what.body};
    std::vector<std::string> out;
    std::size_t which = 0;
    std::size_t at = 0;
    std::uint32_t sum = 0;
    while (true) {
      const bool first = out.empty();
      const auto room = what.frame_bytes_max - tchannel::header_bytes - 1 - (first ? head.size() : 0) - 5;
      std::string pieces;
      while (pieces.size() + 3 <= room) {
        const auto size = std::min(arguments[which].size() - at, room - pieces.size() - 2);
        const auto piece = arguments[which].substr(at, size);
        tchannel::put_text(pieces, piece);
        sum = tchannel::checksum(what.sums, sum, piece);
        at += size;
        if (at < arguments[which].size() || pieces.size() + 3 > room || which == 2)
          break;
        ++which;
        at = 0;
      }
      const bool last = which == 2 && at == arguments[which].size();
      std::string payload;
      tchannel::put_number(payload, last ? 0 : tchannel::more_follows, 1);
      payload += first ? head : std::string();
      tchannel::put_number(payload, static_cast<std::uint8_t>(what.sums), 1);
      if (what.sums != tchannel::checksum_type::none)
        tchannel::put_number(payload, sum, 4);
      using type = tchannel::frame_type;
      out.push_back(framed(first ? type::call_request : type::call_request_continue, id, payload + pieces));
      if (last)
        return out;
    }
  }
  static std::string bytes(std::uint32_t id, const call& what) {
    std::string out;
    for (const auto& one : frames(id, what))
      out += one;
    return out;
  }

  /// Shakes hands.
  void greet() {
    send(init());
    if (must_read().type != tchannel::frame_type::init_response)
      throw std::runtime_error("no init response");
  }
  answer ask(const call& what) {
    const auto id = ++last_id_;
    send(bytes(id, what));
    return read_answer(id);
  }
  /// Frames of other calls are kept for theirs.
  answer read_answer(std::uint32_t id) {
    answer out;
    std::string arguments[3];
    std::size_t which = 0;
    std::uint32_t sum = 0;
    while (true) {
      const auto next = next_of(id);
      ++out.frames;
      tchannel::cursor in(next.payload);
      if (next.type == tchannel::frame_type::error) {
        out.error = true;
        out.code = static_cast<int>(in.number(1));
        in.take(tchannel::tracing_bytes);
        out.text = std::string(in.text());
        return out;
      }
      const auto flags = in.number(1);
      if (next.type == tchannel::frame_type::call_response) {
        out.code = static_cast<int>(in.number(1));
        out.sums_right = in.take(tchannel::tracing_bytes) == std::string(tchannel::tracing_bytes, 't');
        for (auto left = in.number(1); left > 0; --left) {
          in.short_text();
          in.short_text();
        }
      }
      tchannel::arguments_part part;
      if (!tchannel::read_arguments_part(in.rest(), part))
        throw std::runtime_error("an answer cannot be read");
      tchannel::cursor pieces(part.pieces);
      while (!pieces.rest().empty()) {
        const auto piece = pieces.text();
        sum = tchannel::checksum(part.type, sum, piece);
        arguments[which] += piece;
        if (!pieces.rest().empty())
          ++which;
      }
      out.sums_right &= part.checksum == sum;
      if ((flags & tchannel::more_follows) == 0)
        break;
    }
    (void)tchannel::read_headers(arguments[1], [&](auto name, auto value) { out.headers[std::string(name)] = value; });
    out.body = arguments[2];
    return out;
  }

private:
  frame next_of(std::uint32_t id) {
    auto& waiting = kept_[id];
    while (waiting.empty()) {
      auto one = must_read();
      kept_[one.id].push_back(std::move(one));
    }
    auto out = waiting.front();
    waiting.erase(waiting.begin());
    return out;
  }

  loopback_socket socket_;
  std::uint32_t last_id_ = 1;
  std::map<std::uint32_t, std::vector<frame>> kept_;
};

} // namespace cadenza::tests
