#include "storage/refusals.hpp"
#include "storage/rocksdb/group.hpp"
#include "storage/rocksdb/keys.hpp"

#include <rocksdb/db.h>

/// The part of a group that concerns what is written seldom: dead letters, levels of queues, leases of nodes, the
/// audit.
namespace cadenza::storage::rocks {

group_builder::verdict group_builder::add(dead_letter_put& what, commit_result& /*result*/) {
  key_.clear();
  put_dead_letters_prefix(key_, what.at);
  put_number(key_, what.letter.task_id);
  put(table::dead_letters, {key_}, {what.letter.value});
  needs_sync_ = true;
  return verdict::taken;
}

group_builder::verdict group_builder::add(dead_letter_drop& what, commit_result& /*result*/) {
  if (what.after >= what.up_to)
    return verdict::taken;
  key_.clear();
  put_dead_letters_prefix(key_, what.at);
  text_.assign(key_);
  put_number(key_, what.after + 1);
  if (what.up_to == INT64_MAX)
    to_successor(text_);
  else
    put_number(text_, what.up_to + 1);
  remove_range(table::dead_letters, key_, text_);
  return verdict::taken;
}

group_builder::verdict group_builder::add(queue_ack& ack, commit_result& result) {
  if (!empty())
    return verdict::next_group;
  std::string key;
  put_ack_key(key, ack.queue, ack.cluster);
  rocksdb::PinnableSlice value;
  const auto found = get(table::acks, key, value);
  if (found.ok()) {
    auto bytes = value.ToStringView();
    const auto level = take_signed(bytes);
    if (!level) {
      result = damaged("level of a queue");
      return verdict::refused;
    }
    if (*level >= ack.level)
      return verdict::taken;
  } else if (!found.IsNotFound()) {
    result = read_failure(found);
    return verdict::refused;
  }
  text_.clear();
  put_signed(text_, ack.level);
  put(table::acks, {key}, {text_});
  needs_sync_ = true;
  exclusive_ = true;
  return verdict::taken;
}

group_builder::verdict group_builder::add(lease_write& write, commit_result& result) {
  if (!empty())
    return verdict::next_group;
  rocksdb::PinnableSlice value;
  const auto found = get(table::leases, write.node, value);
  std::int64_t version = 0;
  if (found.ok()) {
    const auto stored = read_lease(write.node, value.ToStringView());
    if (!stored) {
      result = damaged("lease of a node");
      return verdict::refused;
    }
    version = stored->version;
  } else if (!found.IsNotFound()) {
    result = read_failure(found);
    return verdict::refused;
  }
  if (version != write.expected_version) {
    result = refuse_lease(write, version);
    return verdict::refused;
  }
  if (write.drop) {
    remove(table::leases, {write.node});
  } else {
    text_.clear();
    put_lease_head(text_, version + 1, write.expires_ns);
    put(table::leases, {write.node}, {text_, write.value});
  }
  needs_sync_ = true;
  exclusive_ = true;
  return verdict::taken;
}

group_builder::verdict group_builder::add(audit_row& row, commit_result& /*result*/) {
  key_.clear();
  put_audit_key(key_, row.domain_id, row.at_ns, row.id);
  put(table::audit, {key_}, {row.value});
  needs_sync_ = true;
  return verdict::taken;
}

group_builder::verdict group_builder::add(audit_trim& what, commit_result& /*result*/) {
  if (what.before_ns == INT64_MIN)
    return verdict::taken;
  // The newest sort first: what is older than a moment is behind it.
  key_.clear();
  put_audit_key(key_, what.domain_id, what.before_ns - 1, uuid{});
  text_.clear();
  put_uuid(text_, what.domain_id);
  if (!to_successor(text_))
    text_.assign(64, '\xff'); // the domain's id is all ones: behind every key
  remove_range(table::audit, key_, text_);
  return verdict::taken;
}

} // namespace cadenza::storage::rocks
