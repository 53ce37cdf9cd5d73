#pragma once

namespace cadenza {

/// The commit that the program was built of, with "-dirty" behind it when the sources were changed since; "unknown"
/// where they were no git repository. Of the program alone, not of its libraries: a commit makes one file anew.
[[nodiscard]] const char* built_of_commit();

} // namespace cadenza
