#pragma once

namespace cadenza {

/// Prints what is broken and where, and ends the process: state that is known to be wrong must not reach the store.
[[noreturn]] void broken_invariant(const char* condition, const char* text, const char* file, int line);

} // namespace cadenza

/// Holds in every build, also in release.
#define CADENZA_ASSERT(condition, text)                                                                                \
  do {                                                                                                                 \
    if (!(condition)) [[unlikely]]                                                                                     \
      ::cadenza::broken_invariant(#condition, text, __FILE__, __LINE__);                                               \
  } while (false)
