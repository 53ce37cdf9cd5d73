#pragma once

#include "loopback_socket.hpp"

#include <nghttp2/nghttp2.h>

#include <cerrno>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cadenza::tests {

using fields = std::vector<std::pair<std::string, std::string>>;

/// A client that says exactly what a test tells it to, frame by frame. Reading waits for at most ten seconds.
class raw_client {
public:
  struct frame {
    int type = -1;
    int flags = 0;
    std::uint32_t id = 0;
    std::string payload;
    [[nodiscard]] bool end() const { return (flags & 1) != 0; }
    /// The error of RST_STREAM (at 0) or GOAWAY (at 4).
    [[nodiscard]] std::uint32_t code(std::size_t at = 0) const {
      std::uint32_t out = 0;
      for (std::size_t i = at; i < at + 4; ++i)
        out = out << 8 | static_cast<std::uint8_t>(payload.at(i));
      return out;
    }
  };
  enum type { data, headers, priority, rst, settings, push, ping, goaway, window, continuation };

  explicit raw_client(int port, int receive_bytes = 0) : socket_(port, receive_bytes) {
    nghttp2_hd_inflate_new(&inflater_);
  }
  ~raw_client() { nghttp2_hd_inflate_del(inflater_); }
  raw_client(const raw_client&) = delete;

  /// The connection ends with a reset instead of an orderly end.
  void abort_at_end() { socket_.abort_at_end(); }
  /// False once the server has hung up.
  bool send(const std::string& bytes) { return socket_.send(bytes); }
  bool greet(const std::string& own_settings = {}) {
    return send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + make(settings, 0, 0, own_settings));
  }

  static std::string number(std::uint32_t value, int bytes = 4) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i)
      out += static_cast<char>(value >> (8 * i));
    return out;
  }
  static std::string make(int kind, int flags, std::uint32_t id, const std::string& payload = {}) {
    return number(static_cast<std::uint32_t>(payload.size()), 3) + static_cast<char>(kind) + static_cast<char>(flags) +
           number(id) + payload;
  }
  static std::string setting(int id, std::uint32_t value) {
    return number(static_cast<std::uint32_t>(id), 2) + number(value);
  }
  /// A string as HPACK writes it, without Huffman's code.
  static std::string text(const std::string& t) {
    std::string out;
    if (t.size() < 127) {
      out += static_cast<char>(t.size());
    } else {
      out += static_cast<char>(127);
      auto rest = t.size() - 127;
      for (; rest >= 128; rest >>= 7)
        out += static_cast<char>(rest % 128 + 128);
      out += static_cast<char>(rest);
    }
    return out + t;
  }
  /// Literal header fields, not indexed.
  static std::string block(const fields& of) {
    std::string out;
    for (const auto& [name, value] : of)
      out += '\0' + text(name) + text(value);
    return out;
  }
  static fields grpc(const std::string& path, fields more = {}) {
    fields out{{":method", "POST"},
               {":scheme", "http"},
               {":path", path},
               {":authority", "test"},
               {"content-type", "application/grpc"},
               {"te", "trailers"}};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  /// HEADERS with everything in one frame.
  static std::string request(std::uint32_t id, const fields& of, bool end = false) {
    return make(headers, 4 + (end ? 1 : 0), id, block(of));
  }
  /// A gRPC message as it stands in a body.
  static std::string prefixed(const std::string& bytes, bool compressed = false) {
    return std::string(1, compressed ? '\1' : '\0') + number(static_cast<std::uint32_t>(bytes.size())) + bytes;
  }
  /// The same in DATA frames.
  static std::string message(std::uint32_t id, const std::string& bytes, bool end = true, bool compressed = false) {
    const auto all = prefixed(bytes, compressed);
    std::string out;
    for (std::size_t at = 0; at < all.size(); at += 16'000)
      out += make(data, end && at + 16'000 >= all.size() ? 1 : 0, id, all.substr(at, 16'000));
    return out;
  }

  /// Nothing: the server has hung up (or said nothing for ten seconds: `silent`).
  std::optional<frame> next() {
    std::string head;
    if (!read(head, 9))
      return std::nullopt;
    frame out;
    const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<std::uint8_t>(head[i])); };
    const auto size = at(0) << 16 | at(1) << 8 | at(2);
    out.type = static_cast<int>(at(3));
    out.flags = static_cast<int>(at(4));
    out.id = (at(5) << 24 | at(6) << 16 | at(7) << 8 | at(8)) & 0x7fffffffU;
    if (!read(out.payload, size))
      return std::nullopt;
    if (out.type == settings && (out.flags & 1) == 0)
      (void)send(make(settings, 1, 0));
    return out;
  }
  /// The next frame of a type; passes others over.
  std::optional<frame> next(int wanted) {
    while (auto out = next())
      if (out->type == wanted)
        return out;
    return std::nullopt;
  }
  /// So many bytes as they come.
  std::string some(std::size_t size) {
    std::string out;
    (void)read(out, size);
    return out;
  }
  /// Everything until the server hangs up.
  std::string rest() { return socket_.rest(); }
  [[nodiscard]] bool silent() const { return silent_; }
  /// Whether the server hangs up; what it still says is passed over.
  bool hung_up() {
    while (next()) {
    }
    return !silent_;
  }

  std::map<std::string, std::string> decode(const std::string& block_of) {
    std::map<std::string, std::string> out;
    const auto* in = reinterpret_cast<const std::uint8_t*>(block_of.data());
    auto left = block_of.size();
    while (true) {
      nghttp2_nv nv{};
      int flags = 0;
      const auto used = nghttp2_hd_inflate_hd2(inflater_, &nv, &flags, in, left, 1);
      if (used < 0)
        throw std::runtime_error("headers cannot be read");
      in += used;
      left -= static_cast<std::size_t>(used);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0)
        out[std::string(reinterpret_cast<char*>(nv.name), nv.namelen)] =
            std::string(reinterpret_cast<char*>(nv.value), nv.valuelen);
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0)
        break;
    }
    nghttp2_hd_inflate_end_headers(inflater_);
    return out;
  }

  struct answer {
    std::map<std::string, std::string> head;
    std::string body;
    std::map<std::string, std::string> trailers;
    std::optional<std::uint32_t> reset;
    bool over = false; ///< the server has ended it
    bool gone = false; ///< the connection is gone
    [[nodiscard]] std::string status() const {
      const auto& from = trailers.empty() ? head : trailers;
      const auto at = from.find("grpc-status");
      return at == from.end() ? "" : at->second;
    }
    [[nodiscard]] std::string text() const {
      const auto& from = trailers.empty() ? head : trailers;
      const auto at = from.find("grpc-message");
      return at == from.end() ? "" : at->second;
    }
  };
  /// The whole answer to one request. Windows are kept open. Frames of other requests are passed over.
  answer read_answer(std::uint32_t id) {
    answer out;
    while (!out.over) {
      const auto f = next();
      if (!f) {
        out.gone = true;
        return out;
      }
      if (f->type == headers) {
        auto decoded = decode(f->payload); // each block, or the table is out of step
        if (f->id == id)
          (out.head.empty() ? out.head : out.trailers) = std::move(decoded);
      }
      if (f->id != id)
        continue;
      if (f->type == data && !f->payload.empty()) {
        out.body += f->payload;
        (void)send(make(window, 0, id, number(static_cast<std::uint32_t>(f->payload.size()))) +
                   make(window, 0, 0, number(static_cast<std::uint32_t>(f->payload.size()))));
      }
      if (f->type == rst)
        out.reset = f->code();
      out.over = f->type == rst || ((f->type == headers || f->type == data) && f->end());
    }
    return out;
  }

private:
  bool read(std::string& into, std::size_t size) {
    errno = 0;
    into = socket_.read(size);
    silent_ = into.size() < size && (errno == EAGAIN || errno == EWOULDBLOCK);
    return into.size() == size;
  }

  loopback_socket socket_;
  nghttp2_hd_inflater* inflater_ = nullptr;
  bool silent_ = false;
};

} // namespace cadenza::tests
