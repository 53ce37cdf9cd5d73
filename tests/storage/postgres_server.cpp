#include "tests/storage/postgres_server.hpp"

#include "storage/sql/postgres/schema.hpp"

#include <postgresql/libpq-fe.h>

#include <arpa/inet.h>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <pwd.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cadenza::storage::test {

namespace {

namespace pg = sql::postgres;

/// Where Debian puts the programs of a version.
std::string find_programs() {
  std::string found;
  std::error_code ignored;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored))
    if (std::filesystem::exists(version.path() / "bin/initdb") && version.path().string() > found)
      found = version.path().string();
  if (found.empty())
    throw std::runtime_error("PostgreSQL is missing: ./dev deps --tests");
  return found + "/bin/";
}

int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  const bool bound = bind(socket, reinterpret_cast<sockaddr*>(&at), size) == 0 &&
                     getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size) == 0;
  close(socket);
  if (!bound)
    throw std::runtime_error("no free port");
  return ntohs(at.sin_port);
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> out;
  std::error_code ignored;
  for (const auto& process : std::filesystem::directory_iterator("/proc", ignored)) {
    std::ifstream status(process.path() / "status");
    pid_t of = 0;
    for (std::string word; status >> word;)
      if (word == "PPid:") {
        status >> of;
        break;
      }
    if (of == parent)
      out.push_back(std::atoi(process.path().filename().c_str()));
  }
  return out;
}

/// The server does not run as root.
constexpr const char* unprivileged = "nobody";

constexpr const char* emptied =
    "DELETE FROM cadenza_lanes; DELETE FROM cadenza_shards; DELETE FROM cadenza_currents; DELETE FROM cadenza_runs;"
    "DELETE FROM cadenza_pending; DELETE FROM cadenza_trees; DELETE FROM cadenza_branches; DELETE FROM cadenza_history;"
    "DELETE FROM cadenza_requests; DELETE FROM cadenza_transfer; DELETE FROM cadenza_timers;"
    "DELETE FROM cadenza_replication; DELETE FROM cadenza_dead_letters; DELETE FROM cadenza_task_lists;"
    "DELETE FROM cadenza_tasks; DELETE FROM cadenza_domains; UPDATE cadenza_domain_version SET version = 0;"
    "DELETE FROM cadenza_queues; DELETE FROM cadenza_queue_messages; DELETE FROM cadenza_queue_levels;"
    "DELETE FROM cadenza_listed; DELETE FROM cadenza_listed_attributes; DELETE FROM cadenza_unlisted;"
    "DELETE FROM cadenza_documents; DELETE FROM cadenza_leases; DELETE FROM cadenza_audit";

class postgres_under_test final : public under_test {
public:
  explicit postgres_under_test(const std::vector<pg::endpoint>& databases) {
    for (const auto& at : databases)
      query(at, emptied);
    store_ = open_store(options_for(databases));
  }
  store& get() override { return *store_; }

private:
  std::unique_ptr<store> store_;
};

} // namespace

postgres_server::postgres_server(std::string settings)
  : settings_(std::move(settings)), programs_(find_programs()), port_(free_port()) {
  // Whoever is left behind by its parent becomes a child of this process: then there is somebody to wait for it.
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
    throw std::runtime_error("processes that are left behind cannot be waited for");
  if (geteuid() == 0) {
    const auto* user = getpwnam(unprivileged);
    if (user == nullptr || chown(directory_.path().c_str(), user->pw_uid, user->pw_gid) != 0)
      throw std::runtime_error("no user for PostgreSQL to run as");
  }
  if (run(programs_ + "initdb --no-sync -U cadenza -A trust -E UTF8 --locale=C -D " + data()) != 0)
    throw std::runtime_error("initdb failed");
  start();
}

postgres_server::~postgres_server() {
  static_cast<void>(run(programs_ + "pg_ctl -s -D " + data() + " -m immediate stop"));
}

int postgres_server::run(const std::string& command) const {
  const std::string as = geteuid() == 0 ? std::string("setpriv --reuid=") + unprivileged +
                                              " --regid=nogroup"
                                              " --clear-groups "
                                        : std::string();
  return std::system(("cd / && " + as + command + " >> " + (directory_ / "log") + " 2>&1").c_str());
}

void postgres_server::start() {
  // Nothing here needs to survive a loss of power; a crash of the server's alone loses nothing without syncs, too.
  const auto options = "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c autovacuum_naptime=5 "
                       "-c shared_buffers=64MB -c port=" +
                       std::to_string(port_) + " " + settings_;
  if (run(programs_ + "pg_ctl -s -w -t 60 -D " + data() + " -l " + (directory_ / "server") + " -o '" + options +
          "' start") != 0)
    throw std::runtime_error("PostgreSQL does not start: " + (directory_ / "server"));
}

void postgres_server::kill() {
  std::ifstream file(data() + "/postmaster.pid");
  pid_t pid = 0;
  if (!(file >> pid) || pid <= 1)
    throw std::runtime_error("no PostgreSQL to kill");
  const auto children = children_of(pid);
  if (::kill(pid, SIGKILL) != 0)
    throw std::runtime_error("PostgreSQL cannot be killed");
  // Its children notice by themselves. Until the last is gone, and as long as a dead one is not waited for, it cannot
  // be started again.
  static_cast<void>(waitpid(pid, nullptr, 0));
  for (const auto child : children)
    static_cast<void>(waitpid(child, nullptr, 0));
}

pg::endpoint postgres_server::database(const std::string& name) const {
  pg::endpoint out;
  out.port = std::to_string(port_);
  out.database = name;
  out.user = "cadenza";
  return out;
}

postgres_server& shared_postgres() {
  static postgres_server server;
  return server;
}

pg::endpoint fresh_database(postgres_server& on, const std::string& name) {
  auto at = on.database(name);
  for (const auto& done : {pg::drop_database(at), pg::create_database(at)})
    if (!done)
      throw std::runtime_error(done.error().message);
  auto link = pg::connect(at);
  if (!link)
    throw std::runtime_error(link.error().message);
  std::vector<std::string> told;
  if (const auto made = pg::set_up_schema(link->get(), "test"); !made)
    throw std::runtime_error(made.error().message);
  if (const auto made = pg::migrate(link->get(), pg::newest_schema(), "test", false, told); !made)
    throw std::runtime_error(made.error().message);
  return at;
}

pg::postgres_options options_for(std::vector<pg::endpoint> databases) {
  pg::postgres_options options;
  options.databases = std::move(databases);
  options.connections_max = 5;
  return options;
}

std::unique_ptr<store> open_store(pg::postgres_options options) {
  auto opened = pg::open_postgres(std::move(options));
  if (!opened)
    throw std::runtime_error(opened.error().message);
  return *std::move(opened);
}

std::unique_ptr<under_test> make_postgres() {
  static const std::vector<pg::endpoint> databases{fresh_database(shared_postgres(), "one")};
  return std::make_unique<postgres_under_test>(databases);
}

std::unique_ptr<under_test> make_postgres_4() {
  static const std::vector<pg::endpoint> databases = [] {
    std::vector<pg::endpoint> out;
    for (const auto* name : {"four_0", "four_1", "four_2", "four_3"})
      out.push_back(fresh_database(shared_postgres(), name));
    return out;
  }();
  return std::make_unique<postgres_under_test>(databases);
}

std::string query(const pg::endpoint& at, const std::string& text) {
  auto link = pg::connect(at);
  if (!link)
    throw std::runtime_error(link.error().message);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(link->get(), text.c_str()), PQclear);
  const auto how = PQresultStatus(result.get());
  if (how != PGRES_COMMAND_OK && how != PGRES_TUPLES_OK)
    throw std::runtime_error(PQresultErrorMessage(result.get()));
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

} // namespace cadenza::storage::test
