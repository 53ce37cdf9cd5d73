#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/matching/far_errand.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cadenza::actors {

/// A wire from a node to itself: what is far comes back as bytes, when and as often as the test says.
class far_road final : public other_nodes {
public:
  using message = wire::v1::MatchingMessage;

  bool lists = false; ///< are far
  bool runs = false;
  /// When the copies of a message arrive, in ns from now; none: it is lost.
  std::function<std::vector<std::int64_t>(const message&)> weather = [](const message&) {
    return std::vector<std::int64_t>{0};
  };
  std::map<message::BodyCase, int> sent;

  explicit far_road(const actor_context& env) : env_(env) {}

  [[nodiscard]] bool any() const override { return true; }
  [[nodiscard]] bool list_is_far(const storage::task_list_key&) const override { return lists; }
  [[nodiscard]] bool run_is_far(const workflow_key&) const override { return runs; }
  void carry(matching_message_ptr what) override {
    ++sent[what->body_case()];
    for (const auto delay_ns : weather(*what))
      coming_.emplace(env_.time->now_ns() + delay_ns, what->SerializeAsString());
  }
  /// Delivers what has come; false when there is nothing.
  bool deliver() {
    bool any = false;
    while (!coming_.empty() && coming_.begin()->first <= env_.time->now_ns()) {
      auto arrived = std::make_shared<message>();
      if (!arrived->ParseFromString(coming_.begin()->second))
        throw std::logic_error("a message does not parse");
      coming_.erase(coming_.begin());
      deliver_matching(env_, std::move(arrived));
      any = true;
    }
    return any;
  }

private:
  const actor_context& env_;
  std::multimap<std::int64_t, std::string> coming_;
};

} // namespace cadenza::actors
