#include "storage/plugins.hpp"

#include "storage/memory/memory_store.hpp"
#include "storage/open.hpp"
#include "storage/sql/postgres/settings.hpp"

#include <algorithm>
#include <array>

namespace cadenza::storage {

namespace {

outcome<std::unique_ptr<store>> open_memory(open_request) { return std::unique_ptr<store>(new memory_store()); }

outcome<std::unique_ptr<store>> open_embedded(open_request request) {
  const auto& given = request.settings.rocksdb;
  rocksdb_options options;
  options.directory = given.directory;
  options.program = request.program;
  const auto chosen = [](std::int64_t wanted, std::size_t share) {
    return wanted > 0 ? static_cast<std::size_t>(wanted) : share;
  };
  options.block_cache_bytes = chosen(given.block_cache_bytes, request.memory.block_cache_bytes);
  options.write_buffers_bytes = chosen(given.write_buffer_bytes, request.memory.write_buffer_bytes);
  options.log_bytes = 2 * options.write_buffers_bytes;
  options.queued_bytes = request.memory.queued_bytes;
  if (given.commit_group_max > 0)
    options.group_transactions = static_cast<std::size_t>(given.commit_group_max);
  options.refuse_torn_tail = !given.tolerate_torn_tail;
  options.probes = std::move(request.probes);
  options.log = std::move(request.log);
  options.fatal = std::move(request.fatal);
  return open_rocksdb(std::move(options));
}

outcome<std::unique_ptr<store>> open_database(open_request request) {
  const auto& given = request.settings.sql;
  if (given.plugin != "postgres")
    return error{error_kind::unimplemented, "datastore " + request.settings.name + " is a database of the kind " +
                                                given.plugin + ", which this program does not have; it has postgres"};
  auto options = sql::postgres::options_of(given);
  if (!options)
    return options.error();
  options->program = request.program;
  options->migrate = request.migrate;
  options->sharing = request.shared ? sql::postgres::tenancy::shared : sql::postgres::tenancy::alone;
  options->bounds.queued_bytes = request.memory.queued_bytes;
  options->probes = std::move(request.probes);
  options->log = std::move(request.log);
  return sql::postgres::open_postgres(*std::move(options));
}

using config::datastore_kind;

constexpr bool durable = true;
constexpr bool elsewhere = true;

constexpr std::array table{
    plugin{datastore_kind::rocksdb, durable, !elsewhere, open_embedded},
    plugin{datastore_kind::memory, !durable, !elsewhere, open_memory},
    plugin{datastore_kind::sql, durable, elsewhere, open_database},
};

} // namespace

std::span<const plugin> plugins() { return table; }

const plugin* find_plugin(datastore_kind kind) {
  const auto* found = std::find_if(table.begin(), table.end(), [kind](const plugin& one) { return one.kind == kind; });
  return found == table.end() ? nullptr : found;
}

} // namespace cadenza::storage
