#pragma once

#include "bridge/net/connection.hpp"
#include "target.hpp"

#include <cstring>
#include <memory>
#include <string_view>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace cadenza::fuzz {

namespace net = bridge::net;

/// A client that sends an input in parts and takes answers, or takes nothing.
class memory_transport final : public net::transport {
public:
  memory_transport(std::string_view input, std::size_t part, bool takes)
    : input_(input), part_(part), takes_(takes), descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~memory_transport() override { ::close(descriptor_); }

  result read(std::uint8_t* to, std::size_t size) override {
    if (input_.empty())
      return {state::over, 0};
    size = std::min({size, part_, input_.size()});
    std::memcpy(to, input_.data(), size);
    input_.remove_prefix(size);
    return {state::open, size};
  }
  result write(std::span<const iovec> from) override {
    std::size_t size = 0;
    for (const auto& piece : from)
      size += piece.iov_len;
    return takes_ ? result{state::open, size} : result{state::blocked, 0};
  }
  void finish() override {}
  [[nodiscard]] int descriptor() const override { return descriptor_; }

private:
  std::string_view input_;
  const std::size_t part_;
  const bool takes_;
  const int descriptor_;
};

/// One connection without a socket: the input is played from its beginning to its end, by one thread.
class memory_connection {
public:
  /// The first byte of the input says how it is cut, and whether answers are taken.
  memory_connection(net::front& speaks, std::string_view input) : fronts_{&speaks} {
    REQUIRE(loop_.usable());
    const auto how = input.empty() ? 0 : static_cast<unsigned char>(input.front());
    input.remove_prefix(input.empty() ? 0 : 1);
    auto why = net::refusal::protocol;
    const auto place = common_.addresses.enter({}, loop_.now_ns(), why);
    REQUIRE(place.has_value());
    common_.counts.connections.add();
    connection_ = std::make_unique<net::connection>(
        loop_, common_, std::make_unique<memory_transport>(input, std::size_t{1} << (how % 16), (how & 16) == 0),
        net::address{}, *place, fronts_, [this](net::connection&) { over_ = true; });
    REQUIRE(connection_->begin());
  }

  /// On the loop's own thread, as what comes from a socket: on another one streams are not told that they are closed
  /// before the loop's thread runs. It ends before this returns.
  void play() {
    struct steps final : net::posted {
      explicit steps(memory_connection& m) : of(m) {}
      void on_posted() override {
        if (!of.loop_.on_foreign_thread()) {
          if (of.over_)
            return;
          if (left-- == 0)
            return of.connection_->close();
          of.connection_->on_events(EPOLLIN);
        }
        of.loop_.run_on_own_thread(*this);
      }
      memory_connection& of;
      int left = 100'000;
    } steps(*this);
    loop_.post(steps);
    loop_.start("fuzz");
    loop_.stop();
  }
  /// What is left behind must be nothing.
  void check_nothing_is_left() {
    REQUIRE(over_);
    REQUIRE(common_.counts.calls.value() == 0);
    REQUIRE(common_.counts.connections.value() == 0);
    REQUIRE(common_.requests.used() == 0);
    REQUIRE(common_.answers.used() == 0);
  }

  [[nodiscard]] static net::settings bounds() {
    net::settings how;
    how.message_bytes_max = 1 << 20;
    how.request_bytes_max = 4 << 20;
    return how;
  }

private:
  metrics::registry registry_;
  net::common common_{bounds(), registry_, "fuzz"};
  net::loop loop_;
  net::front* fronts_[1];
  std::unique_ptr<net::connection> connection_;
  bool over_ = false;
};

} // namespace cadenza::fuzz
