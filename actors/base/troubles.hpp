#pragma once

#include "actors/base/clock.hpp"
#include "actors/base/rate_gate.hpp"
#include "config/log_line.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace cadenza::actors {

/// What is wrong inside the engine: which actors died of what, and what of the store cannot be read. For the log, for
/// `/health` and for `admin actor list`.
///
/// Any thread. Nothing of it outlives the process or has to. What is kept is bounded: of runs and task lists, of which
/// there may be millions, the ones that died last.
class troubles {
public:
  troubles(const clock& time, log::sink write);

  /// An actor is gone. `path` as `admin actor list` shows it. `wanted`: it was killed by hand or by chaos.
  ///
  /// Logged, but of one path no more than one line in 10 s, and of all no more than 10 lines a second; each line says
  /// how many of that path were left out before it, and a line of its own how many of others.
  void died(const std::string& path, const std::string& reason, bool wanted);

  /// What of `where` (a shard's queue, a task list) cannot be read, in place of what was said before; nothing: all of
  /// it can. Logged when it is something else than before, unless `quiet`.
  void unreadable(const std::string& where, std::vector<std::string> what, bool quiet = false);

  struct death {
    std::string path;
    std::string reason;     ///< of the last one
    std::int64_t count = 0; ///< that were not wanted
    std::int64_t last_ns = 0;
  };
  /// Actors that died by themselves within the last `within_ns`, most deaths first.
  [[nodiscard]] std::vector<death> deaths(std::int64_t within_ns) const;
  /// How often the actor of this path has died, wanted or not.
  [[nodiscard]] std::int64_t count(const std::string& path) const;

  struct damage {
    std::string where;
    std::string what;
  };
  [[nodiscard]] std::vector<damage> damages() const;
  [[nodiscard]] std::int64_t damage_count() const;

private:
  struct entry {
    death last;
    std::int64_t all = 0;
    std::int64_t logged_ns = 0; ///< 0: never
    std::int64_t left_out = 0;  ///< since then
  };
  [[nodiscard]] entry& entry_of(const std::string& path);
  void tell(entry& of, bool wanted, std::int64_t now_ns);

  const clock& time_;
  const log::sink write_;
  mutable std::mutex lock_;              // guards what follows
  std::map<std::string, entry> lasting_; ///< owners and shards
  std::map<std::string, entry> passing_; ///< runs and task lists
  rate_gate lines_;
  std::int64_t left_out_ = 0; ///< of all paths
  std::map<std::string, std::vector<std::string>> unreadable_;
};

} // namespace cadenza::actors
