#include "replication/branches.hpp"

#include "messages/invariant.hpp"
#include "workflow/version_history.hpp"

#include <algorithm>

namespace cadenza::replication {
namespace {

namespace rec = record::v1;

std::string text(const rec::VersionItem& item) {
  return "event " + std::to_string(item.event_id()) + " of version " + std::to_string(item.version());
}

} // namespace

outcome<placement> nearest(const rec::VersionHistories& histories, const rec::VersionBranch& incoming) {
  std::optional<placement> best;
  for (int i = 0; i < histories.branches_size(); ++i) {
    const auto shared = workflow::lowest_common_ancestor(histories.branches(i), incoming);
    if (!shared)
      continue;
    const bool longer = !best || shared->event_id() > best->shared.event_id();
    const bool shorter = best && shared->event_id() == best->shared.event_id() &&
                         histories.branches(i).items_size() < histories.branches(best->branch).items_size();
    if (!longer && !shorter)
      continue;
    best.emplace();
    best->branch = i;
    best->shared = *shared;
  }
  if (!best)
    return bad_request("version histories have no common ancestor");
  return *best;
}

outcome<placement> place(const rec::VersionHistories& histories, const rec::VersionBranch& incoming,
                         std::int64_t first_id, std::int64_t last_id) {
  auto found = nearest(histories, incoming);
  if (!found)
    return found.error();
  const auto shared_id = found->shared.event_id();
  if (last_id <= shared_id) {
    found->what = placement::kind::duplicate;
    return found;
  }
  if (first_id > shared_id + 1) {
    found->what = placement::kind::gap;
    found->missing.after = found->shared;
    auto& before = found->missing.before.emplace();
    before.set_event_id(first_id);
    before.set_version(workflow::version_of(incoming, first_id).value_or(0));
    return found;
  }
  if (first_id <= shared_id)
    return bad_request("A batch begins in the middle of what is known: events " + std::to_string(first_id) + " to " +
                       std::to_string(last_id) + ", shared is " + text(found->shared));
  const bool ends_there = workflow::last_event_id(histories.branches(found->branch)) == shared_id;
  found->what = ends_there ? placement::kind::append : placement::kind::fork;
  return found;
}

outcome<int> fork_branch(rec::VersionHistories& histories, int base, const rec::VersionItem& until,
                         const std::string& new_branch_id) {
  CADENZA_ASSERT(base >= 0 && base < histories.branches_size(), "a branch is forked from one that is there");
  auto copy = workflow::duplicate_until(histories.branches(base), until);
  if (!copy)
    return copy.error();
  const auto& from = histories.branches(base).branch();
  const auto begin = from.ancestors().empty() ? first_event_id : from.ancestors().rbegin()->end_node();
  *copy->mutable_branch() = workflow::fork(from, begin, until.event_id() + 1, new_branch_id);
  *histories.add_branches() = std::move(*copy);
  return histories.branches_size() - 1;
}

std::optional<int> branch_with(const rec::VersionHistories& histories, const rec::VersionItem& event) {
  const auto has = [&](int i) { return workflow::contains(histories.branches(i), event); };
  if (histories.current() < histories.branches_size() && has(histories.current()))
    return histories.current();
  for (int i = 0; i < histories.branches_size(); ++i)
    if (has(i))
      return i;
  return std::nullopt;
}

outcome<bool> wins(const rec::VersionHistories& histories, std::int64_t version) {
  const auto now = workflow::last_version(histories.branches(histories.current()));
  CADENZA_ASSERT(now.has_value(), "the current branch of a stored run has events");
  if (version == *now)
    return bad_request("Two branches end with version " + std::to_string(version) + ".");
  return version > *now;
}

outcome<served_range> serve(const rec::VersionHistories& histories, const event_range& asked) {
  served_range out;
  out.branch = histories.current();
  if (asked.before) {
    auto found = branch_with(histories, *asked.before);
    if (!found) {
      auto last = *asked.before;
      last.set_event_id(last.event_id() - 1);
      found = branch_with(histories, last);
    }
    if (!found)
      return not_exists("There is no " + text(*asked.before));
    out.branch = *found;
  }
  const auto& branch = histories.branches(out.branch);
  out.behind_id = asked.before ? asked.before->event_id() : workflow::last_event_id(branch) + 1;
  out.first_id = first_event_id;
  if (asked.after) {
    const auto found = branch_with(histories, *asked.after);
    if (!found)
      return not_exists("There is no " + text(*asked.after));
    auto shared = *asked.after;
    if (!workflow::contains(branch, shared)) {
      const auto both = workflow::lowest_common_ancestor(histories.branches(*found), branch);
      if (!both)
        return both.error();
      shared = *both;
    }
    out.first_id = shared.event_id() + 1;
  }
  out.first_id = std::min(out.first_id, out.behind_id);
  return out;
}

} // namespace cadenza::replication
