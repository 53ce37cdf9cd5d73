#pragma once

#include "verify/verify_parts.hpp"

#include "cadenza/record/v1/run.pb.h"

#include <map>
#include <set>
#include <unordered_map>

namespace cadenza::actors::verifying {

inline constexpr int page_rows = 1000;    ///< rows read at once
using branch_key = std::pair<uuid, uuid>; ///< tree, branch

/// What goes through all shards.
struct totals {
  /// Runs that belong into the lists and were not missed there, by domain.
  std::unordered_map<uuid, std::int64_t> listable;
  std::set<uuid> leaving; ///< runs whose removal from the lists is under way
};

/// The check of one shard.
class shard_check {
public:
  shard_check(context& scan, int shard, const backlog& waiting, totals& all, bool repair)
    : scan_(scan), shard_(shard), waiting_(waiting), all_(all), repair_(repair), tasks_(scan, shard),
      mend_(scan, shard, tasks_) {}

  /// Looks at everything of the shard; what is wrong goes to the context, and is mended when that is wanted.
  void check();

private:
  struct known_run {
    run_key key;
    bool readable = false;
    int state = 0;
    int close_status = 0;
  };
  struct known_branch {
    rec::HistoryTree row;
    bool used = false;
  };

  /// Notes a finding; `mend` says how to mend it, and is only called when that is wanted.
  template <class Mend> bool tell(finding::kind what, const subject& run, std::string text, Mend&& mend) {
    bool mended = false;
    if (repair_) {
      const outcome<void> done = mend();
      mended = static_cast<bool>(done);
      if (!done)
        text += " (not mended: " + done.error().message + ")";
    }
    scan_.found(what, shard_, run, text, mended);
    return mended;
  }
  static outcome<void> not_possible(const char* why) { return error{error_kind::internal_service, why}; }

  // --- branches
  void read_branches();
  /// In a store that changes the row may be younger than the scan.
  bool has_row(const branch_key& key);
  void note_branches(const run_key& key, const rec::Run& head);
  void check_branches();
  /// A branch without any node of its own.
  bool end_is_first(const rec::HistoryBranch& branch);

  // --- runs
  void check_runs();
  void check_run(const run_key& key);
  outcome<void> rebuild(const run_key& key, const run_look& look);
  struct current_row {
    bool readable = true;               ///< false: that has been told
    std::optional<rec::CurrentRun> row; ///< absent, too, when it is damaged
  };
  current_row read_current(const workflow_key& key);
  bool exists(const run_key& key);
  void check_is_current(const workflow::run& run);
  bool still_open(const run_key& key);
  void check_listed(const workflow::run& run, const run_tasks* tasks);

  // --- current-run rows
  void check_current_rows();
  void check_current_row(const run_key& key, const rec::CurrentRun& current);

  // --- tasks
  void check_tasks();
  /// The run was deleted, and what it left is older than its deletion.
  static bool of_removed(const run_tasks& tasks);
  void dangling(const run_tasks& tasks);

  context& scan_;
  const int shard_;
  const backlog& waiting_;
  totals& all_;
  const bool repair_;
  shard_tasks tasks_;
  mender mend_;

  std::unordered_map<uuid, known_run> runs_;
  std::map<branch_key, known_branch> branches_;
  std::unordered_map<uuid, std::vector<branch_key>> by_owner_; ///< by run id, as the rows tell
  std::set<branch_key> shared_;                                ///< ancestors of other branches
};

} // namespace cadenza::actors::verifying
