#pragma once

#include "cadenza/record/v1/run.pb.h"

#include <string>

namespace cadenza::actors {

/// A history branch as the reference system writes it into tokens, and as its tools read it: a version byte (0x59),
/// then the structure HistoryBranch in Thrift's binary protocol, with ids as text.
[[nodiscard]] std::string branch_token(const record::v1::HistoryBranch& branch);

} // namespace cadenza::actors
