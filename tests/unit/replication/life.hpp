#pragma once

#include "cluster.hpp"

/// A life of two or three clusters under one seed: what happens, when, and what is lost on the way is drawn from it
/// alone.
namespace cadenza::replication::test {

/// What a cluster has been told so far of one shard of another one.
struct stream {
  int from = 0;
  int to = 0;
  int shard = 0;
  std::int64_t after = 0; ///< task id
};

class life {
public:
  explicit life(std::uint64_t seed, fault wrong = fault::none);

  /// `rounds` times: trouble of `steps` steps, then all is well again and all clusters are compared. In the end every
  /// run is brought to its end where the domain is active. Throws `violated`.
  void live(int rounds, int steps);

  struct sums {
    cluster::counts seen;
    int failovers = 0;
    int graceful = 0;
    int runs = 0;
    int signals = 0;
    int dropped = 0; ///< signals that the rules gave up: nobody could have decided on them
    sums& operator+=(const sums& more);
  };
  [[nodiscard]] sums total() const;
  [[nodiscard]] const std::string& log() const { return log_; }
  /// Each run of each cluster with all its branches, event by event: for whoever looks into a failure.
  [[nodiscard]] std::string describe();

private:
  struct late_message {
    int from = 0;
    int to = 0;
    cluster::message what;
  };

  [[nodiscard]] cluster& at(int i) { return *clusters_[static_cast<std::size_t>(i)]; }
  [[nodiscard]] int count() const { return static_cast<int>(clusters_.size()); }
  [[nodiscard]] cluster& any() { return at(world_.below(count())); }
  [[nodiscard]] cluster& active();
  void note(const std::string& what) { log_ += what + ' '; }
  [[nodiscard]] bool linked(int i, int j) const {
    return up_[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
  }
  [[nodiscard]] cluster::reach reach_from(int i);

  // what clients, workers and operators do
  void step();
  void begin();
  void signal();
  void poll();
  void decide();
  [[nodiscard]] std::vector<api::Decision> some_decisions();
  void work();
  void terminate_or_reset();
  void fail_over();
  void fail_over_at(cluster& c, bool gracefully);
  void end_graceful(cluster& c, bool by_force);
  void tell_of_domain();
  void cut_or_mend();

  // what the links do
  void carry();
  void carry_late();
  bool drain();
  void settle();
  [[nodiscard]] bool all_told();
  [[nodiscard]] bool drained_to(int to);

  // when all is well
  void heal();
  void answer_all_decisions();
  void compare(const std::string& when);
  void check_runs();
  void replay_late();
  void finish();
  void run_dry(cluster& c, bool to_the_end);
  void check_idle(cluster& c);
  void check_signals();

  world world_;
  std::vector<std::unique_ptr<cluster>> clusters_;
  std::vector<std::vector<bool>> up_;
  std::vector<stream> streams_;
  std::vector<late_message> late_;
  std::vector<held_decision> decisions_;
  std::vector<held_activity> activities_;
  struct sent_signal {
    std::string name;
    std::string request_id; ///< "": none
  };
  std::vector<sent_signal> signals_;                                 ///< that a cluster has acknowledged
  std::map<std::string, std::pair<std::string, std::string>> asked_; ///< request id: workflow id, name
  int names_ = 0;
  int failovers_ = 0;
  int graceful_ = 0;
  bool calm_ = false;
  std::string log_;
};

} // namespace cadenza::replication::test
