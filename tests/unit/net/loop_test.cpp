#include "bridge/net/loop.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <latch>
#include <thread>
#include <vector>

using namespace cadenza::bridge;

namespace {

/// Counts under the turn alone: ThreadSanitizer tells when that is not enough.
struct counter final : net::posted {
  counter(net::loop& l, std::int64_t& s, std::latch& d) : on(l), shared(s), done(d) {}
  void on_posted() override {
    ++shared;
    if (--left > 0)
      return on.post(*this); // while it is called
    done.count_down();
  }
  net::loop& on;
  std::int64_t& shared;
  std::latch& done;
  int left = 3;
};

struct starter final : net::posted {
  std::function<void()> what;
  void on_posted() override { what(); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(loops)

BOOST_AUTO_TEST_CASE(what_many_threads_post_runs_once_each_and_one_at_a_time) {
  constexpr int threads_count = 4;
  constexpr int posts_count = 5'000;
  net::loop loop;
  BOOST_REQUIRE(loop.usable());
  loop.start("test");
  std::int64_t shared = 0;
  std::latch done(threads_count * posts_count);
  std::vector<std::vector<std::unique_ptr<counter>>> all(threads_count);
  std::vector<std::thread> threads;
  for (auto& mine : all)
    for (int i = 0; i < posts_count; ++i)
      mine.push_back(std::make_unique<counter>(loop, shared, done));
  for (auto& mine : all)
    threads.emplace_back([&] {
      for (auto& one : mine)
        loop.post(*one);
    });
  for (auto& thread : threads)
    thread.join();
  done.wait();
  loop.stop();
  BOOST_TEST(shared == 3 * threads_count * posts_count);
}

BOOST_AUTO_TEST_CASE(a_post_to_a_sleeping_loop_runs_before_it_returns) {
  net::loop loop;
  loop.start("test");
  std::latch asleep(1);
  starter first;
  first.what = [&] { asleep.count_down(); };
  loop.post(first);
  asleep.wait();
  // Nothing else happens on the loop: whoever posts does the work, so a plain variable shows it at once. The loop may
  // still be on its way to sleep; then it does the work, soon.
  std::atomic<int> ran{0};
  for (int i = 0; i < 100; ++i) {
    starter one;
    one.what = [&] { ++ran; };
    loop.post(one);
    while (ran != i + 1)
      std::this_thread::yield();
  }
  BOOST_TEST(ran == 100);
}

BOOST_AUTO_TEST_CASE(a_timer_set_by_another_thread_wakes_a_loop_that_waits_for_nothing) {
  struct bell final : net::timer {
    std::latch rung{1};
    void on_timer(std::int64_t) override { rung.count_down(); }
  } bell;
  net::loop loop;
  loop.start("test");
  starter set;
  set.what = [&] { loop.timers().set(bell, loop.now_ns() + 1'000'000); };
  loop.post(set);
  bell.rung.wait();
  BOOST_TEST(bell.rung.try_wait());
}

BOOST_AUTO_TEST_CASE(what_is_for_the_loops_own_thread_runs_there) {
  net::loop loop;
  loop.start("test");
  std::thread::id where;
  std::latch ran(1);
  starter there;
  there.what = [&] {
    where = std::this_thread::get_id();
    ran.count_down();
  };
  starter here;
  here.what = [&] { loop.run_on_own_thread(there); };
  loop.post(here);
  ran.wait();
  BOOST_TEST((where != std::this_thread::get_id()));
}

BOOST_AUTO_TEST_SUITE_END()
