#pragma once

#include <rocksdb/env.h>

#include <functional>
#include <memory>
#include <string_view>

namespace cadenza::storage::rocks {

/// Hands the engine's warnings and errors on. The engine's own log file would fail with the disk it reports about, and
/// Debian's build of the engine ends the process when that happens.
[[nodiscard]] std::shared_ptr<rocksdb::Logger> engine_log(std::function<void(bool error, std::string_view text)> write);

} // namespace cadenza::storage::rocks
