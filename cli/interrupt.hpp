#pragma once

#include <string>

namespace cadenza::cli {

/// While it lives, Ctrl-C first writes `text` to the error stream; then the process ends by the signal, as it would
/// have. One at a time; not when the signal is ignored.
class interrupt_note {
public:
  explicit interrupt_note(std::string text);
  ~interrupt_note();
  interrupt_note(const interrupt_note&) = delete;
  interrupt_note& operator=(const interrupt_note&) = delete;
};

} // namespace cadenza::cli
