#include "target.hpp"

#include "workflow/replay.hpp"

#include "uber/cadence/api/v1/history.pb.h"

using namespace cadenza;

namespace {

class counting_entropy final : public workflow::entropy {
public:
  [[nodiscard]] std::uint64_t next() override { return ++last_; }

private:
  std::uint64_t last_ = 0;
};

} // namespace

// A stored history, which may be damaged or come from another cluster, becomes a run or an error. Events with the same
// version and consecutive ids are cut into batches at "decision task started" and the like by their own event ids.
FUZZ_TARGET(histories) {
  uber::cadence::api::v1::History all;
  if (!fuzz::read_message(input, all) || all.events_size() > 200)
    return;
  std::vector<workflow::batch> batches;
  for (int i = 0; i < all.events_size();) {
    auto batch = std::make_shared<uber::cadence::api::v1::History>();
    const auto size = 1 + (all.events(i).task_id() & 3);
    for (std::int64_t n = 0; n < size && i < all.events_size(); ++n, ++i)
      *batch->add_events() = all.events(i);
    batches.push_back(std::move(batch));
  }
  auto domain = std::make_shared<workflow::domain_view>();
  domain->id = uuid::v4(1, 1);
  domain->name = "fuzz";
  auto directory = std::make_shared<workflow::domain_directory>();
  directory->put(domain);
  counting_entropy chance;
  const workflow::rules limits;
  workflow::environment env;
  env.now_ns = 1'700'000'000'000'000'000;
  env.chance = &chance;
  env.domain = domain;
  env.domains = directory;
  env.limits = &limits;
  record::v1::HistoryBranch branch;
  branch.set_tree_id("0123456789abcdef");
  branch.set_branch_id("fedcba9876543210");
  const auto run = workflow::replay({domain->id, "wf", uuid::v4(5, 6)}, batches, branch, env);
  if (run) {
    REQUIRE((*run)->next_event_id() == all.events(all.events_size() - 1).event_id() + 1);
    (void)(*run)->memory_bytes();
  }
}
