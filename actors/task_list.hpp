#pragma once

#include "actors/ack_tracker.hpp"
#include "actors/mail.hpp"
#include "actors/poller_book.hpp"
#include "actors/rate_gate.hpp"

#include <caf/event_based_actor.hpp>

#include <deque>
#include <list>
#include <unordered_map>

namespace cadenza::actors {

/// Ids of a list's stored backlog are given out in blocks, one for each lease.
inline constexpr std::int64_t list_block_size = 100'000;

/// One task list of one domain and one type: brings tasks and waiting workers together.
///
/// A task that comes while a worker waits goes to it at once and is never stored here. Otherwise it waits in memory,
/// still covered by the queue task it came from; when it has waited long or there are many, it moves to the stored
/// backlog, whose ids make it survive. Oldest first in either case.
///
/// Death: workers' polls answer UNAVAILABLE, tasks in memory are pushed again by their history shards, the stored
/// backlog is read again from its ack level. A task may then be offered twice; starting it is idempotent.
class task_list final : public caf::event_based_actor {
public:
  task_list(caf::actor_config& cfg, const services& env, storage::task_list_key key,
            uber::cadence::api::v1::TaskListKind kind, caf::actor owner);
  ~task_list() override;

  const char* name() const override { return "task_list"; }
  void on_exit() override;

protected:
  caf::behavior make_behavior() override;

private:
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
  void handle(matching_query&);

  // --- matching (task_list.cpp)
  void match();
  void dispatch(list_task_ptr task, list_poll_ptr poll);
  [[nodiscard]] list_poll_ptr take_poll();
  [[nodiscard]] list_task_ptr take_task();
  void wait_again(list_poll_ptr poll, bool in_front);
  void answer_empty(const list_poll& poll);
  void finish(const list_task& task);
  void use_fallback(list_task_ptr task);
  void on_tick();
  void fail_expired_queries();

  // --- stored backlog (task_list_backlog.cpp)
  void read_row();
  void spill();
  void write_backlog(std::vector<list_task_ptr> tasks);
  void read_backlog();
  void write_ack();
  [[nodiscard]] bool stored_backlog_left() const { return read_level_ < max_written_ || !buffer_.empty(); }

  [[nodiscard]] std::int64_t now() const { return env_.time->now_ns(); }
  [[nodiscard]] bool sticky() const { return kind_ == uber::cadence::api::v1::TASK_LIST_KIND_STICKY; }
  [[nodiscard]] caf::actor me();

  const services& env_;
  const storage::task_list_key key_;
  const uber::cadence::api::v1::TaskListKind kind_;
  const caf::actor owner_;

  std::list<list_poll_ptr> polls_; ///< waiting workers, longest first
  std::unordered_map<std::uint64_t, std::list<list_poll_ptr>::iterator> by_id_;
  std::deque<list_task_ptr> fresh_;  ///< tasks in memory only
  std::deque<list_task_ptr> buffer_; ///< read from the stored backlog, not handed out yet
  std::deque<std::pair<std::int64_t, list_task_ptr>> later_; ///< (not before, task): after a failed start
  std::deque<list_query_ptr> queries_;                            ///< no worker has them yet
  std::unordered_map<std::string, list_query_ptr> with_worker_;   ///< by task id
  poller_book book_;
  rate_gate gate_;
  std::int64_t rate_set_ns_ = 0;
  std::int64_t last_used_ns_ = 0;
  std::int64_t added_ = 0;
  std::int64_t added_since_ns_ = 0;
  bool idle_told_ = false;

  // --- lease and backlog
  enum class lease { unknown, reading, known };
  lease lease_ = lease::unknown;
  record::v1::TaskListRow row_;
  bool owned_ = false; ///< the range id in row_ was taken by this incarnation
  std::int64_t next_id_ = 1;
  std::int64_t read_level_ = 0;
  std::int64_t max_written_ = 0;
  ack_tracker outstanding_;
  bool writing_ = false;
  bool reading_ = false;
  std::int64_t ack_written_ns_ = 0;
};

} // namespace cadenza::actors
