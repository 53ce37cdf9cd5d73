#pragma once

#include "cadenza/record/v1/task.pb.h"
#include "messages/outcome.hpp"
#include "messages/uuid.hpp"
#include "storage/visibility/query/query_check.hpp"
#include "uber/cadence/api/v1/workflow.pb.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

/// Lists of runs: derived data, written behind from durable visibility tasks and fit to be thrown away and rebuilt.
namespace cadenza::storage {

enum class visibility_change_kind : std::uint8_t {
  started, ///< an open run as it was when it started
  upsert,  ///< an open run as it is after its search attributes changed
  closed,  ///< a run that ended; `record.close_status` says how
  remove,  ///< the run is gone; `record` is ignored
};

/// What became of one run. Of several changes of a run the one with the greatest task id wins, in whatever order they
/// arrive. Workflow id, type and start time of a run never change.
struct visibility_change {
  visibility_change_kind kind{};
  uuid domain_id;
  std::string workflow_id;
  uuid run_id;
  std::int64_t task_id = 0;
  std::int32_t shard = 0;
  record::v1::VisibilityRecord record; ///< whole, with every change; `execution_status` is the api enum, 0: deduced
};

/// How many changes of a batch took effect, and how many were older than what is stored or than another of the batch.
struct apply_result {
  std::int64_t applied = 0;
  std::int64_t ignored = 0;
};

/// At most one condition of a list.
struct list_filter {
  enum class by { nothing, workflow_id, type, status };
  by what = by::nothing;
  std::string text; ///< the workflow id or the type
  /// Only of closed lists.
  uber::cadence::api::v1::WorkflowExecutionCloseStatus status =
      uber::cadence::api::v1::WORKFLOW_EXECUTION_CLOSE_STATUS_INVALID;
};

/// Start times from `earliest_ns` to `latest_ns`, both included.
struct list_request {
  uuid domain_id;
  list_filter filter;
  std::int64_t earliest_ns = 0;
  std::int64_t latest_ns = INT64_MAX;
  int page_size = 1000;   ///< bounded to 1 … 10,000
  std::string page_token; ///< "" for the first page
};

struct query_request {
  uuid domain_id;
  visibility::checked_query query; ///< what `visibility::read_query` makes of a text; all runs as it is made
  int page_size = 1000;            ///< bounded to 1 … 10,000
  std::string page_token;          ///< "" for the first page
};

struct list_page {
  google::protobuf::RepeatedPtrField<uber::cadence::api::v1::WorkflowExecutionInfo> executions;
  std::string next_page_token; ///< "" when this was the last page
};

/// The reading side. Every call blocks; one thread at a time for each object.
///
/// Errors: bad_request for a token or query that cannot be; limit_exceeded for a query that would work too long;
/// unavailable when the disk refused; internal_data_inconsistency when the file is damaged and must be rebuilt.
class visibility_reader {
public:
  virtual ~visibility_reader() = default;

  /// Newest start first, runs of one start time by run id. Changes between two pages neither repeat nor hide a run
  /// whose own place did not change.
  [[nodiscard]] virtual outcome<list_page> list_open(const list_request& request) = 0;
  [[nodiscard]] virtual outcome<list_page> list_closed(const list_request& request) = 0;

  /// In the order the query asks for, else newest start first; equals by run id.
  [[nodiscard]] virtual outcome<list_page> list_by_query(const query_request& request) = 0;

  /// In no particular order, cheap however many runs there are; an ORDER BY is checked and ignored.
  [[nodiscard]] virtual outcome<list_page> scan_by_query(const query_request& request) = 0;

  /// `page_size` and `page_token` are ignored, and so is an ORDER BY.
  [[nodiscard]] virtual outcome<std::int64_t> count_by_query(const query_request& request) = 0;
};

class embedded_visibility;

/// The writing side, which can read as well: it sees its own changes at once. Every call blocks; one thread at a time.
class visibility_store : public visibility_reader {
public:
  /// Applies the whole batch in one transaction, or nothing of it. Afterwards every reader sees it, and it stays, but
  /// for what `embedded_visibility` says of its kind. A malformed change (no run id, closed without a status) is
  /// refused with internal_service before anything is written.
  [[nodiscard]] virtual outcome<apply_result> apply(std::span<const visibility_change> changes) = 0;

  /// Removes a run whatever changes of it come later.
  [[nodiscard]] virtual outcome<void> remove_run(const uuid& domain_id, const uuid& run_id) = 0;

  /// Empties the store, removed runs included: what a rebuild starts with.
  [[nodiscard]] virtual outcome<void> clear() = 0;

  /// Null when the store is a server of its own: what it has applied is durable, and it is not thrown away and rebuilt.
  [[nodiscard]] virtual embedded_visibility* embedded() { return nullptr; }
};

/// A store in a file of this process's.
class embedded_visibility : public visibility_store {
public:
  [[nodiscard]] embedded_visibility* embedded() override { return this; }

  /// Puts everything applied so far on disk: the tasks it came from may then be deleted. What was applied after the
  /// last time is there after a crash of the process; after one of the machine only a prefix of the batches surely is.
  /// Once this has failed with internal_data_inconsistency it always will: nobody can tell what reached the disk, so
  /// rebuild.
  [[nodiscard]] virtual outcome<void> make_durable() = 0;

  /// A second view for another thread, independent of this object's life. It sees every batch applied before its call
  /// began. Unavailable for a store in memory.
  [[nodiscard]] virtual outcome<std::unique_ptr<visibility_reader>> open_reader() const = 0;
};

struct visibility_options {
  std::string path;                             ///< the database file; its folder exists. "" keeps everything in memory
  int cache_kib = 8192;                         ///< page cache of each connection, at most
  std::int64_t removed_kept_max = 100'000;      ///< how many removed runs are remembered against late changes
  std::int64_t query_steps_max = 2'000'000'000; ///< work one call may do, in steps of the database's machine
  bool verify = false; ///< read the whole file and check it before use; takes as long as that takes
};

/// Opens the embedded store, creating it when there is none. internal_data_inconsistency when the file is damaged, is
/// no visibility database or was written by another version: `remove_visibility_files`, open again and rebuild.
[[nodiscard]] outcome<std::unique_ptr<embedded_visibility>> open_visibility_store(const visibility_options& options);

/// Where lines of the database library go, on any thread; `serious`: of damage or a failing disk, not of a statement
/// that could not be carried out. Before the first store of the process is opened, else it changes nothing.
void set_visibility_log(void (*write)(bool serious, std::string_view text));

/// Deletes the database at `path` with its side files. Nothing may have it open.
[[nodiscard]] outcome<void> remove_visibility_files(const std::string& path);

} // namespace cadenza::storage
