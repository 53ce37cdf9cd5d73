#include "server/serve.hpp"

#include "config/log.hpp"
#include "server/configuration.hpp"
#include "server/library_logs.hpp"
#include "server/process_limits.hpp"
#include "server/server.hpp"
#include "server/signals.hpp"

#include <iostream>

namespace cadenza {

int serve(const cli::server_options& options, std::ostream& out, std::ostream& err, const std::string& commit) {
  auto loaded = load_configuration(options);
  if (!loaded) {
    err << "Error: the configuration is not valid\n" << loaded.error().message << '\n';
    return 1;
  }
  if (options.print_config) {
    out << config::print(*loaded);
    return 0;
  }
  const auto usable = check_usable(*loaded, options.strict);
  if (options.check_config)
    for (const auto& warning : loaded->warnings)
      err << "Warning: " << warning << '\n';
  if (!usable) {
    err << "Error: the configuration cannot be used\n" << usable.error().message << '\n';
    return 1;
  }
  if (options.check_config) {
    out << "The configuration is valid.\n";
    return 0;
  }
  // Whoever reads the log as JSON gets nothing else there.
  const auto& to = loaded->values.log;
  const bool told_in_json = to.json && to.standard_output && to.file.empty();
  process_signals signals;
  if (const auto started = log::start(loaded->values.log); !started) {
    err << "Error: " << started.error().message << '\n';
    return 1;
  }
  adopt_library_logs();
  raise_descriptor_limit();
  for (const auto& warning : loaded->warnings)
    log::warn({field::detail(warning)}, "{detail}");

  server serving(
      *std::move(loaded), [&options] { return load_configuration(options); }, commit);
  outcome<void> started;
  {
    const stream_to_log errors(std::cerr);
    started = serving.start(signals);
    if (serving.serving() && !told_in_json)
      out << serving.banner() << std::flush;
    const stream_to_log output(std::cout); // behind the banner, which may go there
    serving.run(signals);
    serving.stop();
  }
  if (started)
    log::info("stopped");
  log::stop(); // before the error: it may be about what the last lines tell
  if (!started)
    err << "Error: " << started.error().message << '\n';
  return started ? 0 : 1;
}

} // namespace cadenza
