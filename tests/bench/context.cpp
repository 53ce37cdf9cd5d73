#include "tests/bench/bench.hpp"

#include <algorithm>
#include <stdexcept>

namespace cadenza::bench {

double ceilings::work_rate(double calls, double commits) const {
  const double by_calls = calls > 0 ? noop_64 / calls : 1e12;
  const double by_commits = commits > 0 ? store_64 / commits : 1e12;
  return std::min(by_calls, by_commits);
}

double ceilings::chain_ms(double calls, double commits) const {
  return calls * noop_ms + (syncs > 0 ? commits * 1e3 / syncs : 0);
}

void give_up(const std::string& why) { throw std::runtime_error(why); }

live_server::live_server(const options& from) : process_(from.server, directory_.path() + "/data", from.extra) {
  if (!process_.start()) {
    const auto said = process_.output();
    process_.kill();
    give_up(from.server + " does not start: " + said);
  }
  reconnect();
  if (!load::prepare_domain(*client_, domain, std::chrono::seconds(20))) {
    process_.kill();
    give_up("the domain cannot be registered");
  }
}

void live_server::reconnect() {
  client_.reset();
  client_ = std::make_unique<load::client>(process_.address(), 4);
}

live_server& context::shared() {
  if (!shared_)
    shared_ = std::make_unique<live_server>(opts);
  return *shared_;
}

void waiting::put(const std::string& id, std::function<void(bool)> over) {
  const std::lock_guard guard(mutex_);
  over_[id] = std::move(over);
}

void waiting::finish(const std::string& id, bool ok) {
  std::function<void(bool)> over;
  {
    const std::lock_guard guard(mutex_);
    const auto found = over_.find(id);
    if (found == over_.end())
      return;
    over = std::move(found->second);
    over_.erase(found);
  }
  over(ok);
}

void start(load::client& c, const std::string& task_list, const std::string& id, const std::string& input,
           std::function<void(bool)> over) {
  c.call<load::api::StartWorkflowExecutionRequest, load::api::StartWorkflowExecutionResponse>(
      "WorkflowAPI/StartWorkflowExecution", load::make_start(domain, task_list, id, input), std::chrono::seconds(30),
      [over = std::move(over)](const load::result& r, load::api::StartWorkflowExecutionResponse&) { over(r.ok()); });
}

void tell_failures(context& c, const std::string& name, const loop_result& r) {
  if (r.failed > 0)
    c.out.note(name + ": " + std::to_string(r.failed) + " of " + std::to_string(r.failed + r.done) + " FAILED");
}

} // namespace cadenza::bench
