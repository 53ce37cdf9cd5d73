#pragma once

#include "messages/listed_run.hpp"
#include "storage/sql/values.hpp"

#include <vector>

namespace cadenza::storage::sql {

/// The statements that bring these changes into the lists, each of another run; none for none. A change that is older
/// than what is there changes nothing.
void list_runs(const std::vector<const listed_run*>& rows, std::vector<step>& out);

} // namespace cadenza::storage::sql
