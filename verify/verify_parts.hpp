#pragma once

#include "verify/verify.hpp"
#include "workflow/run.hpp"
#include "workflow/transaction.hpp"

#include "cadenza/record/v1/task.pb.h"

#include <algorithm>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

/// The parts of the check (verify*.cpp) for each other.
namespace cadenza::actors::verifying {

namespace rec = record::v1;

/// Thrown when the store does not answer: ends the check.
struct stopped {
  error reason;
};

template <class Result, class Call> Result wait_for(Call&& call) {
  const auto promise = std::make_shared<std::promise<Result>>();
  auto answer = promise->get_future();
  call([promise](Result result) { promise->set_value(std::move(result)); });
  auto result = answer.get();
  if (result.outcome == storage::status::unavailable)
    throw stopped{unavailable("the store does not answer: " + result.message)};
  return result;
}

/// Why a read gave nothing, or not all; "" when it gave what is there.
template <class Result> std::string unread(const Result& from) {
  if (from.outcome == storage::status::committed)
    return {};
  return from.message.empty() ? "the store does not say why" : from.message;
}

/// Hands every row of a scan with page tokens to `use`. A page that cannot be read ends it and is told.
template <class Row, class Scan, class Use> std::optional<std::string> for_each(Scan&& scan, Use&& use) {
  std::string token;
  do {
    auto page = wait_for<storage::page<Row>>([&](auto done) { scan(token, std::move(done)); });
    for (auto& row : page.rows)
      use(row);
    if (auto why = unread(page); !why.empty())
      return why;
    token = std::move(page.next);
  } while (!token.empty());
  return std::nullopt;
}

/// What a finding is about: a run, a workflow id, a domain, or nothing of these.
struct subject {
  subject() = default;
  subject(const run_key& run) : subject(run.domain_id, run.workflow_id, run.run_id) {}
  subject(std::optional<uuid> domain, std::string workflow, std::optional<uuid> run)
    : domain_id(domain), workflow_id(std::move(workflow)), run_id(run) {}
  std::optional<uuid> domain_id;
  std::string workflow_id;
  std::optional<uuid> run_id;
};

/// What all parts know.
struct context {
  const verify_source& from;
  verify_report& report;
  workflow::directory_ptr domains;

  [[nodiscard]] storage::store& store() const { return *from.store; }
  void check_stopping() const {
    if (from.stopping && from.stopping())
      throw stopped{unavailable("the check was stopped")};
  }
  [[nodiscard]] std::string domain_name(const uuid& id) const {
    const auto domain = domains->find(id);
    return domain ? domain->name : id.str();
  }
  /// What the lists said wrong is mended by making them anew, all at once at the end.
  std::int64_t lists_found = 0;
  bool lists_usable = true;
  /// Transfer tasks were lost and are to be made again: also those of closed runs, of which nobody knows whether they
  /// were carried out.
  bool transfer_lost = false;
  /// Notes what is wrong. The finding is counted even when there are too many to be kept.
  void found(finding::kind what, int shard, const subject& about, const std::string& text, bool mended = false);
  /// Notes that a part of the store cannot be read.
  void unreadable(int shard, const subject& about, const std::string& what, const std::string& why);
  /// Notes the parts that a scan of a queue has stepped over.
  void unreadable(int shard, const subject& about, const std::string& what,
                  const std::vector<storage::unreadable_range>& ranges);
};

/// Where the page of a queue ends: behind its last row, or behind what it has stepped over, whichever is later.
template <class Row> std::int64_t last_of(const storage::page<Row>& page, std::int64_t last_row) {
  return page.unreadable.empty() ? last_row : std::max(last_row, page.unreadable.back().last);
}

/// A stored task as far as the check needs it.
struct task_brief {
  int type = 0;
  std::int64_t event_id = 0; ///< schedule or initiated id, event of a timer
  std::int64_t attempt = 0;
  std::int64_t fire_ns = 0;
  std::int64_t task_id = 0;
};

struct run_tasks {
  run_key run;
  std::vector<task_brief> transfer;
  std::vector<task_brief> timers;
  bool seen = false; ///< the run exists
};

/// The unfinished tasks of one shard, by run.
class shard_tasks {
public:
  /// Reads them; what is damaged is a finding, unless they are read a second time.
  shard_tasks(context& scan, int shard, bool again = false);

  [[nodiscard]] run_tasks* find(const uuid& run) {
    const auto i = by_run_.find(run);
    return i == by_run_.end() ? nullptr : &i->second;
  }
  [[nodiscard]] std::unordered_map<uuid, run_tasks>& by_run() { return by_run_; }

  std::int64_t ack_transfer = 0;
  std::int64_t ack_timer_ns = 0;
  std::int64_t range_id = 0;
  std::int64_t highest_id = 0;
  rec::Shard row;
  bool row_read = false;
  bool complete = true; ///< false: not all of them could be read
  std::vector<std::int64_t> bad_transfer;
  std::vector<timer_row> bad_timers;
  /// Branches (tree, branch) whose nodes the removal of a run has still to drop.
  std::set<std::pair<uuid, uuid>> leaving;

private:
  void read_transfer(context& scan, int shard);
  void read_timers(context& scan, int shard);
  void note_leaving(const rec::HistoryBranch& branch);
  /// Notes what a page could not give. False: it ended early, and so does the scan.
  template <class Row> bool go_on(context& scan, const storage::page<Row>& page, const char* what, std::int64_t at);

  int shard_ = 0;
  bool again_ = false;
  std::unordered_map<uuid, run_tasks> by_run_;
};

/// What waits in the backlogs of task lists.
struct backlog {
  std::set<std::pair<uuid, std::int64_t>> tasks; ///< run, schedule id
  bool complete = true;                          ///< false: not all of them could be read

  /// Whether the task waits there, as far as can be told.
  [[nodiscard]] bool may_hold(const uuid& run, std::int64_t schedule_id) const {
    return !complete || tasks.contains({run, schedule_id});
  }
};
[[nodiscard]] backlog read_backlog(context& scan);

/// Rules and world for a replay of this run.
class replay_world {
public:
  replay_world(const context& scan, int shard, const uuid& domain, int reset_points);
  [[nodiscard]] const workflow::environment& env() const { return env_; }

private:
  workflow::rules rules_;
  workflow::environment env_;
};

/// A state made from history alone, and the events its pending external requests began with.
struct replayed_run {
  std::unique_ptr<workflow::run> state;
  std::shared_ptr<workflow::event_source> events;
  bool of_reset = false;
  std::int64_t count = 0;
};

/// Reads and replays events [1, to) of a branch, page by page; `to` 0: as far as there are nodes.
[[nodiscard]] outcome<replayed_run> replay_stored(const context& scan, int shard, const run_key& key,
                                                  const rec::HistoryBranch& branch, std::int64_t to,
                                                  const workflow::environment& env);

/// What a look at one run found.
struct run_look {
  run_rows rows;
  std::optional<workflow::run> state; ///< when the rows can be read
  rec::Run head;                      ///< when they cannot: what of the header parses
  std::vector<std::pair<finding::kind, std::string>> wrong;
  bool gone = false; ///< it is not there any more
  std::int64_t events = 0;
};

/// Checks state and history of one run.
[[nodiscard]] run_look look_at_run(const context& scan, int shard, const run_key& key);

/// What the run waits for and no stored task will bring; "" when all is well.
[[nodiscard]] std::string unwoken(const workflow::run& run, const run_tasks* tasks, const backlog& waiting,
                                  std::int64_t now_ns);

/// Whether the run belongs into the lists.
[[nodiscard]] bool listable(const workflow::run& run);
/// What `unlike_lists` says of a run that is not listed.
inline constexpr std::string_view in_no_list = "it is in no list";
/// What the lists say of a run that is not so; "" when all is well. An error when the lists cannot be read.
[[nodiscard]] outcome<std::string> unlike_lists(const context& scan, const workflow::run& run, std::int64_t now_ns);
/// Finds runs that are listed and not there. `stored`: how many runs of each domain are there and listed; `leaving`:
/// runs whose removal from the lists is under way.
[[nodiscard]] outcome<void> check_extra_listed(context& scan, const std::unordered_map<uuid, std::int64_t>& stored,
                                               const std::set<uuid>& leaving);

/// Mends one shard: what the check found is handed over, one thing at a time. Takes the shard at the first.
class mender {
public:
  mender(context& scan, int shard, shard_tasks& tasks);
  ~mender();

  /// Writes the run anew from its history. `stored`: its rows are there, under this version (0: they are not).
  [[nodiscard]] outcome<void> rebuild(const run_key& key, const rec::HistoryBranch& branch, std::int64_t to,
                                      std::int64_t stored);
  /// Makes the tasks of a run anew.
  [[nodiscard]] outcome<void> refresh(workflow::run& run);
  /// Makes it the current run of its workflow id, in place of whatever the row says now.
  [[nodiscard]] outcome<void> set_current(const workflow::run& run);
  [[nodiscard]] outcome<void> drop_current(const run_key& key);
  [[nodiscard]] outcome<void> write_branch(const run_key& key, const rec::HistoryBranch& branch);
  /// Removes nodes without a branch row.
  [[nodiscard]] outcome<void> drop_nodes(const uuid& tree, const uuid& branch);
  [[nodiscard]] outcome<void> drop_branch_row(const uuid& tree, const uuid& branch);
  /// Removes what rows are left of a run.
  [[nodiscard]] outcome<void> drop_run(const run_key& key);
  [[nodiscard]] outcome<void> drop_tasks(std::vector<std::int64_t> transfer, std::vector<timer_row> timers);

private:
  class id_source;

  [[nodiscard]] outcome<void> take();
  [[nodiscard]] storage::shard_transaction begin() const;
  [[nodiscard]] storage::shard_transaction transaction_of(const run_key& key, workflow::changes& made) const;
  [[nodiscard]] storage::history_tree read_tree(const uuid& tree) const;
  [[nodiscard]] outcome<void> commit(storage::shard_transaction tx);

  context& scan_;
  const int shard_;
  shard_tasks& tasks_;
  std::unique_ptr<id_source> ids_; ///< once the shard is taken
};

} // namespace cadenza::actors::verifying
