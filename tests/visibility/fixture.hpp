#pragma once

#include "storage/visibility/visibility_store.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// Helpers of the visibility tests.
namespace visibility_test {

using cadenza::uuid;
using cadenza::storage::embedded_visibility;
using cadenza::storage::list_filter;
using cadenza::storage::list_page;
using cadenza::storage::list_request;
using cadenza::storage::query_request;
using cadenza::storage::visibility_change;
using cadenza::storage::visibility_change_kind;
using cadenza::storage::visibility_options;
using cadenza::storage::visibility_reader;
using cadenza::storage::visibility_store;
namespace api = uber::cadence::api::v1;

/// A folder of this test alone, removed with it.
class temporary_folder {
public:
  temporary_folder();
  ~temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

private:
  std::filesystem::path path_;
};

/// The n-th run id: ids sort as their numbers do.
uuid run_id(std::uint64_t n);
inline const uuid domain = uuid::v4(1, 1);
inline const uuid other_domain = uuid::v4(2, 2);

/// A change that is as it is unless a test says otherwise: workflow "wf-<n>" of type "order", started at `start_ns`.
visibility_change started(std::uint64_t n, std::int64_t start_ns, std::int64_t task_id = 1);
visibility_change closed(std::uint64_t n, std::int64_t start_ns, std::int64_t close_ns,
                         api::WorkflowExecutionCloseStatus status = api::WORKFLOW_EXECUTION_CLOSE_STATUS_COMPLETED,
                         std::int64_t task_id = 2);
visibility_change removed(std::uint64_t n, std::int64_t task_id);
visibility_change with_attributes(visibility_change change, const std::map<std::string, std::string>& attributes);

std::unique_ptr<embedded_visibility> open_in_memory();

/// What a test makes smaller than it is.
struct lists_bounds {
  std::int64_t removed_kept_max = 100'000;
  bool little_work = false; ///< a query may do next to nothing
};

/// Empty lists of the kind that the running case is for.
std::unique_ptr<visibility_store> open_lists(const lists_bounds& bounds = {});
/// The same lists without what `lists_bounds` made small, where that is a matter of time.
std::unique_ptr<visibility_store> with_usual_bounds(std::unique_ptr<visibility_store> lists);
/// How often to repeat what a store in this process does so often: one elsewhere takes longer for each.
int repeats(int times);

/// A case that runs on every kind of store: `name_sqlite`, `name_postgres` and `name_postgres_4`.
struct list_case {
  list_case(const char* name, const char* file, std::size_t line, void (*body)());
};
std::unique_ptr<embedded_visibility> open_file(const std::string& path);

/// Applies and requires success; how many took effect.
std::int64_t feed(visibility_store& store, const std::vector<visibility_change>& changes);

/// Workflow ids of every page, in order.
std::vector<std::string> all_open(visibility_reader& store, list_filter filter = {}, int page_size = 1000);
std::vector<std::string> all_closed(visibility_reader& store, list_filter filter = {}, int page_size = 1000);
std::vector<std::string> all_matching(visibility_reader& store, const std::string& query, int page_size = 1000);
std::vector<std::string> all_scanned(visibility_reader& store, const std::string& query, int page_size = 1000);
std::int64_t counted(visibility_reader& store, const std::string& query);

/// The request of a text, and what it gets.
cadenza::outcome<query_request> request_of(const std::string& query);
cadenza::outcome<list_page> listed_by(visibility_reader& store, const std::string& query);
cadenza::outcome<list_page> scanned_by(visibility_reader& store, const std::string& query);
cadenza::outcome<std::int64_t> counted_by(visibility_reader& store, const std::string& query);

/// The message of the bad_request a query gets from list, scan and count alike.
std::string refusal(visibility_reader& store, const std::string& query);

list_filter by_type(const std::string& type);
list_filter by_workflow(const std::string& id);
list_filter by_status(api::WorkflowExecutionCloseStatus status);

using ids = std::vector<std::string>;

} // namespace visibility_test

#define LIST_CASE(name)                                                                                                \
  static void name();                                                                                                  \
  static const visibility_test::list_case name##_on_all(#name, __FILE__, __LINE__, name);                              \
  static void name()

#define CHECK_IDS(actual, ...)                                                                                         \
  do {                                                                                                                 \
    const visibility_test::ids expected_ids __VA_ARGS__;                                                               \
    const visibility_test::ids actual_ids = (actual);                                                                  \
    BOOST_TEST(actual_ids == expected_ids, boost::test_tools::per_element());                                          \
  } while (false)
