#include "server/serve_lists.hpp"

#include "server/serve_parts.hpp"
#include "storage/sql/postgres/settings.hpp"

#include "cadenza/record/v1/domain.pb.h"

namespace cadenza {
namespace {

constexpr int cluster_document = 3;

} // namespace

outcome<std::unique_ptr<storage::postgres_lists>> open_lists(const config::sql_config& of,
                                                             const storage::store_probes& probes) {
  auto where = storage::sql::postgres::options_of(of);
  if (!where)
    return where.error();
  storage::postgres_lists_options options;
  options.databases = std::move(where->databases);
  options.probes = probes;
  return storage::open_postgres_lists(std::move(options));
}

outcome<void> complete_lists(storage::postgres_lists& lists, const actors::rebuild_source& runs) {
  const auto there = lists.complete();
  if (!there)
    return there.error();
  if (*there)
    return {};
  const auto done = actors::rebuild_visibility(runs, lists);
  if (!done)
    return done.error();
  CADENZA_TRY(lists.set_complete());
  runs.log(log::level::info, {field::count(done->runs), field::left_out(done->left_out)},
           "visibility store: filled in, {count} runs listed, {left_out} left out");
  return {};
}

error incomplete_lists(const std::string& where) {
  return bad_request("the lists of workflows in " + where +
                     " do not have the runs that were there before them. `cadenza schema update-schema` fills them in, "
                     "or the server itself with --migrate");
}

outcome<std::optional<cluster_facts>> read_cluster_facts(storage::store& store) {
  const auto read = wait_for<storage::read_result<std::string>>(
      [&](auto done) { store.cluster().read_document(cluster_document, std::move(done)); });
  if (read.outcome != storage::status::committed)
    return unavailable("the cluster's own row cannot be read: " + read.message);
  if (!read.value)
    return std::optional<cluster_facts>();
  record::v1::ClusterRow row;
  if (!row.ParseFromString(*read.value) || row.num_history_shards() <= 0)
    return error{error_kind::internal_data_inconsistency, "the cluster's own row is damaged"};
  return std::optional(cluster_facts{row.num_history_shards(), row.cluster_name()});
}

} // namespace cadenza
