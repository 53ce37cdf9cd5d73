#pragma once

#include "engine.hpp"

#include <random>

namespace cadenza::workflow::test {

/// What is left to chance in a random life: how a run begins and what a decider decides. All of it follows from the
/// seed.
class random_choices : public engine {
public:
  explicit random_choices(std::uint64_t seed) : random_(seed) {}

  /// The steps so far, a word each.
  [[nodiscard]] const std::string& log() const { return log_; }

protected:
  [[nodiscard]] int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
  [[nodiscard]] bool one_in(int n) { return below(n) == 0; }
  template <class T> const T& pick(const std::vector<T>& from) {
    return from[static_cast<std::size_t>(below(static_cast<int>(from.size())))];
  }
  void note(const std::string& what) {
    log_ += what;
    log_ += ' ';
  }
  std::string fresh() { return chance.new_uuid().str(); }

  void begin_somehow();
  api::Decision some_decision();
  api::Decision some_close();

  std::mt19937_64 random_;
  std::string log_;
};

} // namespace cadenza::workflow::test
