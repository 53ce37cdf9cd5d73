#pragma once

#include "config/load.hpp"
#include "config/metrics.hpp"
#include "server/reload.hpp"
#include "server/signals.hpp"

#include <memory>
#include <string>

namespace cadenza {

struct open_store;
struct settings_part;
struct engine_part;
class front_part;
class storage_watch;

/// A whole server: stores, engine and what clients reach. Built by `start` from the bottom up, ended by `stop` from the
/// top down, the same way from wherever `start` got to.
///
/// Threads: one calls it. After a crash the same configuration starts it again with everything that it had
/// acknowledged.
class server {
public:
  /// `again` reads the configuration anew, for a reload. `commit`: that the program was built of.
  server(config::loaded configuration, reloader::load again, std::string commit = "unknown");
  ~server(); ///< stops
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Opens the stores, starts the engine, and opens the ports when the engine can carry out requests. A signal to stop
  /// ends the waiting: then nothing serves, and `run` returns at once. What fails is told, after which only `stop` may
  /// follow. Once only.
  [[nodiscard]] outcome<void> start(signal_source& signals);

  /// Serves until a signal says to stop.
  void run(signal_source& signals);

  /// Lets what is under way finish for the configured time, then ends everything. A second call does nothing.
  void stop();

  /// Whether the ports are open.
  [[nodiscard]] bool serving() const { return serving_; }
  /// Ports that are open; 0 before.
  [[nodiscard]] int grpc_port() const;
  [[nodiscard]] int http_port() const;
  /// What people are told when it serves.
  [[nodiscard]] std::string banner() const;

private:
  [[nodiscard]] const config::server_config& values() const { return configuration_.values; }
  [[nodiscard]] outcome<void> read_settings();
  void tell_of_start() const;
  void wait_for_engine(signal_source& signals);
  void notify_of_end(signal_source& signals);

  const config::loaded configuration_;
  const reloader::load again_;
  const std::string commit_;
  bool serving_ = false;
  bool told_to_stop_ = false;

  // The parts, as they are built; each knows those above it.
  metrics::registry registry_;
  std::vector<metrics::registry::callback_handle> process_gauges_;
  std::unique_ptr<settings_part> settings_;
  std::unique_ptr<open_store> stores_;
  std::unique_ptr<storage_watch> disk_;
  std::unique_ptr<engine_part> engine_;
  std::unique_ptr<front_part> front_;
};

} // namespace cadenza
