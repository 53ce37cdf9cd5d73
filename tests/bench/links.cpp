#include "../unit/nodes/wire_node.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <functional>
#include <thread>
#include <vector>

/// Links between two processes on loopback, beside what plain TCP does in the same run: round trips, requests a second
/// with 64 at once, and large messages there and back.

namespace {

using namespace cadenza::actors;
using steady = std::chrono::steady_clock;

double ms_since(steady::time_point began) {
  return std::chrono::duration<double, std::milli>(steady::now() - began).count();
}

double median(std::vector<double> all) {
  std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end());
  return all[all.size() / 2];
}

struct peer {
  pid_t pid = 0;
  int hold = -1;
  int port = 0;
};

peer start_peer(const char* program) {
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  if (::pipe(in.data()) != 0 || ::pipe(out.data()) != 0)
    return {};
  peer made;
  made.pid = ::fork();
  if (made.pid == 0) {
    ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    ::close(in[1]);
    ::close(out[0]);
    ::execl(program, program, nullptr);
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  made.hold = in[1];
  for (char c = 0; ::read(out[0], &c, 1) == 1 && c != '\n';)
    made.port = made.port * 10 + (c - '0');
  return made;
}

/// A call that counts down when it is answered.
class counted_call final : public call {
public:
  explicit counted_call(std::function<void()> done) : call(INT64_MAX), done_(std::move(done)) {}
  ~counted_call() override { lost(); }

protected:
  void send(const google::protobuf::MessageLite&) override { done_(); }
  void send_bytes(std::string) override { done_(); }
  void fail(const cadenza::error& reason) override {
    std::fprintf(stderr, "refused: %s\n", reason.message.c_str());
    done_();
  }

private:
  const std::function<void()> done_;
};

/// Requests a second, `at_once` of them at a time.
double rate(const wire_node& node, std::size_t bytes, int at_once, int total) {
  std::mutex mutex;
  std::condition_variable over;
  int begun = 0;
  int left = total;
  const std::string content(bytes, 'x');
  std::function<void()> next = [&] {
    {
      const std::lock_guard lock(mutex);
      if (begun == total)
        return;
      ++begun;
    }
    node.links().ask("peer", {1, content, false, std::make_shared<counted_call>([&] {
                                const bool last = [&] {
                                  const std::lock_guard lock(mutex);
                                  return --left == 0;
                                }();
                                if (last)
                                  over.notify_one();
                                next();
                              })});
  };
  const auto began = steady::now();
  for (int i = 0; i < at_once; ++i)
    next();
  std::unique_lock lock(mutex);
  over.wait(lock, [&] { return left == 0; });
  return total / ms_since(began) * 1000;
}

double round_trip_ms(const wire_node& node, std::size_t bytes, int times) {
  std::vector<double> all;
  for (int i = 0; i < times; ++i) {
    const auto began = steady::now();
    ask(node, "peer", std::string(bytes, 'x')).wait();
    all.push_back(ms_since(began));
  }
  return median(std::move(all));
}

/// The same with plain TCP and an echo on a thread.
double tcp_round_trip_ms(std::size_t bytes, int times) {
  const int listening = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  ::bind(listening, reinterpret_cast<sockaddr*>(&at), sizeof at);
  ::listen(listening, 1);
  ::getsockname(listening, reinterpret_cast<sockaddr*>(&at), &size);
  const auto whole = [](int fd, std::string& buffer, bool out) {
    for (std::size_t done = 0; done < buffer.size();) {
      const auto moved = out ? ::write(fd, buffer.data() + done, buffer.size() - done)
                             : ::read(fd, buffer.data() + done, buffer.size() - done);
      if (moved <= 0)
        return false;
      done += static_cast<std::size_t>(moved);
    }
    return true;
  };
  std::thread echo([&] {
    const int fd = ::accept(listening, nullptr, nullptr);
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::string buffer(bytes, 0);
    while (whole(fd, buffer, false) && whole(fd, buffer, true))
      ;
    ::close(fd);
  });
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  ::connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  std::vector<double> all;
  std::string buffer(bytes, 'x');
  for (int i = 0; i < times; ++i) {
    const auto began = steady::now();
    whole(fd, buffer, true);
    whole(fd, buffer, false);
    all.push_back(ms_since(began));
  }
  ::close(fd);
  echo.join();
  ::close(listening);
  return median(std::move(all));
}

} // namespace

int main() {
  const auto other = start_peer(LINK_PEER);
  if (other.port == 0) {
    std::fprintf(stderr, "no other process\n");
    return 1;
  }
  {
    wire_node node("here");
    node.know("peer", other.port);
    rate(node, 100, 16, 2'000); // warm
    std::printf("%-44s %10s %10s\n", "", "link", "plain TCP");
    std::printf("%-44s %10.3f %10.3f\n", "round trip, 100 B, p50 ms", round_trip_ms(node, 100, 2'000),
                tcp_round_trip_ms(100, 2'000));
    std::printf("%-44s %10.2f %10.2f\n", "round trip, 2 MB, p50 ms", round_trip_ms(node, 2 << 20, 50),
                tcp_round_trip_ms(2 << 20, 50));
    std::printf("%-44s %10.1f %10.1f\n", "round trip, 20 MB, p50 ms", round_trip_ms(node, 20 << 20, 9),
                tcp_round_trip_ms(20 << 20, 9));
    for (const std::size_t bytes : {100U, 1'000U, 10'000U})
      std::printf("requests a second, 64 at once, %6zu B %17.0f\n", bytes, rate(node, bytes, 64, 40'000));
  }
  ::close(other.hold);
  ::waitpid(other.pid, nullptr, 0);
  return 0;
}
