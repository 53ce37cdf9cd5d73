#include "cli/run.hpp"
#include "server/commit.hpp"
#include "server/offline.hpp"
#include "server/schema_commands.hpp"
#include "server/serve.hpp"
#include "server/verify_store.hpp"

int main(int argc, char** argv) {
  cadenza::cli::hooks local;
  local.server_start = [](const cadenza::cli::server_options& options, std::ostream& out, std::ostream& err) {
    return cadenza::serve(options, out, err, cadenza::built_of_commit());
  };
  local.backup_restore = cadenza::restore_backup_offline;
  local.verify = cadenza::verify_offline;
  local.schema = cadenza::schema_command;
  local.version = CADENZA_VERSION;
  return cadenza::cli::run(argc, argv, local);
}
