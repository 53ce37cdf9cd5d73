#pragma once

#include "bridge/net/h2_session.hpp"
#include "bridge/net/server.hpp"
#include "raw_client.hpp"

#include <boost/test/unit_test.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace cadenza::tests {

namespace net = bridge::net;

/// What the streams of a test's server have seen.
struct h2_log {
  std::mutex lock;
  std::condition_variable changed;
  int opened = 0;
  int begun = 0;
  int closed = 0;
  std::vector<std::thread> threads;

  void count(int h2_log::*which) {
    const std::lock_guard guard(lock);
    ++(this->*which);
    changed.notify_all();
  }
  int value(int h2_log::*which) {
    const std::lock_guard guard(lock);
    return this->*which;
  }
  /// Waits until it is so much; false after ten seconds.
  bool wait(int h2_log::*which, int value) {
    std::unique_lock guard(lock);
    return changed.wait_for(guard, std::chrono::seconds(10), [&] { return this->*which >= value; });
  }
};

/// By its path: /echo gives the body back, /late does so from another thread, /bytes/N gives N bytes, /hang waits.
class test_stream final : public net::h2_stream {
public:
  test_stream(net::h2_session& in, std::int32_t id, h2_log& log, std::string path)
    : h2_stream(in, id), log_(log), path_(std::move(path)) {}

private:
  static constexpr net::header head[]{{":status", "200"}, {"content-type", "text/plain"}};
  static constexpr net::header tail[]{{"end", "yes"}};

  void on_data(std::string_view bytes) override {
    body_ += bytes;
    session()->take_more(*this, bytes.size());
  }
  void on_end() override { session()->begin_when_there_is_room(*this); }
  void on_begin() override {
    log_.count(&h2_log::begun);
    if (path_ == "/hang")
      return;
    session()->began(*this);
    if (path_.starts_with("/bytes/"))
      body_ = std::string(std::stoul(path_.substr(7)), 'b');
    if (path_ != "/late")
      return run_soon();
    const std::lock_guard guard(log_.lock);
    log_.threads.emplace_back([keep = net::counted_ptr<test_stream>(this)] { keep->run_soon(); });
  }
  void on_run() override {
    if (!session())
      return;
    if (session()->on().has_room_for(static_cast<std::int64_t>(body_.size())))
      session()->answer(*this, head, net::payload::make("", body_));
    else
      session()->answer(*this, refused, nullptr);
  }
  static constexpr net::header refused[]{{":status", "503"}};
  void on_closed() override { log_.count(&h2_log::closed); }
  void on_due(std::int64_t) override {}
  void on_abandon() override { session()->answer(*this, refused, nullptr); }
  std::span<const net::header> trailers() override { return tail; }

  h2_log& log_;
  const std::string path_;
  std::string body_;
};

struct test_user final : net::h2_user {
  h2_log log;
  net::h2_stream_ptr open(net::h2_session& in, std::int32_t id, const net::header_list& headers) override {
    log.count(&h2_log::opened);
    return new test_stream(in, id, log, std::string(headers.find(":path")));
  }
  void open_too_large(net::h2_session& in, std::int32_t id, const net::header_list&) override {
    static constexpr net::header head[]{{":status", "431"}};
    in.answer_at_once(id, head);
  }
};

/// A server on a free port of the loopback.
struct h2_site {
  explicit h2_site(const net::settings& how = {}) : server(how, registry, "test") {
    const auto bound = server.listen("127.0.0.1", 0, {&front});
    BOOST_REQUIRE(bound);
    port = *bound;
    BOOST_REQUIRE(server.start());
  }
  ~h2_site() {
    server.stop(std::chrono::milliseconds(0));
    for (auto& thread : user.log.threads)
      thread.join();
  }
  double refused(const char* limit) {
    return registry.value("cadenza_net_refused_total", {{"server", "test"}, {"limit", limit}});
  }
  double value(const char* gauge) { return registry.value(gauge, {{"server", "test"}}); }
  /// Waits for a gauge; false after ten seconds.
  bool becomes(const char* gauge, double value) {
    const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (this->value(gauge) != value && std::chrono::steady_clock::now() < latest)
      std::this_thread::yield();
    return this->value(gauge) == value;
  }
  static fields get(const std::string& path) {
    return {{":method", "GET"}, {":scheme", "http"}, {":path", path}, {":authority", "test"}};
  }

  metrics::registry registry;
  test_user user;
  net::h2_front front{user};
  net::server server;
  int port = 0;
};

} // namespace cadenza::tests
