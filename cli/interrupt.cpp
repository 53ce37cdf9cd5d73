#include "cli/interrupt.hpp"

#include <csignal>
#include <unistd.h>

namespace cadenza::cli {

namespace {

// A signal's handler has nothing but globals.
std::string note;
bool installed = false;
struct sigaction before {};

extern "C" void on_interrupt(int signal) {
  (void)!::write(STDERR_FILENO, note.data(), note.size());
  // The action is the default's again (SA_RESETHAND): this ends the process when the handler returns.
  ::raise(signal);
}

} // namespace

interrupt_note::interrupt_note(std::string text) {
  note = std::move(text);
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  if (::sigaction(SIGINT, nullptr, &before) != 0 || before.sa_handler == SIG_IGN)
    return;
  installed = ::sigaction(SIGINT, &action, nullptr) == 0;
}

interrupt_note::~interrupt_note() {
  if (installed)
    ::sigaction(SIGINT, &before, nullptr);
  installed = false;
}

} // namespace cadenza::cli
