#include "target.hpp"

#include "bridge/base/caller.hpp"

using namespace cadenza;

// Headers as lines "name: value".
FUZZ_TARGET(request_headers) {
  bridge::caller_builder builder;
  while (!input.empty()) {
    const auto line = fuzz::take_line(input);
    const auto colon = line.find(": ");
    if (colon != std::string_view::npos)
      builder.add(line.substr(0, colon), line.substr(colon + 2));
    (void)bridge::version_at_most(line, "1.7.0");
    (void)bridge::version_at_least(line, "1.7.0");
  }
  const auto caller = std::move(builder).finish();
  (void)bridge::check_client_version(caller);
}
