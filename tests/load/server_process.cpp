#include "tests/load/server_process.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <poll.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cadenza::load {
namespace {

/// The port in a line of the banner: "  gRPC   127.0.0.1:7833 …"; 0 when it is not there.
int port_after(const std::string& text, const std::string& label) {
  const auto line = text.find(label);
  if (line == std::string::npos)
    return 0;
  const auto colon = text.find(':', line);
  return colon == std::string::npos ? 0 : std::atoi(text.c_str() + colon + 1);
}

/// Ports of this machine that nobody has at present.
template <std::size_t Count> std::array<int, Count> free_ports() {
  std::array<int, Count> sockets{};
  std::array<int, Count> out{};
  for (std::size_t i = 0; i < Count; ++i) {
    sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (bind(sockets[i], reinterpret_cast<sockaddr*>(&at), size) == 0 &&
        getsockname(sockets[i], reinterpret_cast<sockaddr*>(&at), &size) == 0)
      out[i] = ntohs(at.sin_port);
  }
  for (const int one : sockets)
    close(one);
  return out;
}

} // namespace

server_process::server_process(std::string binary, std::string data_dir, std::vector<std::string> extra)
  : binary_(std::move(binary)), data_dir_(std::move(data_dir)), extra_(std::move(extra)) {}

server_process::~server_process() { kill(); }

void server_process::open_tchannel(const std::string& directory) {
  const auto ports = free_ports<3>();
  tchannel_port_ = ports[2];
  config_ = directory + "/ports.yaml";
  std::ofstream(config_) << "services: {frontend: {rpc: {grpcPort: " << ports[0] << ", port: " << tchannel_port_
                         << ", http: {port: " << ports[1] << "}}}}\n";
}

bool server_process::start(std::chrono::seconds patience) {
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0)
    return false;
  std::vector<std::string> words{binary_, "server", "start"};
  if (config_.empty())
    words.insert(words.end(), {"--port", std::to_string(port_), "--http-port", std::to_string(http_port_)});
  else
    words.insert(words.end(), {"--config", config_});
  if (data_dir_.empty())
    words.emplace_back("--ephemeral");
  else
    words.insert(words.end(), {"--data", data_dir_});
  words.insert(words.end(), extra_.begin(), extra_.end());
  std::vector<char*> argv;
  for (auto& w : words)
    argv.push_back(w.data());
  argv.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(pipe_ends[1], STDOUT_FILENO);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(pipe_ends[1]);
  if (out_ >= 0)
    close(out_);
  out_ = pipe_ends[0];
  output_.clear();
  const auto until = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < until) {
    pollfd p{out_, POLLIN, 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (poll(&p, 1, static_cast<int>(left.count())) <= 0)
      continue;
    char buffer[4096];
    const auto n = read(out_, buffer, sizeof buffer);
    if (n <= 0)
      return false; // it ended
    output_.append(buffer, static_cast<std::size_t>(n));
    if (output_.find("shards ") == std::string::npos)
      continue;
    port_ = port_after(output_, "gRPC");
    http_port_ = port_after(output_, "HTTP");
    return port_ != 0;
  }
  return false;
}

void server_process::kill() {
  if (pid_ <= 0)
    return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
  if (out_ >= 0)
    close(out_);
  out_ = -1;
}

int server_process::stop() {
  if (pid_ <= 0)
    return -1;
  ::kill(pid_, SIGTERM);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

double server_process::cpu_seconds() const {
  std::ifstream in("/proc/" + std::to_string(pid_) + "/stat");
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto after = text.rfind(')');
  if (after == std::string::npos)
    return 0;
  std::istringstream fields(text.substr(after + 2));
  std::string skip;
  for (int i = 0; i < 11; ++i)
    fields >> skip;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

long server_process::resident_bytes() const {
  std::ifstream in("/proc/" + std::to_string(pid_) + "/statm");
  long total = 0;
  long resident = 0;
  in >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

scratch_directory::scratch_directory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "cadenza-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr)
    std::abort();
  path_ = pattern;
}

scratch_directory::~scratch_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

} // namespace cadenza::load
