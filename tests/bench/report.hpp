#pragma once

#include <optional>
#include <string>
#include <vector>

/// What a benchmark found, one table at the end; each also as a line on stderr as it comes.
namespace cadenza::bench {

struct figure {
  std::string name;
  double value = 0;
  std::string unit;
  /// What the machine's building blocks, measured in the same run, allow at best; for a time, the least possible.
  std::optional<double> ceiling;
  std::string ceiling_from; ///< how the ceiling comes about
  std::string target;       ///< the project's own aim, empty without one
};

/// Not safe for several threads.
class report {
public:
  void add(figure f);
  /// A fact that belongs beside the figures (counts, conditions).
  void note(std::string text);

  void print_table() const;
  /// One JSON object on stdout: date, machine, commit, figures, notes.
  void print_json() const;

private:
  std::vector<figure> figures_;
  std::vector<std::string> notes_;
};

/// The quantile `q` (0..1) of `sorted`, 0 when there is none.
[[nodiscard]] double quantile(const std::vector<double>& sorted, double q);

} // namespace cadenza::bench
