#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace cadenza::cli {

/// What `server start` was told. Ports and paths that were not given are left to the configuration.
struct server_options {
  std::string config_file;                ///< --config FILE; "" for the embedded defaults
  std::string config_dir;                 ///< --config naming a directory: base, environment and zone files are merged
  std::string root = ".";                 ///< --root: directory that a relative `config_dir` is taken from
  std::string environment;                ///< --env
  std::string zone;                       ///< --zone
  std::vector<std::string> services;      ///< --services: roles of a node of a cluster
  std::string data_dir;                   ///< --data DIR; "" when not given
  std::optional<std::uint16_t> port;      ///< --port; 0 asks for any free one
  std::optional<std::uint16_t> http_port; ///< --http-port; 0 asks for any free one
  bool ephemeral = false;                 ///< keep everything in memory
  bool check_config = false;              ///< read the configuration, say what is wrong, start nothing
  bool strict = false;                    ///< options that do nothing in this version are errors
  bool print_config = false;              ///< print the effective configuration, start nothing
  bool migrate = false;                   ///< make or bring up to date the schema of a database
};

/// What `admin backup restore` was told: fill the empty directory `data_dir` from `backup_dir`.
struct restore_options {
  std::string backup_dir;
  std::string backup_id; ///< "" for the newest
  std::string data_dir;
};

/// What `verify` was told about a data directory that no server has open.
struct verify_options {
  std::string data_dir;
  std::string config_file;
  bool repair = false;
};

/// What `schema` was told to do with the databases of a store.
struct schema_options {
  enum class what { create, set_up, update, version, drop } action = what::version;
  std::string config_file; ///< whose `defaultStore` is meant; "": what follows says where the database is
  std::string plugin = "postgres";
  std::string endpoint = "127.0.0.1"; ///< host, or host:port, or several with commas between
  int port = 0;                       ///< 0: the one in `endpoint`, or the usual one
  std::string user;
  std::string password;
  std::string database = "cadenza";
  std::vector<std::string> attributes; ///< name=value, as libpq calls them
  bool tls = false;
  std::string tls_cert_file;
  std::string tls_key_file;
  std::string tls_ca_file;
  bool tls_verify_host = false;
  std::string target; ///< version to update to; "": the newest
  bool dry = false;
  bool sure = false; ///< drop: without asking back
};

/// The commands that work on this machine and not through a server's contract; main.cpp gives them. Each prints to
/// `out` and `err` and returns the exit code. A hook left empty makes its command fail with a clear text.
struct hooks {
  std::function<int(const server_options&, std::ostream& out, std::ostream& err)> server_start;
  std::function<int(const restore_options&, std::ostream& out, std::ostream& err)> backup_restore;
  /// Prints the report as one JSON document, also when it returns 1 for what was found.
  std::function<int(const verify_options&, std::ostream& out, std::ostream& err)> verify;
  std::function<int(const schema_options&, std::ostream& out, std::ostream& err)> schema;
  std::string version = "0.1.0"; ///< release version shown by --version
};

/// Where a run reads and writes. Data goes to `out` only; everything else goes to `err`. Not owned.
struct streams {
  std::istream* in = nullptr;
  std::ostream* out = nullptr;
  std::ostream* err = nullptr;
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  std::size_t width = 0; ///< columns of the terminal that `out` is; 0 when it is none, or nobody knows
};

/// Runs the command line `argv` on the process's own streams. Returns the exit code: 0, or 1 on any error.
[[nodiscard]] int run(int argc, char** argv, const hooks& local);

/// The same on given streams; `argv[0]` is the name the program was called by.
[[nodiscard]] int run(const std::vector<std::string>& argv, const hooks& local, const streams& io);

} // namespace cadenza::cli
