#include "actors/base/system_sources.hpp"

#include <sys/random.h>

#include <array>
#include <bit>
#include <cstdlib>
#include <ctime>

namespace cadenza::actors {
namespace {

/// xoshiro256**: fast, and good enough for ids that only have to be unlike each other.
class generator {
public:
  generator() {
    if (getrandom(state_.data(), sizeof state_, 0) != static_cast<ssize_t>(sizeof state_))
      std::abort();
    state_[0] |= 1; // never all zero
  }

  std::uint64_t next() {
    const auto result = std::rotl(state_[1] * 5, 7) * 9;
    const auto t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

private:
  std::array<std::uint64_t, 4> state_{};
};

} // namespace

// The one place where actors' time comes from outside.
std::int64_t system_clock::now_ns() const {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

std::uint64_t system_entropy::next() {
  thread_local generator mine;
  return mine.next();
}

} // namespace cadenza::actors
