#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace cadenza::load {

/// A server started for a test, on loopback and ports of its own. Ended by its own pid when this goes.
class server_process {
public:
  /// `binary`: build/cadenza. `data_dir` empty: in memory. `extra` goes to `server start`.
  server_process(std::string binary, std::string data_dir, std::vector<std::string> extra = {});
  ~server_process();
  server_process(const server_process&) = delete;
  server_process& operator=(const server_process&) = delete;

  /// From its next start on it speaks TChannel too, on a free port; `directory` is for its configuration file.
  void open_tchannel(const std::string& directory);

  /// Starts and waits for the line that says it is ready; false when that does not come or the process ends. After the
  /// first start the same ports are used again.
  [[nodiscard]] bool start(std::chrono::seconds patience = std::chrono::seconds(60));
  /// SIGKILL, and waits until it is gone.
  void kill();
  /// SIGTERM, and waits; the exit code.
  int stop();

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int http_port() const { return http_port_; }
  [[nodiscard]] int tchannel_port() const { return tchannel_port_; } ///< 0: it does not speak it
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// What it printed since its last start.
  [[nodiscard]] const std::string& output() const { return output_; }

  /// User plus system CPU seconds so far.
  [[nodiscard]] double cpu_seconds() const;
  /// Resident memory, bytes.
  [[nodiscard]] long resident_bytes() const;

private:
  const std::string binary_;
  const std::string data_dir_;
  const std::vector<std::string> extra_;
  pid_t pid_ = 0;
  int out_ = -1;
  int port_ = 0;
  int http_port_ = 0;
  int tchannel_port_ = 0;
  std::string config_; ///< a file that names the ports; empty: the command line does
  std::string output_;
};

/// A fresh directory, removed with everything in it when this goes.
class scratch_directory {
public:
  scratch_directory();
  ~scratch_directory();
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

private:
  std::string path_;
};

} // namespace cadenza::load
