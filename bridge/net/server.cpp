#include "bridge/net/server.hpp"

#include "config/log.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <sys/socket.h>
#include <unistd.h>

namespace cadenza::bridge::net {

namespace {

int loops_of(const settings& how) {
  return how.loops > 0 ? how.loops : std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / 2);
}

/// Ends a connection without the polite wait that would keep its port in the kernel.
void refuse(int descriptor) {
  const linger at_once{1, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(descriptor);
}

/// Runs something on a loop and waits for it.
class visit final : public posted {
public:
  explicit visit(std::function<void()> what) : what_(std::move(what)) {}
  void go(loop& on, bool own_thread) {
    loop_ = own_thread ? &on : nullptr;
    on.post(*this);
    std::unique_lock guard(lock_);
    done_told_.wait(guard, [this] { return done_; });
  }
  void on_posted() override {
    if (auto* on = std::exchange(loop_, nullptr))
      return on->run_on_own_thread(*this);
    what_();
    const std::lock_guard guard(lock_);
    done_ = true;
    done_told_.notify_one();
  }

private:
  const std::function<void()> what_;
  loop* loop_ = nullptr;
  std::mutex lock_;
  std::condition_variable done_told_;
  bool done_ = false;
};

} // namespace

/// A loop and the connections that it serves.
struct server::worker {
  loop on;
  std::list<std::unique_ptr<connection>> connections; ///< under the loop's turn
  std::mutex lock;
  std::condition_variable emptied;
  std::size_t count = 0; ///< under the lock
  bool draining = false; ///< under the loop's turn

  /// A connection that another loop has taken for this one.
  struct newcomer final : posted {
    newcomer(worker& w, common& c, int d, const address& a, address_book::place p, std::span<front* const> f)
      : at(w), shared(c), descriptor(d), from(a), place(p), fronts(f) {}
    void on_posted() override {
      at.adopt(shared, descriptor, from, place, fronts);
      delete this;
    }
    worker& at;
    common& shared;
    int descriptor;
    address from;
    address_book::place place;
    std::span<front* const> fronts;
  };

  void adopt(common& shared, int descriptor, const address& from, address_book::place place,
             std::span<front* const> fronts);
  void forget(std::list<std::unique_ptr<connection>>::iterator which);
};

struct server::port {
  std::vector<front*> fronts;
  std::vector<std::unique_ptr<listener>> listeners;
};

void server::worker::adopt(common& shared, int descriptor, const address& from, address_book::place place,
                           std::span<front* const> fronts) {
  {
    const std::lock_guard guard(lock);
    ++count;
  }
  const auto at = connections.emplace(connections.end());
  *at = std::make_unique<connection>(on, shared, plain_transport(descriptor), from, place, fronts,
                                     [this, at](connection&) { forget(at); });
  if (draining || !(*at)->begin())
    (*at)->close();
}

void server::worker::forget(std::list<std::unique_ptr<connection>>::iterator which) {
  on.bury(std::move(*which));
  connections.erase(which);
  const std::lock_guard guard(lock);
  if (--count == 0)
    emptied.notify_all();
}

server::server(const settings& how, metrics::registry& registry, std::string name)
  : common_(how, registry, name), name_(std::move(name)) {
  for (int i = 0; i < loops_of(how); ++i)
    workers_.push_back(std::make_unique<worker>());
}

server::~server() { stop(std::chrono::milliseconds(0)); }

outcome<int> server::listen(const std::string& host, int number, std::vector<front*> fronts) {
  auto sockets = bind_all(host, number);
  if (!sockets)
    return sockets.error();
  auto& p = *ports_.emplace_back(std::make_unique<port>());
  p.fronts = std::move(fronts);
  for (const int one : *sockets)
    p.listeners.push_back(
        std::make_unique<listener>(workers_.front()->on, one, common_.counts,
                                   [this, &p](int descriptor, const address& from) { take(p, descriptor, from); }));
  return number;
}

outcome<void> server::start() {
  for (const auto& w : workers_)
    if (!w->on.usable())
      return internal_error("the network layer has no descriptors to work with: raise the limit of open files");
  for (const auto& p : ports_)
    for (const auto& one : p->listeners)
      if (!one->begin())
        return internal_error("a port cannot be watched");
  started_ = true;
  for (const auto& w : workers_)
    w->on.start(name_.c_str());
  return {};
}

void server::take(port& on, int descriptor, const address& from) {
  if (common_.counts.connections.value() >= common_.how.connections_max) {
    common_.counts.refused(refusal::connections);
    return refuse(descriptor);
  }
  auto why = refusal::address_connections;
  const auto place = common_.addresses.enter(from, workers_.front()->on.now_ns(), why);
  if (!place) {
    common_.counts.refused(why);
    return refuse(descriptor);
  }
  common_.counts.connections.add();
  common_.counts.connections_total.add();
  auto& to = *workers_[next_++ % workers_.size()];
  if (&to == workers_.front().get())
    return to.adopt(common_, descriptor, from, *place, on.fronts);
  to.on.post(*new worker::newcomer(to, common_, descriptor, from, *place, on.fronts));
}

void server::for_each_loop(void (*what)(worker&)) {
  for (const auto& w : workers_)
    visit([&] { what(*w); }).go(w->on, true);
}

void server::stop(std::chrono::milliseconds grace) {
  if (std::exchange(stopped_, true) || !started_)
    return;
  visit([this] {
    for (const auto& p : ports_)
      for (const auto& one : p->listeners)
        one->close();
  }).go(workers_.front()->on, true);
  for_each_loop([](worker& w) {
    w.draining = true;
    for (auto at = w.connections.begin(); at != w.connections.end();)
      (**at++).drain();
  });
  if (const auto left = wait_until_empty(grace); left > 0 && grace.count() > 0)
    log::warn({field::count(left), field::waiting_s(std::chrono::duration_cast<std::chrono::seconds>(grace).count())},
              "stopping: {count} connections still had calls after {waiting_s} s and are closed");
  for_each_loop([](worker& w) {
    for (auto at = w.connections.begin(); at != w.connections.end();)
      (**at++).abandon();
  });
  for (const auto& w : workers_)
    w->on.stop();
}

std::size_t server::wait_until_empty(std::chrono::milliseconds longest) {
  std::size_t left = 0;
  const auto latest = std::chrono::steady_clock::now() + longest;
  for (const auto& w : workers_) {
    std::unique_lock guard(w->lock);
    w->emptied.wait_until(guard, latest, [&w] { return w->count == 0; });
    left += static_cast<std::size_t>(w->count);
  }
  return left;
}

} // namespace cadenza::bridge::net
