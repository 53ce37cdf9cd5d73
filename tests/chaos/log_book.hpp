#pragma once

#include "tests/chaos/alarms.hpp"
#include "tests/load/client.hpp"
#include "tests/simulation/dice.hpp"
#include "tests/simulation/ledger.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace cadenza::chaos {

namespace api = load::api;

/// What clients and workers of a crash test share: what they were told, what went wrong, and chance. Any thread.
class log_book {
public:
  explicit log_book(std::uint64_t seed) : chance_(seed) {}

  template <class Change> void write(Change&& change) {
    const std::lock_guard guard(mutex_);
    change(book_);
  }
  void told(simulation::fact fact) {
    const std::lock_guard guard(mutex_);
    book_.facts.push_back(std::move(fact));
  }
  void problem(std::string what) {
    const std::lock_guard guard(mutex_);
    problems_.push_back(std::move(what));
  }
  void count(const std::string& what) {
    const std::lock_guard guard(mutex_);
    ++happened_[what];
  }
  /// Whether something of this kind has been counted.
  [[nodiscard]] bool has(const std::string& what) {
    const std::lock_guard guard(mutex_);
    return happened_.contains(what);
  }
  [[nodiscard]] std::int64_t below(std::int64_t n) {
    const std::lock_guard guard(mutex_);
    return chance_.below(n);
  }
  [[nodiscard]] bool permille(int n) { return below(1000) < n; }
  template <class Draw> auto draw(Draw&& from) {
    const std::lock_guard guard(mutex_);
    return from(chance_);
  }

  /// A call that is to be answered within its time unless the server dies: counts the deaths of the server.
  std::atomic<int> deaths{0};

  // --- when all is over
  [[nodiscard]] const simulation::ledger& ledger() const { return book_; }
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }
  [[nodiscard]] const std::map<std::string, std::int64_t>& happened() const { return happened_; }

private:
  std::mutex mutex_;
  simulation::dice chance_;
  simulation::ledger book_;
  std::vector<std::string> problems_;
  std::map<std::string, std::int64_t> happened_;
};

constexpr auto call_timeout = std::chrono::seconds(10);

/// Calls and looks at how the call ended: one that ran out of time although the server never died is a problem.
template <class Response, class Request>
void ask(load::client& client, log_book& book, const char* method, const Request& request,
         std::function<void(const load::result&, Response&)> then, bool must_answer = true) {
  client.call<Request, Response>(method, request, call_timeout,
                                 [&book, method, must_answer, deaths = book.deaths.load(),
                                  then = std::move(then)](const load::result& r, Response& response) {
                                   if (must_answer && r.code == 4 && deaths == book.deaths.load())
                                     book.problem(std::string(method) + " was not answered within its time");
                                   then(r, response);
                                 });
}

} // namespace cadenza::chaos
