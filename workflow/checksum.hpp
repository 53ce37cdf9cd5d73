#pragma once

#include "workflow/run.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace cadenza::workflow {

/// How many rows of each kind hang off a run: part of the checksum, so that a lost row is noticed.
using row_counts = std::array<std::uint32_t, 7>;
[[nodiscard]] row_counts counts_of(const run& r);

/// Serializes a header and puts its checksum at the end (and into `head`).
[[nodiscard]] std::string seal(rec::Run& head, const row_counts& counts);

/// A header without a checksum (of an older version) holds.
[[nodiscard]] bool checksum_holds(const rec::Run& head, const row_counts& counts);

} // namespace cadenza::workflow
