#pragma once

#include "actors/base/call.hpp"
#include "actors/base/matching_message.hpp"
#include "actors/base/task_receipt.hpp"
#include "messages/records.hpp"
#include "storage/store.hpp"

#include "uber/cadence/api/v1/service_worker.pb.h"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// What the matching owner and task lists are sent. One mail type, a shared pointer to a variant. Nothing of this
/// leaves the process: what is for a list or a run on another node the owner's desk tells in messages (far_desk.hpp).
namespace cadenza::actors {

/// Something that waits in a partition and, forwarded, in those of its parents that are on the same node as well:
/// whoever takes it first has it. A copy of its holder is free again. Between nodes nothing is shared: there a poll is
/// sent its task, and the run settles who has started a task (docs/decisions/021).
class claim {
public:
  claim() = default;
  claim(const claim&) noexcept {}
  claim& operator=(const claim&) noexcept { return *this; }
  /// True for the first who asks.
  [[nodiscard]] bool take() { return !taken_.exchange(true, std::memory_order_acq_rel); }
  /// Lets others take it again.
  void release() { taken_.store(false, std::memory_order_release); }
  [[nodiscard]] bool taken() const { return taken_.load(std::memory_order_acquire); }

private:
  std::atomic<bool> taken_{false};
};

/// A decision or activity task for a task list. `list` may name a partition; see `placed`.
struct list_task {
  storage::task_list_key list; ///< domain of the list, name, type
  uber::cadence::api::v1::TaskListKind kind = uber::cadence::api::v1::TASK_LIST_KIND_NORMAL;
  workflow_key workflow; ///< domain and id of the run
  uuid run_id;
  std::int64_t schedule_id = 0;
  std::int64_t attempt = -1; ///< of an activity, to tell stale tasks; -1: unknown
  std::int64_t version = 0;
  std::int64_t created_ns = 0;
  std::int64_t expiry_ns = 0; ///< 0: never
  std::string fallback_list;  ///< sticky decisions: the run's own list, to use when the worker is gone
  uber::cadence::api::v1::TaskListKind fallback_kind = uber::cadence::api::v1::TASK_LIST_KIND_NORMAL;
  receipt_ptr receipt;         ///< done() once a poller has the task or it is in the stored backlog
  std::int64_t backlog_id = 0; ///< task id in the list's stored backlog; 0: not stored there
  std::string isolation_group; ///< whose workers should have it; empty: anybody
  bool placed = false;         ///< its partition has been chosen
  bool waited = false;         ///< of the list that holds it: nobody took it when it came
  claim given;                 ///< to a poll
  errand_ptr offered;          ///< a copy of a task that another node stores: who hears what becomes of it
};
using list_task_ptr = std::shared_ptr<list_task>;

/// A worker that waits for a task. Held by the task list; handed to the run that answers it; handed back when the task
/// turned out to be stale.
struct list_poll {
  storage::task_list_key list;
  uber::cadence::api::v1::TaskListKind kind = uber::cadence::api::v1::TASK_LIST_KIND_NORMAL;
  std::string identity;
  std::string request_id; ///< drawn by the engine; makes starting the task idempotent
  std::string isolation_group;
  std::optional<double> rate;   ///< task_list_metadata.max_tasks_per_second
  std::int64_t deadline_ns = 0; ///< answer empty by then
  std::uint64_t id = 0;         ///< for cancelling
  call_ptr call;                ///< PollForDecisionTaskResponse or PollForActivityTaskResponse
  std::int64_t since_ns = 0;    ///< when it came
  bool auto_config = false;     ///< the worker is to hear how long it waited:
  std::int64_t waited_ms = 0;
  bool placed = false; ///< its partition has been chosen
  claim given;         ///< a task or a query
  errand_ptr offered;  ///< stands for a poll that waits on another node: tasks are sent there
};
using list_poll_ptr = std::shared_ptr<list_poll>;

/// How handing a task to a poll ended. Sent by the run (or by the command's destructor when the run died).
struct dispatch_over {
  list_task_ptr task;
  list_poll_ptr poll;     ///< set when the poll was not answered: it goes on waiting
  bool task_done = false; ///< started or stale; else the task must be offered again
  bool untried = false;   ///< not done, and nobody has tried: it may be offered at once
};

struct poll_gone {
  storage::task_list_key list;
  std::uint64_t id = 0;
};

/// A query for a worker. Never stored.
struct list_query {
  storage::task_list_key list;
  uber::cadence::api::v1::TaskListKind kind = uber::cadence::api::v1::TASK_LIST_KIND_NORMAL;
  workflow_key workflow; ///< of the run that is asked
  uuid run_id;
  uber::cadence::api::v1::WorkflowQuery query;
  bool sticky = false; ///< the worker has the run in its cache: it gets no history
  std::string task_id; ///< names the query in its token
  std::int64_t deadline_ns = 0;
  call_ptr call;                     ///< QueryWorkflowResponse
  bool placed = false;               ///< its partition has been chosen
  claim given;                       ///< to a poll
  std::int64_t offered_until_ns = 0; ///< to a parent on another node
};
using list_query_ptr = std::shared_ptr<list_query>;

/// A worker's answer to a query task.
struct query_answer {
  storage::task_list_key list;
  std::string task_id;
  std::shared_ptr<uber::cadence::api::v1::RespondQueryTaskCompletedRequest> request;
  call_ptr call; ///< of the worker's RPC
};

struct describe_list {
  storage::task_list_key list;
  uber::cadence::api::v1::TaskListKind kind = uber::cadence::api::v1::TASK_LIST_KIND_NORMAL;
  bool status = false;
  call_ptr call;
};

struct lists_of_domain {
  uuid domain_id;
  call_ptr call;
};

/// Sets which partitions a list has. Carried out by its root.
struct configure_list {
  storage::task_list_key list;
  uber::cadence::api::v1::TaskListPartitionConfig config; ///< read_partitions and write_partitions
  call_ptr call;                                          ///< UpdateTaskListPartitionConfigResponse
};

/// Asks the owner for the partitions of a list.
struct list_partitions {
  uuid domain_id;
  std::string name;
  call_ptr call; ///< ListTaskListPartitionsResponse
};

/// Tells the owner over which partitions tasks and polls of a list are spread.
struct partitions_known {
  storage::task_list_key list;
  std::vector<int> reads;
  std::vector<int> writes;
  bool random = false;
};

/// What a partition offers its parent it offers again after this: the parent may have died.
inline constexpr std::int64_t offer_kept_ns = 10'000'000'000;
/// What a partition offers its parent. It goes on waiting in the partition as well.
struct forwarded_task {
  storage::task_list_key to;
  list_task_ptr task;
  caf::actor from;                   ///< stores it
  caf::actor via;                    ///< the parent's child
  std::int64_t until_ns = INT64_MAX; ///< of a task from another node: the offer holds no longer
};
struct forwarded_poll {
  storage::task_list_key to;
  list_poll_ptr poll;
  caf::actor from;
};
struct forwarded_query {
  storage::task_list_key to;
  list_query_ptr query;
  caf::actor from;
};
/// The parent has taken something that the partition forwarded.
struct forward_taken {
  list_task_ptr task; ///< when it was a task
};
/// A moment for which a partition waited has come.
struct list_look {
  std::int64_t at_ns = 0; ///< what was asked for; another one asked for since has its own message
};

/// A moment for which a list waited has come.
struct list_wake {
  std::int64_t at_ns = 0;
};

/// Where a page of all stored lists begins.
struct stored_from {
  std::string page; ///< "": the first
  std::int64_t scan = 0;
};
/// A page of all stored lists: those with a backlog are brought into memory.
struct stored_lists {
  storage::page<std::pair<storage::task_list_key, std::string>> page;
  stored_from from;
};

/// A list that nobody may name again is to live.
struct list_wanted {
  storage::task_list_key list;
};

struct list_row_read {
  storage::read_result<std::string> row;
};
struct list_written {
  storage::commit_result result;
  std::vector<list_task_ptr> tasks;
};
struct list_idle {
  storage::task_list_key list;
};
struct list_quit {};
/// The list is on another node now. What waits in it goes there, by the owner; of what it has begun it hears the end.
struct list_moved {};
/// A list that has moved has heard all that it may hear.
struct list_is_over {};
struct backlog_read {
  storage::page<storage::backlog_row> page;
};

/// Where a matching owner enters its lists, for an operator who looks at the actors of a node.
class list_census {
public:
  virtual ~list_census() = default;
  /// `name` as it stands in the path of the list's actor. On the owner's thread.
  virtual void add(const std::string& name, const caf::actor& list) = 0;
};
struct show_lists {
  std::shared_ptr<list_census> into;
};
/// Kills a list, as operators and tests do.
struct kill_list {
  std::string name; ///< as in the path of its actor; empty: any list
  call_ptr call;    ///< google.protobuf.Empty, or entity_not_exists
};

using matching_mail =
    std::variant<list_task_ptr, list_poll_ptr, dispatch_over, poll_gone, list_query_ptr, std::shared_ptr<query_answer>,
                 std::shared_ptr<describe_list>, std::shared_ptr<lists_of_domain>, list_row_read, list_written,
                 backlog_read, list_idle, list_quit, show_lists, kill_list, std::shared_ptr<configure_list>,
                 std::shared_ptr<list_partitions>, partitions_known, forwarded_task, forwarded_poll, forwarded_query,
                 forward_taken, list_look, stored_lists, list_wanted, list_moved>;
using matching_mail_ptr = std::shared_ptr<matching_mail>;

template <class T> [[nodiscard]] matching_mail_ptr make_matching_mail(T&& content) {
  return std::make_shared<matching_mail>(std::forward<T>(content));
}

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::matching_mail_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::list_wake)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::list_is_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::stored_from)
