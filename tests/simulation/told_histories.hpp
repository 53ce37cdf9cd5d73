#pragma once

#include "ledger.hpp"

#include "uber/cadence/api/v1/history.pb.h"

#include <map>
#include <string>

namespace cadenza::simulation {

namespace api = uber::cadence::api::v1;

/// A run as its history tells it.
struct told_run {
  std::string workflow_id;
  std::string run_id;
  api::History history;
};

using runs = std::map<std::string, told_run>; ///< by run id

/// Compares the histories of all runs, when all are over, with what clients were told: ids are dense, whatever began
/// ended once, every acknowledged fact is there and only once, and every workflow reached its right end. Throws the
/// first violation.
void check_histories(const runs& all, const ledger& book);

} // namespace cadenza::simulation
