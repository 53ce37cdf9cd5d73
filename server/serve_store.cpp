#include "server/serve_store.hpp"

#include "actors/visibility/visibility_rebuild.hpp"
#include "config/log.hpp"
#include "server/database_metrics.hpp"
#include "server/library_logs.hpp"
#include "server/memory_budget.hpp"
#include "server/serve_lists.hpp"
#include "server/serve_parts.hpp"
#include "storage/plugins.hpp"
#include "storage/visibility/visibility_store.hpp"

#include "cadenza/record/v1/domain.pb.h"

#include <cstdlib>

namespace cadenza {
namespace {

constexpr int cluster_document = 3;

/// The number of history shards: fixed at the first start, checked ever after.
outcome<int> fix_shard_count(storage::store& store, const config::server_config& c, bool again = false) {
  const auto known = read_cluster_facts(store);
  if (!known)
    return known.error();
  const int wanted = c.persistence.history_shards;
  if (*known && (*known)->shard_count != wanted)
    return bad_request("persistence.numHistoryShards is " + std::to_string(wanted) + ", but this data was made with " +
                       std::to_string((*known)->shard_count) + " and the number cannot change");
  if (*known)
    return wanted;
  record::v1::ClusterRow row;
  row.set_format(1);
  row.set_num_history_shards(wanted);
  row.set_cluster_name(c.clusters.current);
  storage::document_write write;
  write.document = cluster_document;
  write.value = row.SerializeAsString();
  const auto written = wait_for<storage::commit_result>(
      [&](auto done) { store.cluster().write_document(std::move(write), std::move(done)); });
  if (written.outcome == storage::status::condition_failed && !again)
    return fix_shard_count(store, c, true); // another node that starts for the first time was faster
  if (written.outcome != storage::status::committed)
    return unavailable("the cluster record cannot be written: " + written.message);
  return wanted;
}

storage::store_probes probes_of(metrics::registry& registry) {
  auto& batch = registry.histogram("cadenza_commit_group_transactions", "Transactions that shared one sync of the log.",
                                   {}, metrics::count_buckets);
  auto& bytes =
      registry.histogram("cadenza_commit_group_bytes", "Bytes of a group of transactions.", {}, metrics::byte_buckets);
  auto& elapsed = registry.histogram("cadenza_commit_group_seconds", "Time from a group's first check to its answer.");
  auto& sync = registry.histogram("cadenza_log_sync_seconds", "Time of one sync of the write-ahead log.");
  auto& refused = registry.counter("cadenza_commit_conditions_failed_total", "Transactions whose condition failed.");
  storage::store_probes probes;
  probes.group_committed = [&](std::int64_t transactions, std::int64_t size, std::int64_t elapsed_ns) {
    batch.observe(transactions);
    bytes.observe(size);
    elapsed.observe(elapsed_ns);
  };
  probes.log_synced = [&](std::int64_t elapsed_ns) { sync.observe(elapsed_ns); };
  probes.condition_failed = [&](storage::condition) { refused.add(); };
  probes.writable_changed = [](bool writable, std::string_view reason) {
    if (writable)
      log::info("the store accepts writes again");
    else
      log::error({field::error(reason)}, "the store refuses writes: {error}");
  };
  return probes;
}

storage::memory_share share_of(const memory_budget& budget) {
  storage::memory_share out;
  out.block_cache_bytes = static_cast<std::size_t>(budget.block_cache);
  out.write_buffer_bytes = static_cast<std::size_t>(budget.write_buffers);
  out.queued_bytes = static_cast<std::size_t>(budget.queued_commits);
  return out;
}

/// What is stored is not known any more. Standard error may have a reader that stalls: the log does not wait for it.
void end_process(std::string_view reason) {
  log::error({field::error(reason)}, "the store cannot continue, the process ends: {error}");
  log::stop();
  std::abort();
}

/// Where a store is that is not in the data directory, for people; never a password.
std::string elsewhere_of(const config::datastore_config& store) {
  std::string out = store.sql.plugin;
  for (const auto& one : store.sql.databases)
    out += (&one == &store.sql.databases.front() ? " " : ", ") + one.database + " on " + one.address;
  return out;
}

/// Has the engine list what the databases list. `runs`: fills the lists in first if need be; null: refuses them then.
outcome<void> use_lists(open_store& out, const config::sql_config& where, const storage::store_probes& probes,
                        const actors::rebuild_source* runs) {
  auto lists = open_lists(where, probes);
  if (!lists)
    return lists.error();
  if (runs != nullptr)
    CADENZA_TRY(complete_lists(**lists, *runs));
  const auto complete = (*lists)->complete();
  if (!complete)
    return complete.error();
  if (!*complete)
    return incomplete_lists(out.elsewhere);
  out.open_visibility = [where, probes]() -> outcome<std::unique_ptr<storage::visibility_store>> {
    auto opened = open_lists(where, probes);
    if (!opened)
      return opened.error();
    return std::unique_ptr<storage::visibility_store>(*std::move(opened));
  };
  return {};
}

std::string kinds_there_are() {
  std::string out;
  for (const auto& one : storage::plugins())
    out.append(out.empty() ? "" : ", ").append(config::name_of(one.kind));
  return out;
}

} // namespace

open_store::~open_store() {
  if (store)
    store->close();
}

outcome<std::unique_ptr<open_store>> open_stores(const config::server_config& c, metrics::registry& registry,
                                                 log::sink write) {
  auto out = std::make_unique<open_store>();
  const auto& main = c.persistence.main;
  const auto* kind = storage::find_plugin(main.kind);
  if (kind == nullptr)
    return error{error_kind::unimplemented, "datastore " + main.name + " is of the kind " +
                                                std::string(config::name_of(main.kind)) +
                                                ", which this program does not have; it has " + kinds_there_are()};
  const auto probes = kind->elsewhere ? database_probes_of(registry, probes_of(registry)) : probes_of(registry);
  storage::open_request request{main,
                                "cadenza " CADENZA_VERSION,
                                share_of(budget_of(c)),
                                probes,
                                !c.node.alone(),
                                c.persistence.migrate,
                                log_store_line,
                                end_process};
  auto store = kind->open(std::move(request));
  if (!store)
    return store.error();
  out->store = *std::move(store);
  std::string visibility_file;
  if (kind->elsewhere) {
    out->elsewhere = elsewhere_of(main);
  } else if (kind->durable) {
    out->directory = c.persistence.data_directory;
    visibility_file = c.persistence.visibility.sqlite.file;
    out->backup_directory = c.persistence.backup_directory;
  }
  auto shards = fix_shard_count(*out->store, c);
  if (!shards)
    return shards.error();
  out->shard_count = *shards;
  actors::rebuild_source runs;
  runs.store = out->store.get();
  runs.shard_count = out->shard_count;
  runs.log = std::move(write);
  runs.stopping = [&stopping = out->stopping] { return stopping.load(std::memory_order_relaxed); };
  if (kind->elsewhere) {
    CADENZA_TRY(use_lists(*out, main.sql, probes, c.persistence.migrate ? &runs : nullptr));
    return out;
  }
  storage::visibility_options lists;
  lists.path = visibility_file;
  out->open_visibility = actors::rebuilding_opener(std::move(runs), std::move(lists), out->time);
  return out;
}

outcome<void> read_documents(storage::store& store, bridge::stored_settings& into) {
  for (int i = 0; i < actors::document_kinds; ++i) {
    const auto read = wait_for<storage::read_result<std::string>>(
        [&](auto done) { store.cluster().read_document(i, std::move(done)); });
    if (read.outcome != storage::status::committed)
      return unavailable("the stored configuration cannot be read: " + read.message);
    record::v1::ConfigRow row;
    if (read.value && !row.ParseFromString(*read.value))
      return error{error_kind::internal_data_inconsistency, "the stored configuration is damaged"};
    into.take(static_cast<actors::document_kind>(i), row.document());
  }
  return {};
}

} // namespace cadenza
