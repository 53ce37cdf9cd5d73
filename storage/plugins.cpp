#include "storage/plugins.hpp"

#include "storage/memory/memory_store.hpp"
#include "storage/open.hpp"

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

using config::datastore_kind;

constexpr std::array table{
    plugin{datastore_kind::rocksdb, true, open_embedded},
    plugin{datastore_kind::memory, false, open_memory},
};

} // namespace

std::span<const plugin> plugins() { return table; }

const plugin* find_plugin(datastore_kind kind) {
  const auto* found = std::find_if(table.begin(), table.end(), [kind](const plugin& one) { return one.kind == kind; });
  return found == table.end() ? nullptr : found;
}

} // namespace cadenza::storage
