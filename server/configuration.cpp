#include "server/configuration.hpp"

#include "config/dynamic.hpp"
#include "config/typed_node.hpp"

namespace cadenza {
namespace {

constexpr int standard_port = 7833;

using config::datastore_kind;

/// "v is of kind sql (postgres), which this version does not have".
std::string is_missing(const config::datastore_config& store) {
  std::string kind(name_of(store.kind));
  const auto& plugin = store.kind == datastore_kind::sql ? store.sql.plugin : store.nosql.plugin;
  if (!plugin.empty())
    kind += " (" + plugin + ")";
  return store.name + " is of kind " + kind + ", which this version does not have";
}

/// Where an option stands, as the other errors of a configuration begin: "file:line:column: ".
std::string place_of(const config::loaded& which, const std::string& path) {
  const auto* at = which.document.find_path(path);
  return at == nullptr || at->at.line == 0 ? std::string() : at->at.text() + ": ";
}

/// What cannot be used, a line each: whoever mends a file wants to know all of it.
class complaints {
public:
  explicit complaints(const config::loaded& which) : which_(which) {}

  void add(const std::string& option, const std::string& why) {
    text_ += (text_.empty() ? "" : "\n") + place_of(which_, option) + option + ": " + why;
  }
  [[nodiscard]] outcome<void> result() const { return text_.empty() ? outcome<void>() : bad_request(text_); }

private:
  const config::loaded& which_;
  std::string text_;
};

/// A store that is not there must not be replaced in silence by one that forgets.
void check_stores(const config::loaded& which, complaints& wrong) {
  const auto& stores = which.values.persistence;
  const auto refused = [&](const std::string& option, const std::string& why) { wrong.add(option, why); };
  const bool postgres = stores.main.kind == datastore_kind::sql && stores.main.sql.plugin == "postgres";
  if (!postgres && stores.main.kind != datastore_kind::rocksdb && stores.main.kind != datastore_kind::memory)
    refused("persistence.defaultStore", is_missing(stores.main) + "; rocksdb, memory and sql (postgres) are there");
  const std::string lists = "persistence.visibilityStore";
  const bool built_in =
      stores.visibility.kind == datastore_kind::sqlite || stores.visibility.kind == datastore_kind::memory;
  const bool same = stores.visibility.name == stores.main.name;
  if (postgres && !same && (!built_in || !place_of(which, lists).empty()))
    refused(lists, "the lists of a store on databases are in the same databases; name " + stores.main.name +
                       " here, too, or leave it out");
  else if (!built_in && !(postgres && same))
    refused(lists, is_missing(stores.visibility) + "; leave it out for the built-in lists (SQLite)");
  if (!stores.search_store.empty())
    refused("persistence.advancedVisibilityStore",
            "this version has no separate search store, and its visibility store takes queries; leave it out");
}

/// Whoever switches archival on believes that histories are kept when their retention is over.
void check_archival(const config::loaded& which, complaints& wrong) {
  const auto check = [&](const std::string& option, const config::archival_config& archival) {
    if (archival.status == "enabled")
      wrong.add(option, "enabled, but this version has no archiver: closed runs would be deleted after their "
                        "retention; set it to disabled, and give domains the retention they need");
  };
  check("archival.history.status", which.values.history_archival);
  check("archival.visibility.status", which.values.visibility_archival);
}

} // namespace

outcome<void> check_usable(const config::loaded& which, bool strict) {
  complaints wrong(which);
  check_stores(which, wrong);
  check_archival(which, wrong);
  CADENZA_TRY(wrong.result());
  if (const auto& file = which.values.dynamic.file; !file.empty()) {
    config::dynamic_config tried;
    if (const auto read = tried.load_file(file); !read)
      return error{read.error().kind, "the dynamic configuration is not valid\n" + read.error().message};
  }
  if (strict && !which.warnings.empty()) {
    std::string all = "with --strict, warnings are errors";
    for (const auto& warning : which.warnings)
      all += '\n' + warning;
    return bad_request(all);
  }
  return {};
}

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
  auto roles = config::roles_of(options.services);
  if (!roles)
    return roles.error();
  auto loaded = config::load(from);
  if (!loaded)
    return loaded;
  loaded->values.persistence.migrate = options.migrate;
  auto& node = loaded->values.node;
  if (!node.alone() && !options.services.empty())
    node.roles = *std::move(roles);
  return loaded;
}

} // namespace cadenza
