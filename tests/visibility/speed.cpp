#include "storage/visibility/visibility_store.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <random>
#include <vector>

/// How fast the embedded store takes changes and answers lists. Arguments: runs (default 200,000), batch (500).
namespace {

using namespace cadenza;
using namespace cadenza::storage;
using clock_type = std::chrono::steady_clock;

double seconds_since(clock_type::time_point start) {
  return std::chrono::duration<double>(clock_type::now() - start).count();
}

visibility_change change_of(std::uint64_t n, const uuid& run, bool closes) {
  visibility_change change;
  change.kind = closes ? visibility_change_kind::closed : visibility_change_kind::started;
  change.domain_id = uuid::v4(1, 1);
  change.workflow_id = "order-" + run.str();
  change.run_id = run;
  change.task_id = static_cast<std::int64_t>(2 * n + (closes ? 2 : 1));
  auto& record = change.record;
  record.set_type("order-type-" + std::to_string(n % 10));
  record.set_start_ns(1'700'000'000'000'000'000 + static_cast<std::int64_t>(n) * 100'000);
  record.set_task_list("orders");
  if (n % 10 == 0)
    (*record.mutable_search_attributes()->mutable_indexed_fields())["CustomIntField"].set_data(std::to_string(n));
  if (closes) {
    record.set_close_ns(record.start_ns() + 1'000'000);
    record.set_close_status(uber::cadence::api::v1::WORKFLOW_EXECUTION_CLOSE_STATUS_COMPLETED);
    record.set_history_length(11);
  }
  return change;
}

template <class Call> void time_call(const char* what, Call call) {
  const auto start = clock_type::now();
  const auto count = call();
  std::printf("%-52s %8.2f ms  (%lld)\n", what, seconds_since(start) * 1e3, static_cast<long long>(count));
}

int fail(const error& reason) {
  std::fprintf(stderr, "%s\n", reason.message.c_str());
  return 1;
}

/// Starts and ends arrive `distance` batches apart, so that they are separate writes.
int write_all(embedded_visibility& store, std::uint64_t runs, std::size_t batch, const char* what,
              std::uint64_t distance, std::uint64_t seed) {
  std::mt19937_64 chance{seed};
  std::vector<uuid> ids;
  for (std::uint64_t n = 0; n < runs; ++n)
    ids.push_back(uuid::v4(chance(), chance()));
  std::vector<visibility_change> changes;
  const std::uint64_t lag = distance * batch;
  double applying = 0;
  double syncing = 0;
  double cpu = 0;
  std::uint64_t written = 0;
  for (std::uint64_t n = 0; n < runs + lag; ++n) {
    if (n < runs)
      changes.push_back(change_of(n, ids[n], false));
    if (n >= lag)
      changes.push_back(change_of(n - lag, ids[n - lag], true));
    if (changes.size() < batch && n + 1 < runs + lag)
      continue;
    auto start = clock_type::now();
    const auto cpu_start = std::clock();
    const auto applied = store.apply(changes);
    applying += seconds_since(start);
    cpu += static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC;
    if (!applied)
      return fail(applied.error());
    written += changes.size();
    changes.clear();
    start = clock_type::now();
    if (const auto durable = store.make_durable(); !durable)
      return fail(durable.error());
    syncing += seconds_since(start);
  }
  const auto count = static_cast<double>(written);
  std::printf("%-28s %8.0f changes/s applied, %8.0f made durable after every batch, %8.0f for each second of CPU\n",
              what, count / applying, count / (applying + syncing), count / cpu);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  const std::uint64_t runs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 200'000;
  const std::size_t batch = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 500;
  std::string folder = (std::filesystem::temp_directory_path() / "cadenza-visibility-speed-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr)
    return 1;
  visibility_options options;
  options.path = folder + "/visibility.db";
  {
    auto opened = open_visibility_store(options);
    if (!opened)
      return fail(opened.error());
    auto& store = **opened;
    if (write_all(store, runs, batch, "start and end apart", 4, 1) != 0 ||
        write_all(store, runs, batch, "start and end in one batch", 0, 2) != 0)
      return 1;

    query_request query;
    query.domain_id = uuid::v4(1, 1);
    query.page_size = 100;
    list_request list;
    list.domain_id = query.domain_id;
    list.page_size = 100;
    time_call("closed, 100", [&] { return store.list_closed(list)->executions.size(); });
    list.filter.what = list_filter::by::type;
    list.filter.text = "order-type-3";
    time_call("closed by type, 100", [&] { return store.list_closed(list)->executions.size(); });
    for (const char* text :
         {"", "WorkflowType = 'order-type-3'", "CustomIntField = 1000", "CustomIntField > 1000", "CustomIntField != 7",
          "TaskList = 'nobody'", "CloseStatus = 0 order by CloseTime desc", "order by CustomIntField desc"}) {
      auto checked = visibility::read_query(text, workflow::default_attribute_types());
      if (!checked)
        return fail(checked.error());
      query.query = *std::move(checked);
      time_call(("list \"" + query.query.text + "\"").c_str(),
                [&] { return store.list_by_query(query)->executions.size(); });
      time_call(("count \"" + query.query.text + "\"").c_str(), [&] { return *store.count_by_query(query); });
    }
  }
  std::printf("bytes per closed run: %.0f\n",
              static_cast<double>(std::filesystem::file_size(options.path)) / static_cast<double>(2 * runs));
  std::filesystem::remove_all(folder);
  return 0;
}
