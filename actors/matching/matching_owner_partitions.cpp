#include "actors/matching/matching_owner.hpp"

#include "actors/matching/partition_name.hpp"

#include <caf/all.hpp>

/// How the matching owner spreads tasks, polls and queries over the partitions of a list.
namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

void matching_owner::note_partitions(partitions_known& known) {
  const auto i = lists_.find(known.list);
  if (i == lists_.end())
    return;
  auto& root = i->second;
  const bool one = known.reads.size() == 1 && known.writes.size() == 1 && known.reads[0] == 0 && known.writes[0] == 0;
  for (const int index : known.reads) {
    const auto part = lists_.find({known.list.domain_id, name_of_partition(known.list.name, index), known.list.type});
    if (index != 0 && part != lists_.end())
      send(part->second.handle, make_matching_mail(known));
  }
  if (env_.others->any())
    desk_->tell_partitions(known.list, known.reads, known.writes);
  root.random = known.random;
  root.reads = one ? std::vector<int>{} : std::move(known.reads);
  root.writes = one ? std::vector<int>{} : std::move(known.writes);
}

int matching_owner::pick(const std::vector<int>& from, std::size_t& next, bool random) {
  const auto at =
      random ? static_cast<std::size_t>(env_.chance->below(static_cast<std::int64_t>(from.size()))) : next++;
  return from[at % from.size()];
}

template <class T> bool matching_owner::place(T& content, entry& root, bool write) {
  if (content.placed || content.kind == api::TASK_LIST_KIND_STICKY)
    return false;
  content.placed = true;
  const int index =
      write ? pick(root.writes, root.next_write, root.random) : pick(root.reads, root.next_read, root.random);
  if (index == 0)
    return false;
  content.list.name = name_of_partition(content.list.name, index);
  return true;
}

bool matching_owner::place(matching_mail& mail, entry& root) {
  if (auto* task = std::get_if<list_task_ptr>(&mail))
    return place(**task, root, true);
  if (auto* poll = std::get_if<list_poll_ptr>(&mail))
    return place(**poll, root, false);
  if (auto* query = std::get_if<list_query_ptr>(&mail))
    return place(**query, root, true);
  return false;
}

} // namespace cadenza::actors
