#include "bridge/net/transport.hpp"

#include <cerrno>

#include <sys/socket.h>
#include <unistd.h>

namespace cadenza::bridge::net {

namespace {

transport::result result_of(ssize_t done) {
  if (done > 0)
    return {transport::state::open, static_cast<std::size_t>(done)};
  if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
    return {transport::state::blocked, 0};
  return {transport::state::over, 0};
}

class plain final : public transport {
public:
  explicit plain(int descriptor) : descriptor_(descriptor) {}
  ~plain() override { ::close(descriptor_); }

  result read(std::uint8_t* to, std::size_t size) override { return result_of(::recv(descriptor_, to, size, 0)); }
  result write(std::span<const iovec> from) override {
    if (from.size() == 1)
      return result_of(::send(descriptor_, from.front().iov_base, from.front().iov_len, MSG_NOSIGNAL));
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(from.data());
    message.msg_iovlen = from.size();
    return result_of(::sendmsg(descriptor_, &message, MSG_NOSIGNAL));
  }
  void finish() override { ::shutdown(descriptor_, SHUT_WR); }
  int descriptor() const override { return descriptor_; }

private:
  const int descriptor_;
};

} // namespace

std::unique_ptr<transport> plain_transport(int descriptor) { return std::make_unique<plain>(descriptor); }

} // namespace cadenza::bridge::net
