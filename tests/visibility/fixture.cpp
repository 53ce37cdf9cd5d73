#include "tests/visibility/fixture.hpp"

#include "storage/visibility/postgres/postgres_lists.hpp"
#include "tests/storage/postgres_server.hpp"

#include <unistd.h>

#include <cstdlib>

namespace visibility_test {

using cadenza::outcome;

temporary_folder::temporary_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "cadenza-visibility-XXXXXX").string();
  BOOST_REQUIRE(mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

temporary_folder::~temporary_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

uuid run_id(std::uint64_t n) { return uuid::v4(n << 20, 7); }

visibility_change started(std::uint64_t n, std::int64_t start_ns, std::int64_t task_id) {
  visibility_change change;
  change.kind = visibility_change_kind::started;
  change.domain_id = domain;
  change.workflow_id = "wf-" + std::to_string(n);
  change.run_id = run_id(n);
  change.task_id = task_id;
  change.shard = 3;
  change.record.set_type("order");
  change.record.set_start_ns(start_ns);
  change.record.set_task_list("lists");
  return change;
}

visibility_change closed(std::uint64_t n, std::int64_t start_ns, std::int64_t close_ns,
                         api::WorkflowExecutionCloseStatus status, std::int64_t task_id) {
  auto change = started(n, start_ns, task_id);
  change.kind = visibility_change_kind::closed;
  change.record.set_close_ns(close_ns);
  change.record.set_close_status(status);
  change.record.set_history_length(5);
  return change;
}

visibility_change removed(std::uint64_t n, std::int64_t task_id) {
  auto change = started(n, 0, task_id);
  change.kind = visibility_change_kind::remove;
  change.record.Clear();
  return change;
}

visibility_change with_attributes(visibility_change change, const std::map<std::string, std::string>& attributes) {
  auto& fields = *change.record.mutable_search_attributes()->mutable_indexed_fields();
  for (const auto& [key, json] : attributes)
    fields[key].set_data(json);
  return change;
}

std::unique_ptr<embedded_visibility> open_file(const std::string& path) {
  visibility_options options;
  options.path = path;
  auto store = cadenza::storage::open_visibility_store(options);
  BOOST_REQUIRE_MESSAGE(store, (store ? "" : store.error().message));
  return std::move(*store);
}

std::unique_ptr<embedded_visibility> open_in_memory() { return open_file(""); }

namespace {

namespace stores = cadenza::storage::test;

enum class kind { sqlite, postgres, postgres_4 };
kind running = kind::sqlite;

const std::vector<cadenza::storage::sql::postgres::endpoint>& databases_of(kind which) {
  static const auto make = [](std::initializer_list<const char*> names) {
    std::vector<cadenza::storage::sql::postgres::endpoint> out;
    for (const auto* name : names)
      out.push_back(stores::fresh_database(stores::shared_postgres(), name));
    return out;
  };
  if (which == kind::postgres) {
    static const auto one = make({"lists"});
    return one;
  }
  static const auto four = make({"lists_0", "lists_1", "lists_2", "lists_3"});
  return four;
}

std::unique_ptr<visibility_store> open_databases(const lists_bounds& bounds) {
  cadenza::storage::postgres_lists_options options;
  options.databases = databases_of(running);
  options.removed_kept_max = bounds.removed_kept_max;
  if (bounds.little_work)
    options.query_longest = std::chrono::milliseconds(1);
  auto store = cadenza::storage::open_postgres_lists(std::move(options));
  BOOST_REQUIRE_MESSAGE(store, (store ? "" : store.error().message));
  return std::move(*store);
}

} // namespace

std::unique_ptr<visibility_store> open_lists(const lists_bounds& bounds) {
  if (running != kind::sqlite) {
    auto store = open_databases(bounds);
    BOOST_REQUIRE(bool{store->clear()});
    return store;
  }
  visibility_options options;
  options.removed_kept_max = bounds.removed_kept_max;
  if (bounds.little_work)
    options.query_steps_max = 20'000;
  auto store = cadenza::storage::open_visibility_store(options);
  BOOST_REQUIRE_MESSAGE(store, (store ? "" : store.error().message));
  return std::move(*store);
}

std::unique_ptr<visibility_store> with_usual_bounds(std::unique_ptr<visibility_store> lists) {
  return running == kind::sqlite ? std::move(lists) : open_databases({});
}

int repeats(int times) { return running == kind::sqlite ? times : times / 20; }

list_case::list_case(const char* name, const char* file, std::size_t line, void (*body)()) {
  namespace ut = boost::unit_test;
  constexpr const char* names[]{"_sqlite", "_postgres", "_postgres_4"};
  for (const auto on : {kind::sqlite, kind::postgres, kind::postgres_4}) {
    const auto run = [body, on] {
      running = on;
      body();
    };
    auto* test = ut::make_test_case(run, name + std::string(names[static_cast<int>(on)]), file, line);
    const ut::ut_detail::auto_test_unit_registrar registered(test, ut::decorator::collector_t::instance());
  }
}

std::int64_t feed(visibility_store& store, const std::vector<visibility_change>& changes) {
  const auto result = store.apply(changes);
  BOOST_REQUIRE_MESSAGE(result, (result ? "" : result.error().message));
  BOOST_TEST(result->applied + result->ignored == static_cast<std::int64_t>(changes.size()));
  return result->applied;
}

namespace {

template <class Request, class List> ids all_pages(Request request, int page_size, List list) {
  ids found;
  request.page_size = page_size;
  for (int pages = 0; pages < 100'000; ++pages) {
    const outcome<list_page> page = list(request);
    BOOST_REQUIRE_MESSAGE(page, (page ? "" : page.error().message));
    BOOST_TEST(page->executions.size() <= page_size);
    for (const auto& info : page->executions)
      found.push_back(info.workflow_execution().workflow_id());
    if (page->next_page_token.empty())
      return found;
    BOOST_TEST(page->executions.size() == page_size);
    request.page_token = page->next_page_token;
  }
  BOOST_FAIL("paging does not end");
  return found;
}

list_request request_of(list_filter filter) {
  list_request request;
  request.domain_id = domain;
  request.filter = std::move(filter);
  return request;
}

} // namespace

cadenza::outcome<query_request> request_of(const std::string& query) {
  auto checked = cadenza::storage::visibility::read_query(query, cadenza::workflow::default_attribute_types());
  if (!checked)
    return checked.error();
  query_request request;
  request.domain_id = domain;
  request.query = *std::move(checked);
  return request;
}

namespace {

query_request must(cadenza::outcome<query_request> request) {
  BOOST_REQUIRE_MESSAGE(request, (request ? "" : request.error().message));
  return *std::move(request);
}

} // namespace

cadenza::outcome<list_page> listed_by(visibility_reader& store, const std::string& query) {
  const auto request = request_of(query);
  if (!request)
    return request.error();
  return store.list_by_query(*request);
}

cadenza::outcome<list_page> scanned_by(visibility_reader& store, const std::string& query) {
  const auto request = request_of(query);
  if (!request)
    return request.error();
  return store.scan_by_query(*request);
}

cadenza::outcome<std::int64_t> counted_by(visibility_reader& store, const std::string& query) {
  const auto request = request_of(query);
  if (!request)
    return request.error();
  return store.count_by_query(*request);
}

ids all_open(visibility_reader& store, list_filter filter, int page_size) {
  return all_pages(request_of(std::move(filter)), page_size, [&](const auto& r) { return store.list_open(r); });
}

ids all_closed(visibility_reader& store, list_filter filter, int page_size) {
  return all_pages(request_of(std::move(filter)), page_size, [&](const auto& r) { return store.list_closed(r); });
}

ids all_matching(visibility_reader& store, const std::string& query, int page_size) {
  return all_pages(must(request_of(query)), page_size, [&](const auto& r) { return store.list_by_query(r); });
}

ids all_scanned(visibility_reader& store, const std::string& query, int page_size) {
  return all_pages(must(request_of(query)), page_size, [&](const auto& r) { return store.scan_by_query(r); });
}

std::int64_t counted(visibility_reader& store, const std::string& query) {
  const auto count = counted_by(store, query);
  BOOST_REQUIRE_MESSAGE(count, (count ? "" : count.error().message));
  return *count;
}

std::string refusal(visibility_reader& store, const std::string& query) {
  const auto listed = listed_by(store, query);
  const auto scanned = scanned_by(store, query);
  const auto count = counted_by(store, query);
  BOOST_REQUIRE_MESSAGE(!listed && !scanned && !count, "accepted: " + query);
  BOOST_TEST((listed.error().kind == cadenza::error_kind::bad_request));
  BOOST_TEST((scanned.error().kind == cadenza::error_kind::bad_request));
  BOOST_TEST(listed.error().message == scanned.error().message);
  BOOST_TEST(listed.error().message == count.error().message);
  return listed.error().message;
}

list_filter by_type(const std::string& type) { return {list_filter::by::type, type, {}}; }
list_filter by_workflow(const std::string& id) { return {list_filter::by::workflow_id, id, {}}; }
list_filter by_status(api::WorkflowExecutionCloseStatus status) { return {list_filter::by::status, {}, status}; }

} // namespace visibility_test
