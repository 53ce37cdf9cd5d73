#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/base/lost_ranges.hpp"
#include "actors/base/rate_gate.hpp"
#include "actors/base/supervised.hpp"
#include "actors/matching/ack_tracker.hpp"
#include "actors/matching/matching_mail.hpp"
#include "actors/matching/partition_name.hpp"
#include "actors/matching/poll_queue.hpp"
#include "actors/matching/poller_book.hpp"
#include "actors/matching/task_starter.hpp"

#include "cadenza/record/v1/task.pb.h"

#include <list>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace cadenza::actors {

struct list_figures;

/// Ids of a list's stored backlog are given out in blocks, one for each lease.
inline constexpr std::int64_t list_block_size = 100'000;
/// A list has no more partitions than this.
inline constexpr int partitions_max = 10'000;
/// Tasks a second of a list whose pollers want no limit.
inline constexpr double initial_rate = 100'000;

/// One task list of one domain and one type, or one partition of it: brings tasks and waiting workers together.
///
/// A task that comes while a worker waits goes to it at once and is never stored here. While nothing older waits and
/// nothing limits the list, a run that makes a task takes a waiting worker itself (see poll_board), and the task does
/// not come here at all. Otherwise it waits in memory, still covered by the queue task it came from; when it has waited
/// long or there are many, it moves to the stored backlog, whose ids make it survive. Oldest first in either case.
///
/// A partition other than the root offers its parent what has waited here for a moment: a few polls, tasks and queries
/// at a time. They wait in both places; the claim they carry makes sure that only one of the two gives them away. What
/// becomes of a task is always told to the list that stores it.
///
/// While nothing waits in it a list has one wake-up ahead of it, for the end of its idle time, and about four KiB:
/// queues are lists of nodes, which cost nothing while they are empty.
///
/// Death: workers' polls answer UNAVAILABLE, tasks in memory are pushed again by their history shards, the stored
/// backlog is read again from its ack level. A task may then be offered twice; starting it is idempotent.
class task_list final : public supervised_actor {
public:
  task_list(caf::actor_config& cfg, const actor_context& env, task_starter_ptr starter, storage::task_list_key key,
            uber::cadence::api::v1::TaskListKind kind, caf::actor owner);
  ~task_list() override;

  const char* name() const override { return "task_list"; }
  void on_exit() override;

protected:
  caf::behavior make_behavior() override;

private:
  /// Where the list is in its life. It only goes forward.
  enum class phase {
    starting,
    reading, ///< its row, without which nothing of the backlog is known
    serving,
    idle, ///< the owner has been told that nothing happens here, and will let it go
    ending,
  };
  /// What of the list is being written; one thing at a time.
  enum class write { none, lease, tasks, ack_level, partitions };

  void handle(list_task_ptr&);
  void handle(list_poll_ptr&);
  void handle(dispatch_over&);
  void handle(poll_gone&);
  void handle(list_query_ptr&);
  void handle(std::shared_ptr<query_answer>&);
  void handle(std::shared_ptr<describe_list>&);
  void handle(std::shared_ptr<lists_of_domain>&);
  void handle(list_row_read&);
  void handle(list_written&);
  void handle(backlog_read&);
  void handle(list_idle&);
  void handle(list_quit&);
  void handle(show_lists&);
  void handle(kill_list&);

  void handle(std::shared_ptr<configure_list>&);
  void handle(std::shared_ptr<list_partitions>&);
  void handle(partitions_known&);
  void handle(forwarded_task&);
  void handle(forwarded_poll&);
  void handle(forwarded_query&);
  void handle(forward_taken&);
  void handle(list_look& look);
  void handle(stored_lists&);
  void handle(list_wanted&);
  void handle(list_moved&);

  // --- its end (task_list_end.cpp)
  void hand_back();
  void hear_the_end(matching_mail& mail);

  // --- life, polls and queries (task_list.cpp)
  void note_poll(const list_poll& poll);
  void wait_again(list_poll_ptr poll, bool in_front);
  void offer_at_once(list_task_ptr task);
  void finish(const list_task& task);
  void use_fallback(list_task_ptr task);
  void refresh_settings_if_old();
  void expire_polls();
  void fail_expired_queries();
  [[nodiscard]] bool busy() const;
  void note_waiting();
  void show();
  void tell_if_nobody_polls();
  void set_rate();
  /// Whether somebody wants a rate for this list.
  [[nodiscard]] bool limited() const { return settings_.override_rate > 0 || pollers_rate_ < initial_rate; }
  void tell_partitions();

  // --- now and then (task_list_wakes.cpp)
  /// Looks at the clock, `at_ns` or later.
  void on_wake(std::int64_t at_ns);
  /// Sees to it that on_wake() comes when it is needed next. After everything that this list has done.
  void arm();
  [[nodiscard]] std::int64_t next_wake() const;
  [[nodiscard]] const list_task* oldest_task() const;
  void refresh_settings();

  // --- matching and forwarding (task_list_match.cpp)
  void match();
  void match_queries();
  void match_in_order();
  void match_by_group();
  [[nodiscard]] bool match_one_by_group(const list_task_ptr& task, const caf::actor& home, bool paid);
  void tell_taken(const forwarded_task& offer, const caf::actor& home);
  void hand_over(list_task_ptr task, poll_queue::entry poll, const caf::actor& home);
  [[nodiscard]] bool may_skip();
  [[nodiscard]] list_task_ptr take_task();
  [[nodiscard]] const list_task* first_task();
  [[nodiscard]] forwarded_task* first_offer();
  [[nodiscard]] bool task_here() const { return !buffer_.empty() || !fresh_.empty() || !offers_.empty(); }
  void look_at(std::int64_t at_ns);
  void forward();
  void forward_tasks();
  void forward_polls();
  void forward_queries();
  [[nodiscard]] storage::task_list_key parent() const;

  // --- stored backlog (task_list_backlog.cpp)
  void read_row();
  void take_over();
  void serve();
  void spill();
  void write_backlog(std::vector<list_task_ptr> tasks);
  void read_backlog();
  void write_ack();
  void lose(storage::unreadable_range range);
  void touch_row();
  void take_ids(storage::task_list_transaction& tx, std::int64_t count);
  void configure_next();

  // --- description (task_list_describe.cpp)
  void describe(const describe_list& asked);
  void fill_status(uber::cadence::api::v1::TaskListStatus& status);
  void count_added(const std::string& group);
  void new_rate_window();

  [[nodiscard]] std::int64_t now() const { return env_.time->now_ns(); }
  void become(phase next);
  /// What is stored of the list is known: its row has been read. Of a sticky list nothing is stored.
  [[nodiscard]] bool stored_known() const { return phase_ >= phase::serving && !sticky(); }
  void begin_write(write what);
  void end_write();

  [[nodiscard]] bool sticky() const { return kind_ == uber::cadence::api::v1::TASK_LIST_KIND_STICKY; }
  [[nodiscard]] caf::actor me();

  const actor_context& env_;
  const task_starter_ptr starter_;
  const storage::task_list_key key_;
  const uber::cadence::api::v1::TaskListKind kind_;
  const caf::actor owner_;

  const std::optional<partition_name> partition_;
  list_settings settings_;
  std::int64_t settings_read_ns_ = 0;
  int reads_ = 1;                        ///< partitions that answer polls, as this one knows
  std::optional<partitions_known> told_; ///< to the owner

  const std::shared_ptr<poll_queue> polls_ = std::make_shared<poll_queue>(); ///< of runs, too: see poll_board
  std::list<list_task_ptr> fresh_;                                           ///< tasks in memory only
  std::list<list_task_ptr> buffer_;                             ///< read from the stored backlog, not handed out yet
  std::list<std::pair<std::int64_t, list_task_ptr>> later_;     ///< (not before, task): after a failed start
  std::list<list_query_ptr> queries_;                           ///< no worker has them yet
  std::unordered_map<std::string, list_query_ptr> with_worker_; ///< by task id
  poller_book book_;
  rate_gate gate_;
  double pollers_rate_; ///< tasks a second of the whole list, as pollers want it
  std::int64_t rate_set_ns_ = 0;
  std::int64_t last_used_ns_ = 0;
  std::vector<std::int64_t> wakes_;            ///< on their way, the earliest last; more than one is rare
  std::int64_t poll_deadline_ns_ = INT64_MAX;  ///< no poll here must be answered before
  std::int64_t query_deadline_ns_ = INT64_MAX; ///< nor a query

  // --- forwarding
  template <class T> struct offered {
    T what;
    std::int64_t at_ns = 0;
  };
  std::list<forwarded_task> offers_;              ///< by child partitions; they wait there as well
  std::vector<offered<list_task_ptr>> tasks_out_; ///< with the parent
  std::vector<offered<list_poll_ptr>> polls_out_;
  std::vector<offered<list_query_ptr>> queries_out_;
  rate_gate forward_gate_;
  std::int64_t look_ns_ = 0; ///< a look is on its way for then; 0: none

  // --- figures
  std::map<std::string, std::int64_t> added_; ///< by isolation group, in this window; "" is all together
  std::map<std::string, double> added_rate_;  ///< a second, in the window before
  std::int64_t window_ns_ = 0;
  std::int64_t reported_waiting_ = 0;
  std::int64_t reported_polls_ = 0;
  std::shared_ptr<list_figures> shown_; ///< on the metrics page; null: not there, as sticky lists are not
  bool nobody_polls_ = false;
  std::int64_t nobody_logged_ns_ = 0;

  // --- lease and backlog
  static constexpr std::int64_t retry_ns = 200 * ns_per_ms;     ///< after a start that failed
  static constexpr std::int64_t rate_window_ns = 10 * ns_per_s; ///< in which tasks that come are counted
  phase phase_ = phase::starting;
  record::v1::TaskListRow row_;
  bool owned_ = false; ///< the range id in row_ was taken by this incarnation
  std::int64_t next_id_ = 1;
  std::int64_t read_level_ = 0;
  std::int64_t max_written_ = 0;
  std::int64_t reading_to_ = 0; ///< end of the scan under way
  ack_tracker outstanding_;
  std::int64_t waiting_in_memory_ = 0; ///< tasks that nobody took when they came, and that are not stored
  std::int64_t done_in_memory_ = 0;    ///< of them those that are over
  std::int64_t told_read_level_ = 0;   ///< what was told never goes back
  lost_ranges lost_;                   ///< of the backlog, by task id
  std::int64_t done_level_ = 0; ///< how far the backlog is done; the stored ack level stays in front of what is lost
  write writing_ = write::none;
  bool reading_ = false;
  std::int64_t ack_written_ns_ = 0;
  std::list<std::shared_ptr<describe_list>> describes_; ///< wait for the row
  std::list<std::shared_ptr<configure_list>> to_configure_;
  std::shared_ptr<configure_list> configuring_; ///< its row is being written
};

} // namespace cadenza::actors
