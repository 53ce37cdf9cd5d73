#pragma once

#include "config/log_line.hpp"
#include "config/server_config.hpp"
#include "messages/outcome.hpp"
#include "storage/probes.hpp"
#include "storage/store.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace cadenza::storage {

/// What a store may hold in memory where its settings say nothing.
struct memory_share {
  std::size_t block_cache_bytes = 0;
  std::size_t write_buffer_bytes = 0;
  std::size_t queued_bytes = 0; ///< of transactions that wait for the disk
};

/// What a server hands to whoever opens its store.
struct open_request {
  const config::datastore_config& settings; ///< of the kind that the plug-in is for
  std::string_view program;                 ///< noted in the store with each schema that it is brought to
  memory_share memory;
  store_probes probes;
  bool shared = false;  ///< other nodes of the cluster have the store open, too; only where it is on databases
  bool migrate = false; ///< bring an older schema of a database elsewhere up to date; the embedded store does it anyway
  /// Warnings and errors, one line each; on any thread, must not block. May be empty.
  log::sink log;
  /// The store knows no more what is on its disk, so the process must end without writing again. Must not return.
  /// Empty: the store's own way to end it.
  std::function<void(std::string_view reason)> fatal;
};

/// A kind of store: how the configuration calls it, and how to open one. A new kind is one more row of the table in
/// plugins.cpp; docs/storage-plugins.md says what it has to keep to.
struct plugin {
  config::datastore_kind kind{};
  bool durable = true;    ///< false: everything is gone with the process
  bool elsewhere = false; ///< what it keeps is not in the data directory
  outcome<std::unique_ptr<store>> (*open)(open_request request) = nullptr;
};

/// Every kind that this program has.
[[nodiscard]] std::span<const plugin> plugins();

/// Null for a kind that this program does not have.
[[nodiscard]] const plugin* find_plugin(config::datastore_kind kind);

} // namespace cadenza::storage
