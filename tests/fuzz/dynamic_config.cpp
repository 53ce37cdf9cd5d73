#include "target.hpp"

#include "config/dynamic.hpp"

using namespace cadenza;

// Documents of run-time changes and the values of one key, as files and admin calls bring them.
FUZZ_TARGET(dynamic_config) {
  config::dynamic_config settings;
  if (settings.set_overrides(std::string(input))) {
    const auto told = settings.overrides();
    config::dynamic_config again;
    REQUIRE(again.set_overrides(told));
    REQUIRE(again.overrides() == told);
  }
  const auto key = fuzz::take_line(input);
  if (settings.update(std::string(key), std::string(input)))
    REQUIRE(settings.restore(std::string(key), {}));
}
