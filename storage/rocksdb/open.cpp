#include "storage/open.hpp"

#include "storage/rocksdb/engine.hpp"
#include "storage/rocksdb/rocksdb_store.hpp"

namespace cadenza::storage {

outcome<std::unique_ptr<store>> open_rocksdb(rocksdb_options options) {
  auto opened = rocks::engine::open(std::move(options));
  if (!opened)
    return opened.error();
  return std::unique_ptr<store>(std::make_unique<rocks::rocksdb_store>(*std::move(opened)));
}

} // namespace cadenza::storage
