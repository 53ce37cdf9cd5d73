#pragma once

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace cadenza::storage::test {

/// Stands between a client and a server on loopback and cuts connections at the worst moments.
class cutting_proxy {
public:
  explicit cutting_proxy(int server_port);
  ~cutting_proxy();
  cutting_proxy(const cutting_proxy&) = delete;
  cutting_proxy& operator=(const cutting_proxy&) = delete;

  [[nodiscard]] int port() const { return port_; }

  /// The next answer of the server is thrown away and its connection cut: what it tells of has happened.
  void cut_before_next_answer() { cut_answers_ += 1; }
  /// The next request is thrown away and its connection cut: the server never hears of it.
  void cut_before_next_request() { cut_requests_ += 1; }
  /// The next request is passed on and its connection to the client cut at once: whether it happens first is open.
  void cut_after_next_request() { cut_behind_ += 1; }

  [[nodiscard]] int cuts() const { return cuts_; }

private:
  struct pair {
    int client = -1;
    int server = -1;
  };
  void run();
  void accept_one();
  /// False: the pair is over.
  [[nodiscard]] bool pass(pair& one, bool from_client);

  int server_port_;
  int listener_ = -1;
  int port_ = 0;
  int wake_[2]{-1, -1};
  std::atomic<int> cut_answers_{0};
  std::atomic<int> cut_requests_{0};
  std::atomic<int> cut_behind_{0};
  std::atomic<int> cuts_{0};
  std::vector<pair> pairs_;
  std::thread thread_;
};

} // namespace cadenza::storage::test
