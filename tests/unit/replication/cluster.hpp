#pragma once

#include "replication/activities.hpp"
#include "replication/apply.hpp"
#include "replication/failover.hpp"
#include "replication/outgoing.hpp"
#include "replication/reapply.hpp"
#include "workflow/decision_task.hpp"
#include "workflow/start.hpp"

#include <deque>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// Clusters of a group, each with a store of its own, over the pure rules: workflow/'s transactions write where the
/// domain is active, replication/'s rules everywhere else. What is asked of another cluster may fail at any time.
namespace cadenza::replication::test {

/// Something that the rules promise is not so.
class violated : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};
inline void require(bool holds, const std::string& what) {
  if (!holds)
    throw violated(what);
}

/// What a cluster of a tampered group does wrong, so that a test can show that it would notice.
enum class fault {
  none,
  keeps_its_branch,  ///< a batch of a higher version does not take the place of the own branch
  loses_signals,     ///< signals of histories that lost are not delivered
  believes_itself,   ///< what has beaten signals need not be known to whoever takes them
  forgets_next_runs, ///< the run that a batch continues as is not taken over
  hides_attempts,    ///< nobody is told of activities without events
};

/// What is the same for all clusters of a test.
struct world {
  std::int64_t now_ns = 1'700'000'000LL * ns_per_s;
  std::mt19937_64 random;
  workflow::rules limits;
  uuid domain_id = uuid::v4(1, 2);
  fault wrong = fault::none;
  int crash_one_in = 0;          ///< a cluster ends between the delivery of signals and the write behind it; 0: never
  std::set<std::string> dropped; ///< names of signals that the rules gave up
  [[nodiscard]] int below(int n) { return static_cast<int>(random() % static_cast<std::uint64_t>(n)); }
  [[nodiscard]] bool one_in(int n) { return below(n) == 0; }
};

/// What a worker has in its hand.
struct held_decision {
  uuid run;
  std::int64_t schedule_id = 0;
  std::int64_t attempt = 0;
};
struct held_activity {
  uuid run;
  std::int64_t schedule_id = 0;
  std::int64_t attempt = 0;
};

class cluster {
public:
  cluster(world& w, cluster_group group, int shards, std::vector<std::string> names);
  ~cluster();

  [[nodiscard]] const std::string& name() const { return group_.self(); }
  [[nodiscard]] const cluster_group& group() const { return group_; }
  [[nodiscard]] std::int64_t version() const { return row_.failover_version(); }
  void set_version(std::int64_t version) { row_.set_failover_version(version); }
  [[nodiscard]] bool active() const { return group_.mine(version()) && row_.failover_end_ns() == 0; }
  /// A graceful fail-over to here is under way: the domain is active nowhere yet.
  void set_pending(bool pending) { row_.set_failover_end_ns(pending ? 1 : 0); }
  [[nodiscard]] bool pending() const { return row_.failover_end_ns() != 0; }
  [[nodiscard]] int shards() const { return shards_; }
  [[nodiscard]] workflow::environment env();
  /// By its own clock, which may be before or behind those of the others.
  [[nodiscard]] std::int64_t now_ns() const { return world_.now_ns + skew_ns_; }
  void set_skew(std::int64_t ns) { skew_ns_ = ns; }

  // --- runs
  [[nodiscard]] std::vector<uuid> run_ids() const;
  [[nodiscard]] bool has(const uuid& id) const { return runs_.contains(id); }
  [[nodiscard]] workflow::run& run(const uuid& id) { return *runs_.at(id).state; }
  /// The run as its rows say, but for where its branches are stored, which is each cluster's own.
  [[nodiscard]] std::unique_ptr<workflow::run> comparable_run(const uuid& id) const;
  [[nodiscard]] std::optional<uuid> current(const std::string& workflow_id) const;
  [[nodiscard]] const rec::CurrentRun& current_row(const std::string& workflow_id) const {
    return current_.at(workflow_id);
  }
  [[nodiscard]] const std::map<std::string, rec::CurrentRun>& current_rows() const { return current_; }
  [[nodiscard]] std::vector<workflow::batch> branch(const rec::HistoryBranch& of, std::int64_t behind = INT64_MAX);
  [[nodiscard]] const api::HistoryEvent* event_on(const rec::HistoryBranch& of, std::int64_t id);
  [[nodiscard]] std::vector<api::HistoryEvent> events(const uuid& id);
  [[nodiscard]] const std::map<uuid, rec::VisibilityRecord>& lists() const { return lists_; }
  /// Forgets what is in memory.
  void restart();

  // --- as the active cluster; false or nothing: refused
  std::optional<uuid> start(const std::string& workflow_id, std::int32_t backoff_s = 0, const std::string& cron = {});
  bool signal(const uuid& id, const std::string& request_id, const std::string& name = "s");
  std::optional<held_decision> poll_decision();
  bool answer(const held_decision& held, std::vector<api::Decision> decisions);
  /// The worker could not decide.
  bool fail(const held_decision& held);
  bool cancel(const uuid& id, const std::string& request_id);
  std::optional<held_activity> poll_activity();
  /// 0 completes, 1 fails, 2 heartbeats.
  bool answer(const held_activity& held, int how);
  bool terminate(const uuid& id);
  /// Signals that the base has had behind that point come again, before `again`.
  bool reset(const uuid& base, std::int64_t finish_id, std::vector<api::HistoryEvent> again = {},
             const std::string& reason = "undo");
  /// Carries out the earliest timer that is due and may be carried out here.
  bool fire_due();
  [[nodiscard]] std::optional<std::int64_t> next_timer();
  /// What is done to every run when it is looked at after a fail-over.
  void end_decisions_in_flight();

  // --- replication
  struct message {
    std::optional<foreign_batch> batch;
    std::optional<foreign_activity> activity;
  };
  [[nodiscard]] std::vector<rec::ReplicationTask> queue(int shard) const;
  /// The first task of a shard's queue behind an id, or one of `ahead` behind that; null: there is none.
  [[nodiscard]] std::optional<rec::ReplicationTask> task_after(int shard, std::int64_t id, int ahead = 0) const;
  [[nodiscard]] std::optional<message> tell(const rec::ReplicationTask& task);
  /// Batches of a range of a run, as the other side asks for them; nothing: no such run.
  [[nodiscard]] std::optional<std::vector<foreign_batch>> resend(const uuid& id, const event_range& range);

  /// The other clusters by name while they can be reached, else null.
  using reach = std::function<cluster*(const std::string&)>;
  /// False: not applied, to be tried again.
  bool receive(const message& what, cluster& from, const reach& others, int depth = 0);
  /// Adds signals to the current run. False: not active here, or what has beaten them is not known here yet.
  bool take_signals(const std::string& workflow_id, const known_run& from, const std::vector<api::HistoryEvent>& events,
                    const std::optional<known_run>& winner = {});

  struct counts {
    int applied = 0, duplicates = 0, asked = 0, flushed = 0, rebuilt = 0, aside = 0, zombies = 0, conflicts = 0,
        signals = 0, resets = 0, synced = 0;
  };
  counts seen;

private:
  class ids;
  class run_access;
  class stored_events;
  friend class run_access;
  struct stored_run {
    std::unique_ptr<workflow::run> state;
    run_rows rows;
    std::unique_ptr<stored_events> events;
  };
  using branch_key = std::pair<std::string, std::string>;

  [[nodiscard]] int shard_of(const std::string& workflow_id) const;
  [[nodiscard]] workflow::task_id_source& ids_of(const std::string& workflow_id);
  bool receive_batch(const foreign_batch& batch, cluster& from, const reach& others, int depth);
  bool receive_activity(const foreign_activity& activity, cluster& from, const reach& others, int depth);
  bool fill_gap(const uuid& run, const event_range& range, cluster& from, const reach& others, int depth);
  bool send_signals(const applied& out, const foreign_batch& batch, const reach& others);
  [[nodiscard]] std::span<const workflow::batch> needed_part(const uuid& id,
                                                             std::span<const workflow::batch> all) const;
  void note_dropped(const std::vector<api::HistoryEvent>& signals);
  void count(const applied& out);
  void commit(applied&& out, const std::string& workflow_id);
  void commit(workflow::changes&& made, std::unique_ptr<workflow::run> state);
  void commit_own(workflow::changes&& made);
  void reload(const uuid& id);
  void reload_all(const std::string& workflow_id);
  /// The run may be written to here, and nothing of before a fail-over is in flight.
  bool prepare(const uuid& id);
  template <class Rule> bool step(const uuid& id, Rule&& rule);

  world& world_;
  cluster_group group_;
  int shards_;
  std::int64_t skew_ns_ = 0;
  rec::DomainRow row_;
  std::vector<std::unique_ptr<ids>> ids_;
  class seeded final : public workflow::entropy {
  public:
    explicit seeded(world& w) : world_(w) {}
    std::uint64_t next() override { return world_.random(); }

  private:
    world& world_;
  } chance_;
  std::map<uuid, stored_run> runs_;
  std::map<branch_key, std::map<std::int64_t, std::pair<std::int64_t, std::shared_ptr<api::History>>>> nodes_;
  std::map<std::string, rec::CurrentRun> current_;
  std::map<std::string, std::int64_t> trees_;
  std::map<uuid, rec::VisibilityRecord> lists_;
  std::map<uuid, std::int64_t> listed_by_;
  std::vector<std::map<std::int64_t, rec::ReplicationTask>> queues_; ///< by shard
  std::deque<rec::TransferTask> transfer_;
  std::deque<rec::TimerTask> timers_;
};

/// What must be equal in two clusters; "" when it is.
[[nodiscard]] std::string difference(cluster& a, cluster& b);
/// "8@11 9@12 | 8@11 10@13*", the current one with a star.
[[nodiscard]] std::string branches_of(const workflow::run& r);

[[nodiscard]] api::Decision complete();
[[nodiscard]] api::Decision activity(const std::string& id, bool retried);
[[nodiscard]] api::Decision timer(const std::string& id, std::int64_t seconds);
[[nodiscard]] api::Decision again();
[[nodiscard]] api::Decision cancel_timer(const std::string& id);
[[nodiscard]] api::Decision cancel_activity(const std::string& id);
[[nodiscard]] api::Decision marker();
[[nodiscard]] api::Decision upsert(const std::string& value);

} // namespace cadenza::replication::test
