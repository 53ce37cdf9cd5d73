#pragma once

#include "messages/invariant.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

namespace cadenza::storage::memory {

/// Keeps things in order that belong together, and nothing else. Each names the lanes it belongs to (none: it waits for
/// nobody) and may go once it leads all of them. Not thread-safe.
class lanes {
public:
  struct entry {
    std::vector<std::size_t> in; ///< each once
    bool ready = false;          ///< wants to go
    bool going = false;
  };
  using entry_ptr = std::shared_ptr<entry>;

  /// Behind everything that is in one of its lanes already.
  void enter(const entry_ptr& one) {
    for (const auto lane : one->in)
      waiting_[lane].push_back(one);
  }

  /// It wants to go: what may go now, which is nothing or itself.
  [[nodiscard]] std::vector<entry_ptr> make_ready(const entry_ptr& one) {
    CADENZA_ASSERT(!one->ready, "what waits in a lane becomes ready once");
    one->ready = true;
    std::vector<entry_ptr> out;
    release(one, out);
    return out;
  }

  /// It is over: what may go now instead.
  [[nodiscard]] std::vector<entry_ptr> leave(const entry_ptr& one) {
    CADENZA_ASSERT(one->going, "only what was let go is over");
    std::vector<entry_ptr> out;
    for (const auto lane : one->in) {
      const auto found = waiting_.find(lane);
      CADENZA_ASSERT(found != waiting_.end() && found->second.front() == one,
                     "what goes leads its lanes until it is over");
      found->second.pop_front();
      if (found->second.empty())
        waiting_.erase(found);
    }
    for (const auto lane : one->in)
      if (const auto found = waiting_.find(lane); found != waiting_.end())
        release(found->second.front(), out);
    return out;
  }

private:
  void release(const entry_ptr& one, std::vector<entry_ptr>& out) {
    const auto leads = [&](std::size_t lane) { return waiting_.at(lane).front() == one; };
    if (!one->ready || one->going || !std::all_of(one->in.begin(), one->in.end(), leads))
      return;
    one->going = true;
    out.push_back(one);
  }

  std::unordered_map<std::size_t, std::deque<entry_ptr>> waiting_;
};

} // namespace cadenza::storage::memory
