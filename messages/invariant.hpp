#pragma once

#include <stdexcept>
#include <string>

namespace cadenza {

/// Something that can never be is so: state that is known to be wrong must not reach the store. Ends the actor that
/// meets it, whose supervisor logs the text and makes it anew from what is stored; where nothing catches it, it ends
/// the process. Nobody catches it to go on.
class broken_invariant : public std::logic_error {
public:
  using std::logic_error::logic_error;
};

/// How often the process has met one: for tests, which must not pass because an actor was made anew. Any thread.
[[nodiscard]] long broken_invariants();

/// Throws. `text` says what always holds, `condition` and the place are for who looks into the code.
[[noreturn]] void break_invariant(const char* condition, const std::string& text, const char* file, int line);

} // namespace cadenza

/// Holds in every build, also in release. `text`, in words that a crash report explains, is made only when it is
/// needed.
#define CADENZA_ASSERT(condition, text)                                                                                \
  do {                                                                                                                 \
    if (!(condition)) [[unlikely]]                                                                                     \
      ::cadenza::break_invariant(#condition, text, __FILE__, __LINE__);                                                \
  } while (false)
