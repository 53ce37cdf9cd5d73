#pragma once

#include "tests/chaos/log_book.hpp"
#include "tests/simulation/told_histories.hpp"

#include <memory>
#include <string>
#include <vector>

namespace cadenza::chaos {

/// The clients of a crash test: keep workflows being started, signalled, cancelled, terminated, restarted, reset and
/// queried. Every request is sent again under its own request id until its outcome is known, and what was acknowledged
/// is written into the log book.
class fleet {
public:
  fleet(load::client& client, alarms& clock, log_book& book) : client_(client), clock_(clock), book_(book) {}

  /// Keeps so many workflow ids in work until stop_driving().
  void drive(int at_once);
  /// Begins no more and waits until the requests under way are settled.
  void stop_driving();
  /// Waits until no workflow is open, or the time is over. False: the time is over.
  [[nodiscard]] bool wait_for_ends(std::chrono::seconds patience);
  /// Reads the histories of all runs; a problem for each that cannot be read.
  [[nodiscard]] simulation::runs read_everything();
  [[nodiscard]] int begun() const { return begun_.load(); }

private:
  struct story {
    std::string workflow_id;
    simulation::workflow_story told; ///< what of it does not change after the start
    std::vector<char> steps;         ///< what is still to be asked: s, c, t, r(estart), z(reset), q, Q(strong)
    int signals = 0;
  };
  using story_ptr = std::shared_ptr<story>;
  using then = std::function<void()>;

  void next();
  void start(story_ptr s, const std::string& request_id, bool with_signal);
  void started(story_ptr s, const std::string& run_id);
  void go_on(story_ptr s);
  void signal(story_ptr s, const std::string& mark);
  void cancel(story_ptr s, const std::string& request_id);
  void terminate(story_ptr s, const std::string& mark);
  void restart(story_ptr s, const std::string& request_id);
  void query(story_ptr s, bool strong, int tries_left);
  void plan_reset(story_ptr s);
  void reset(story_ptr s, std::int64_t finish_id, const std::string& request_id);
  /// Sends again, or goes on with the story when the answer is final.
  void settle(story_ptr s, const char* what, const load::result& r, then again);
  [[nodiscard]] std::string fresh() { return load::new_uuid(); }
  [[nodiscard]] bool history_of(const api::WorkflowExecution& execution, simulation::runs& into);

  load::client& client_;
  alarms& clock_;
  log_book& book_;
  std::atomic<bool> stop_{false};
  std::atomic<int> under_way_{0};
  std::atomic<int> begun_{0};
};

} // namespace cadenza::chaos
