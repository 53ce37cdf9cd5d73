#include "target.hpp"

#include "config/load.hpp"

using namespace cadenza;

FUZZ_TARGET(static_config) {
  const auto loaded = config::load_text(std::string(input), "fuzz.yaml");
  if (!loaded) {
    REQUIRE(!loaded.error().message.empty());
    return;
  }
  // What is printed loads again.
  const auto again = config::load_text(config::print(*loaded), "printed.yaml");
  (void)again;
}
