#include "server/configuration.hpp"

namespace cadenza {
namespace {

constexpr int standard_port = 7833;

} // namespace

outcome<config::loaded> load_configuration(const cli::server_options& options) {
  config::source from;
  from.root = options.root;
  if (!options.config_file.empty()) {
    from.files.push_back(options.config_file);
  } else if (!options.config_dir.empty()) {
    auto files = config::files_of(options.root, options.config_dir, options.environment, options.zone);
    if (!files)
      return files.error();
    from.files = *std::move(files);
  }
  if (!options.data_dir.empty())
    from.settings.emplace_back("persistence.dataDirectory", options.data_dir);
  if (options.port)
    from.settings.emplace_back("services.frontend.rpc.grpcPort", std::to_string(*options.port));
  if (options.port && *options.port != standard_port) // not the only server of this machine
    from.settings.emplace_back("services.frontend.rpc.port", "0");
  if (options.http_port)
    from.settings.emplace_back("services.frontend.rpc.http.port", std::to_string(*options.http_port));
  if (options.ephemeral)
    from.settings.emplace_back("persistence.defaultStore", "memory");
  return config::load(from);
}

} // namespace cadenza
