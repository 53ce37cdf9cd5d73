#include "messages/invariant.hpp"

#include <atomic>
#include <string_view>

namespace cadenza {

namespace {

std::atomic<long> met{0};

} // namespace

void break_invariant(const char* condition, const std::string& text, const char* file, int line) {
  met.fetch_add(1, std::memory_order_relaxed);
  // The path from the top of the tree, wherever it was built.
  std::string_view place(file);
  while (place.starts_with("../"))
    place.remove_prefix(3);
  throw broken_invariant("this always holds, and does not: " + text + " (" + condition + ", " + std::string(place) +
                         ":" + std::to_string(line) + ")");
}

long broken_invariants() { return met.load(std::memory_order_relaxed); }

} // namespace cadenza
