#include "messages/invariant.hpp"

#include <cstdio>
#include <cstdlib>

namespace cadenza {

void broken_invariant(const char* condition, const char* text, const char* file, int line) {
  std::fprintf(stderr, "broken invariant: %s (%s) at %s:%d\n", text, condition, file, line);
  std::abort();
}

} // namespace cadenza
