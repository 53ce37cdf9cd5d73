#pragma once

#include "config/log_line.hpp"

#include <rocksdb/env.h>

#include <memory>

namespace cadenza::storage::rocks {

/// Hands the engine's warnings and errors on. The engine's own log file would fail with the disk it reports about, and
/// Debian's build of the engine ends the process when that happens.
[[nodiscard]] std::shared_ptr<rocksdb::Logger> engine_log(log::sink write);

} // namespace cadenza::storage::rocks
