#pragma once

#include "config/server_config.hpp"

#include <chrono>
#include <functional>
#include <random>
#include <string>

namespace cadenza {

/// Kills a random actor now and then, when the configuration asks for it. One thread.
class chaos {
public:
  using time = std::chrono::steady_clock::time_point;
  /// Never due.
  static constexpr time never = time::max();

  /// `kill` gets the path of an actor as `admin actor kill` takes it. Seed 0: a random one. Logs which, and a warning,
  /// when killing is allowed.
  chaos(config::chaos_config how, int shards, std::function<void(const std::string& path)> kill, time now);

  /// Other intervals and kinds from now on. Whether killing is allowed, and the seed, stay as they were.
  void set(const config::chaos_config& how, time now);

  /// When the next kill is due.
  [[nodiscard]] time due() const { return due_; }
  /// Kills, when it is due.
  void tick(time now);

  [[nodiscard]] std::uint64_t seed() const { return how_.seed; }

private:
  [[nodiscard]] std::string choose();
  [[nodiscard]] std::size_t below(std::size_t bound);
  void schedule(time now);

  config::chaos_config how_;
  const int shards_;
  const std::function<void(const std::string&)> kill_;
  std::mt19937_64 random_;
  time due_ = never;
};

} // namespace cadenza
