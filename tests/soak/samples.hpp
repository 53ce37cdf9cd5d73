#pragma once

#include "tests/load/server_process.hpp"

#include <string>
#include <vector>

namespace cadenza::soak {

/// One thing of the server that has to stay flat, seen over time.
struct series {
  std::string name;
  std::string unit;
  /// How much it may grow over the second half: a share of its mean plus a constant.
  double share = 0.1;
  double constant = 0;
  std::vector<double> values{};

  /// Mean of the first or the second half.
  [[nodiscard]] double mean(bool second_half) const;
  [[nodiscard]] double greatest() const;
  /// Slope of the regression line over the second half times the number of samples there: what it grew in that time.
  [[nodiscard]] double growth() const;
  [[nodiscard]] double allowed() const { return mean(true) * share + constant; }
  [[nodiscard]] bool flat() const { return growth() <= allowed(); }
};

/// Reads everything of a server that a leak would show in: /proc, /metrics, the list of actors, the data directory.
class sampler {
public:
  sampler(load::server_process& server, std::string directory);
  /// One sample of each series at the same time. False when the server does not answer.
  [[nodiscard]] bool take();
  /// Drops the samples taken so far.
  void forget();
  [[nodiscard]] const std::vector<series>& all() const { return all_; }
  [[nodiscard]] std::size_t count() const { return all_.front().values.size(); }
  /// Prints one line for each series; true when all are flat.
  [[nodiscard]] bool report(double minutes) const;
  /// The metric's value now, summed over its labels; -1 when the server does not tell it.
  [[nodiscard]] double metric(const std::string& name);

private:
  load::server_process& server_;
  const std::string directory_;
  std::vector<series> all_;
};

} // namespace cadenza::soak
