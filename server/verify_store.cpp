#include "server/verify_store.hpp"

#include "actors/base/system_sources.hpp"
#include "actors/visibility/visibility_rebuild.hpp"
#include "config/load.hpp"
#include "messages/invariant.hpp"
#include "server/serve_lists.hpp"
#include "server/serve_parts.hpp"
#include "storage/file_check.hpp"
#include "storage/open.hpp"
#include "storage/plugins.hpp"
#include "verify/repair_queues.hpp"

#include <nlohmann/json.hpp>

#include <atomic>
#include <filesystem>
#include <future>
#include <ostream>

namespace cadenza {
namespace {

namespace api = uber::cadence::api::v1;
namespace fs = std::filesystem;

/// The stores of a data directory, or of databases, at rest.
struct resting_stores {
  std::unique_ptr<storage::store> store;
  std::unique_ptr<storage::visibility_store> lists; ///< null: there is no file, the server makes one when it starts
  int shard_count = 0;
  std::string cluster;
  std::string lists_damage; ///< why the lists cannot be opened; "" when they can
  std::string lists_file;
};

outcome<void> open_directory(const config::persistence_config& c, resting_stores& out) {
  // A check makes no directory.
  if (!fs::exists(fs::path(c.main.rocksdb.directory) / "CURRENT"))
    return not_exists("there is no data in " + c.main.rocksdb.directory);
  storage::rocksdb_options store;
  store.directory = c.main.rocksdb.directory;
  auto opened = storage::open_rocksdb(std::move(store));
  if (!opened)
    return opened.error();
  out.store = *std::move(opened);
  out.lists_file = c.visibility.sqlite.file;
  if (!fs::exists(out.lists_file))
    return {};
  storage::visibility_options lists;
  lists.path = out.lists_file;
  lists.verify = true;
  auto visible = storage::open_visibility_store(lists);
  if (visible)
    out.lists = *std::move(visible);
  else if (visible.error().kind == error_kind::internal_data_inconsistency)
    out.lists_damage = visible.error().message;
  else
    return visible.error();
  return {};
}

outcome<void> open_databases(const config::persistence_config& c, resting_stores& out) {
  const auto* kind = storage::find_plugin(c.main.kind);
  CADENZA_ASSERT(kind != nullptr, "there is a kind of store for databases");
  storage::memory_share memory;
  memory.queued_bytes = std::size_t{64} << 20;
  auto opened = kind->open({c.main, "cadenza " CADENZA_VERSION, memory, {}, false, false, {}, {}});
  if (!opened)
    return opened.error();
  out.store = *std::move(opened);
  auto lists = open_lists(c.main.sql, {});
  if (!lists)
    return lists.error();
  const auto complete = (*lists)->complete();
  if (!complete)
    return complete.error();
  if (!*complete)
    return incomplete_lists("datastore " + c.main.name);
  out.lists = *std::move(lists);
  return {};
}

outcome<resting_stores> open_at_rest(const cli::verify_options& options) {
  config::source from;
  if (!options.config_file.empty())
    from.files.push_back(options.config_file);
  if (!options.data_dir.empty())
    from.settings.emplace_back("persistence.dataDirectory", options.data_dir);
  const auto loaded = config::load(from);
  if (!loaded)
    return loaded.error();
  const auto& c = loaded->values.persistence;
  resting_stores out;
  if (c.main.kind == config::datastore_kind::sql)
    CADENZA_TRY(open_databases(c, out));
  else if (c.main.kind == config::datastore_kind::rocksdb)
    CADENZA_TRY(open_directory(c, out));
  else
    return bad_request("the configuration names neither a data directory nor databases");
  const auto cluster = read_cluster_facts(*out.store);
  if (!cluster)
    return cluster.error();
  if (!*cluster)
    return error{error_kind::internal_data_inconsistency, "the cluster's own row is missing"};
  out.shard_count = (*cluster)->shard_count;
  out.cluster = (*cluster)->name;
  return out;
}

/// Damaged lists are removed: the server makes them anew from the runs when it starts without them.
void note_lists_damage(const resting_stores& stores, bool repair, actors::verify_report& report) {
  if (stores.lists_damage.empty())
    return;
  actors::finding f;
  f.what = actors::finding::kind::visibility;
  f.text = "visibility records cannot be read: " + stores.lists_damage;
  f.mended = repair && static_cast<bool>(storage::remove_visibility_files(stores.lists_file));
  ++report.found;
  report.mended += f.mended ? 1 : 0;
  report.findings.push_back(std::move(f));
}

/// Asks a running engine for lists.
class engine_lists final : public storage::visibility_reader {
public:
  explicit engine_lists(actors::engine& engine) : engine_(engine) {}

  outcome<storage::list_page> list_open(const storage::list_request&) override { return no(); }
  outcome<storage::list_page> list_closed(const storage::list_request&) override { return no(); }
  outcome<storage::list_page> list_by_query(const storage::query_request& asked) override {
    auto answer = ask<api::ListWorkflowExecutionsResponse, api::ListWorkflowExecutionsRequest>(
        asked, [this](auto domain, auto request, auto call) {
          engine_.list_by_query(std::move(domain), std::move(request), std::move(call));
        });
    if (!answer)
      return answer.error();
    storage::list_page out;
    out.executions.Swap(answer->mutable_executions());
    out.next_page_token = answer->next_page_token();
    return out;
  }
  outcome<storage::list_page> scan_by_query(const storage::query_request& asked) override {
    return list_by_query(asked);
  }
  outcome<std::int64_t> count_by_query(const storage::query_request& asked) override {
    auto answer = ask<api::CountWorkflowExecutionsResponse, api::CountWorkflowExecutionsRequest>(
        asked, [this](auto domain, auto request, auto call) {
          engine_.count_by_query(std::move(domain), std::move(request), std::move(call));
        });
    if (!answer)
      return answer.error();
    return answer->count();
  }

private:
  static error no() { return {error_kind::unimplemented, "not asked by the check"}; }

  static void page_of(const storage::query_request& asked, api::ListWorkflowExecutionsRequest& request) {
    request.set_page_size(asked.page_size);
    request.set_next_page_token(asked.page_token);
  }
  static void page_of(const storage::query_request&, api::CountWorkflowExecutionsRequest&) {}

  template <class Response, class Request, class Send>
  outcome<Response> ask(const storage::query_request& asked, Send&& send) {
    const auto domain = engine_.domains()->find(asked.domain_id);
    if (!domain)
      return not_exists("there is no domain " + asked.domain_id.str());
    auto request = std::make_shared<Request>();
    request->set_domain(domain->name);
    request->set_query(asked.query.text);
    page_of(asked, *request);
    const auto promise = std::make_shared<std::promise<outcome<Response>>>();
    auto answer = promise->get_future();
    send(domain, std::move(request),
         std::make_shared<actors::inner_call<Response>>(INT64_MAX,
                                                        [promise](const Response* response, const error* reason) {
                                                          if (response != nullptr)
                                                            promise->set_value(*response);
                                                          else
                                                            promise->set_value(*reason);
                                                        }));
    return answer.get();
  }

  actors::engine& engine_;
};

} // namespace

std::string report_json(const actors::verify_report& report) {
  auto findings = nlohmann::json::array();
  for (const auto& f : report.findings)
    findings.push_back({{"kind", actors::name_of(f.what)},
                        {"shard", f.shard},
                        {"domain", f.domain},
                        {"workflowId", f.workflow_id},
                        {"runId", f.run_id},
                        {"problem", f.text},
                        {"repaired", f.mended}});
  const nlohmann::json out{{"clean", report.clean()},      {"runs", report.runs},
                           {"events", report.events},      {"tasks", report.tasks},
                           {"leftOver", report.left_over}, {"found", report.found},
                           {"repaired", report.mended},    {"findings", std::move(findings)}};
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

int verify_offline(const cli::verify_options& options, std::ostream& out, std::ostream& err) {
  auto opened = open_at_rest(options);
  if (!opened) {
    err << "Error: " << opened.error().message << '\n';
    return 1;
  }
  auto& stores = *opened;
  actors::system_clock time;
  actors::system_entropy chance;
  actors::verify_source from;
  from.store = stores.store.get();
  from.shard_count = stores.shard_count;
  from.lists = stores.lists.get();
  from.time = &time;
  from.chance = &chance;
  from.cluster = stores.cluster;
  from.unreadable_files = [&stores](const auto& stopping) {
    auto* files = stores.store->files();
    return files == nullptr ? std::vector<std::string>{} : files->unreadable_files(stopping);
  };
  auto report = options.repair ? actors::repair_with_queues(from, stores.lists.get(), stores.store->files())
                               : actors::verify(from);
  bool clean = report && report->clean();
  if (report) {
    note_lists_damage(stores, options.repair, *report);
    clean = report->clean();
    if (clean && options.repair && report->found > 0) {
      // Mending one thing must not have broken another.
      const auto again = actors::verify(from);
      clean = again && again->found == 0;
      if (!clean)
        err << "Error: a second check after the repair still finds something; run verify again\n";
    }
    out << report_json(*report) << '\n';
  } else {
    err << "Error: " << report.error().message << '\n';
  }
  stores.lists.reset();
  stores.store->close();
  return clean ? 0 : 1;
}

namespace {

outcome<actors::verify_report> verify_live(open_store& stores, actors::engine& engine) {
  actors::system_clock time;
  actors::system_entropy chance;
  engine_lists lists(engine);
  actors::verify_source from;
  from.store = stores.store.get();
  from.shard_count = stores.shard_count;
  from.lists = &lists;
  from.time = &time;
  from.chance = &chance;
  from.live = true;
  from.unreadable_files = [&stores](const auto& stopping) {
    auto* files = stores.store->files();
    return files == nullptr ? std::vector<std::string>{} : files->unreadable_files(stopping);
  };
  from.stopping = [&stores] { return stores.stopping.load(std::memory_order_relaxed); };
  return actors::verify(from);
}

} // namespace

void add_verify_route(bridge::http_server& to, open_store& stores, actors::engine& engine) {
  const auto busy = std::make_shared<std::atomic<bool>>(false);
  to.add_route("POST", "/admin/verify", [busy, &stores, &engine](const bridge::http_request&) {
    if (busy->exchange(true))
      return bridge::http_error(409, "a check is already running");
    const auto report = verify_live(stores, engine);
    *busy = false;
    if (!report)
      return bridge::http_error(500, report.error().message);
    return bridge::http_response{200, "application/json", report_json(*report)};
  });
}

} // namespace cadenza
