#include "workflow/version_history.hpp"

#include "messages/constants.hpp"
#include "messages/invariant.hpp"

#include <algorithm>

namespace cadenza::workflow {

namespace rec = record::v1;

void append_event(rec::VersionBranch& branch, std::int64_t event_id, std::int64_t version) {
  CADENZA_ASSERT(event_id >= first_event_id, "a branch holds events that have their numbers");
  const int n = branch.items_size();
  if (n > 0) {
    auto& last = *branch.mutable_items(n - 1);
    CADENZA_ASSERT(version >= last.version(), "versions never fall along a branch");
    CADENZA_ASSERT(event_id > last.event_id(), "event ids grow along a branch");
    if (last.version() == version) {
      last.set_event_id(event_id);
      return;
    }
  }
  auto& item = *branch.add_items();
  item.set_event_id(event_id);
  item.set_version(version);
}

std::optional<std::int64_t> last_version(const rec::VersionBranch& branch) {
  if (branch.items().empty())
    return std::nullopt;
  return branch.items(branch.items_size() - 1).version();
}

std::int64_t last_event_id(const rec::VersionBranch& branch) {
  return branch.items().empty() ? 0 : branch.items(branch.items_size() - 1).event_id();
}

std::optional<std::int64_t> version_of(const rec::VersionBranch& branch, std::int64_t event_id) {
  if (event_id < first_event_id)
    return std::nullopt;
  for (const auto& item : branch.items())
    if (event_id <= item.event_id())
      return item.version();
  return std::nullopt;
}

bool contains(const rec::VersionBranch& branch, const rec::VersionItem& item) {
  return version_of(branch, item.event_id()) == std::optional<std::int64_t>(item.version());
}

outcome<rec::VersionItem> lowest_common_ancestor(const rec::VersionBranch& a, const rec::VersionBranch& b) {
  int i = a.items_size() - 1;
  int j = b.items_size() - 1;
  while (i >= 0 && j >= 0) {
    const auto& left = a.items(i);
    const auto& right = b.items(j);
    if (left.version() == right.version()) {
      rec::VersionItem shared;
      shared.set_version(left.version());
      shared.set_event_id(std::min(left.event_id(), right.event_id()));
      return shared;
    }
    if (left.version() > right.version())
      --i;
    else
      --j;
  }
  return bad_request("version histories have no common ancestor");
}

outcome<rec::VersionBranch> duplicate_until(const rec::VersionBranch& branch, const rec::VersionItem& until) {
  if (!contains(branch, until))
    return bad_request("version history does not contain the item it is to be cut at");
  rec::VersionBranch out;
  *out.mutable_branch() = branch.branch();
  for (const auto& item : branch.items()) {
    if (item.version() < until.version()) {
      *out.add_items() = item;
      continue;
    }
    *out.add_items() = until;
    break;
  }
  CADENZA_ASSERT(last_event_id(out) == until.event_id(), "a branch that is cut ends with the event where it was cut");
  return out;
}

rec::HistoryBranch fork(const rec::HistoryBranch& base, std::int64_t base_begin_node, std::int64_t fork_event_id,
                        const std::string& new_branch_id) {
  CADENZA_ASSERT(fork_event_id > first_event_id, "a branch shares at least one event with the one it leaves");
  rec::HistoryBranch out;
  out.set_tree_id(base.tree_id());
  out.set_branch_id(new_branch_id);
  for (const auto& range : base.ancestors()) {
    if (range.begin_node() >= fork_event_id)
      break;
    auto& copy = *out.add_ancestors();
    copy = range;
    copy.set_end_node(std::min(range.end_node(), fork_event_id));
    CADENZA_ASSERT(copy.begin_node() < copy.end_node(), "what a branch takes from another holds events");
  }
  if (fork_event_id > base_begin_node) {
    auto& own = *out.add_ancestors();
    own.set_branch_id(base.branch_id());
    own.set_begin_node(base_begin_node);
    own.set_end_node(fork_event_id);
  }
  return out;
}

} // namespace cadenza::workflow
