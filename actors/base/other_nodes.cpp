#include "actors/base/other_nodes.hpp"

#include "messages/invariant.hpp"

namespace cadenza::actors {

bool other_nodes::list_is_far(const storage::task_list_key&) const { return false; }
bool other_nodes::run_is_far(const workflow_key&) const { return false; }
bool other_nodes::takes(const storage::task_list_key&) const { return true; }
list_place other_nodes::place_of(const storage::task_list_key&) const { return {}; }
void other_nodes::carry(matching_message_ptr) {
  CADENZA_ASSERT(false, "a process alone has nothing to say to other nodes");
}
bool other_nodes::carried(const run_message_ptr&) { return false; }
void other_nodes::tell(cluster_news) {}

other_nodes& other_nodes::none() {
  static other_nodes nobody;
  return nobody;
}

} // namespace cadenza::actors
