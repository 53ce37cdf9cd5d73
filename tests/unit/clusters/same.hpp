#pragma once

#include "two_clusters.hpp"

#include "cadenza/record/v1/replication_message.pb.h"

#include <string>
#include <vector>

namespace cadenza::actors {

/// How a run of one cluster differs from that of the other; "" when it does not, but for what is each cluster's own:
/// where its branches are stored, which attempt of a decision it is at, and who is asked what. Without a run id that of
/// the current ones, which must be the same.
[[nodiscard]] std::string difference(two_clusters& of, const std::string& domain, const std::string& id,
                                     const std::string& run_id = {});

/// The workflow's current run in a cluster; "" when it has none.
[[nodiscard]] std::string current_of(two_clusters& of, two_clusters::side& in, const std::string& domain,
                                     const std::string& id);

/// Dead letters of a cluster, as they are stored.
[[nodiscard]] std::vector<wire::v1::FeedItem> dead_letters_of(two_clusters::side& in, const std::string& from);

/// Two clusters whose workflows begin in dc1, in the domain `orders`, and are to become the same in dc2.
struct followed_clusters : two_clusters {
  std::int64_t patience_s = 20; ///< how long that may take

  /// Starts a workflow and takes its first decision.
  api::PollForDecisionTaskResponse begun(const std::string& id);
  void expect_same(const std::string& id, const std::string& run_id = {});
};

} // namespace cadenza::actors
