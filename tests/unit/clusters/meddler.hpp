#pragma once

#include "two_clusters.hpp"

#include "cadenza/record/v1/replication_message.pb.h"

#include <functional>

namespace cadenza::actors {

/// Stands between a cluster of the fixture and its road, and does to questions and answers what a test says. To be put
/// in place by `side::tune` before a `begin`.
class meddler final : public other_clusters {
public:
  explicit meddler(other_clusters& road) : road_(road) {}

  [[nodiscard]] bool any() const override { return road_.any(); }
  [[nodiscard]] const replication::cluster_group& group() const override { return road_.group(); }
  void ask(const std::string& cluster, std::uint32_t kind, std::string bytes, bool waits, call_ptr call) override {
    if (hold && hold(kind))
      return held.push_back(std::move(call));
    if (kind == cluster_kind::feed)
      call = std::make_shared<inner_call<wire::v1::FeedPage>>(
          INT64_MAX, [this, asker = std::move(call)](const wire::v1::FeedPage* page, const error* reason) {
            if (reason != nullptr)
              return asker->reject(*reason);
            auto changed = *page;
            if (change)
              change(changed);
            asker->reply(changed);
          });
    road_.ask(cluster, kind, std::move(bytes), waits, std::move(call));
  }

  std::function<bool(std::uint32_t kind)> hold;         ///< true: it gets no answer before the test lets `held` go
  std::function<void(wire::v1::FeedPage& page)> change; ///< of what is told
  std::vector<call_ptr> held;

private:
  other_clusters& road_;
};

} // namespace cadenza::actors
