#pragma once

#include "config/environment.hpp"
#include "config/schema.hpp"
#include "config/server_config.hpp"

#include <string>
#include <utility>
#include <vector>

namespace cadenza::config {

/// What to load, laid over each other in this order: embedded defaults, files, settings.
struct source {
  std::vector<std::string> files{};
  /// Options given on the command line: path ("services.frontend.rpc.grpcPort") and value.
  std::vector<std::pair<std::string, std::string>> settings{};
  std::string root = ".";  ///< what relative paths inside the files start from, except the data directory
  variables environment{}; ///< what files may take values from; unset: that of this process
};

/// Like `cadence-server`: `<directory>/base.yaml`, `<environment>.yaml` and `<environment>_<zone>.yaml` there, as far
/// as they exist; an error when none does. A relative `directory` starts from `root`.
[[nodiscard]] outcome<std::vector<std::string>> files_of(const std::string& root, const std::string& directory,
                                                         const std::string& environment, const std::string& zone);

/// A configuration that passed every check.
struct loaded {
  server_config values;
  tree document;                     ///< files and settings, merged; readable with `reader`
  std::string origin = "defaults";   ///< the files that were read, for the log
  std::vector<std::string> warnings; ///< old keys, settings that do nothing here; to be logged at start
};

/// Reads, merges and checks. Errors hold one line per problem: file, line, column, key and what was expected.
[[nodiscard]] outcome<loaded> load(const source& from);

/// The same from a text; `name` stands for the file in errors.
[[nodiscard]] outcome<loaded> load_text(const std::string& text, const std::string& name = "text");

/// The effective configuration as YAML: everything the server acts on and everything that was given, with what came
/// from the environment. Secrets are "***".
[[nodiscard]] std::string print(const loaded& which);

/// One option whose value differs between two loads.
struct change {
  std::string path;
  bool reloadable;
};
/// What a reload would change, in the order of the table; names chosen by the user count with their section.
[[nodiscard]] std::vector<change> changes(const loaded& before, const loaded& after);

/// Fills the typed configuration from a checked document and checks what concerns several options at once.
[[nodiscard]] server_config typed(const tree& document, const std::string& root, problems& out, trace* asked = nullptr);

} // namespace cadenza::config
