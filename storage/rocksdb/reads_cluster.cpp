#include "messages/invariant.hpp"
#include "storage/rocksdb/keys.hpp"
#include "storage/rocksdb/range_scan.hpp"
#include "storage/rocksdb/reads.hpp"
#include "storage/rocksdb/surviving_scan.hpp"
#include "storage/rocksdb/values.hpp"
#include "storage/scan_tokens.hpp"

#include "cadenza/record/v1/domain.pb.h"

#include <algorithm>

namespace cadenza::storage::rocks {

page<backlog_row> scan_tasks(const database& data, const task_list_key& list, std::int64_t after, std::int64_t up_to,
                             int limit) {
  page<backlog_row> result;
  if (after >= up_to)
    return result;
  std::string prefix;
  put_task_list_key(prefix, list);
  std::string lower = prefix;
  put_number(lower, after + 1);
  std::string upper = prefix;
  if (up_to == INT64_MAX)
    to_successor(upper);
  else
    put_number(upper, up_to + 1);
  surviving_scan scan(data, table::tasks, std::move(lower), std::move(upper));
  while (scan.next()) {
    if (static_cast<int>(result.rows.size()) >= std::max(limit, 1)) {
      result.next = more_after(result.rows.back().task_id);
      break;
    }
    key_reader key(scan.key().substr(prefix.size()));
    std::int64_t id = 0;
    if (!key.number(id)) {
      tell_damaged(result, "task key");
      return result;
    }
    result.rows.push_back({id, std::string(scan.value())});
  }
  constexpr bool number_is_all = true;
  tell_gaps(result, scan, prefix.size(), number_is_all, up_to);
  return result;
}

page<std::pair<task_list_key, std::string>> scan_task_lists(const database& data, const ring_range& of,
                                                            const std::string& token, int limit) {
  page<std::pair<task_list_key, std::string>> result;
  // No index by position: this store is on one node, which takes the whole ring.
  // No key begins with 17 times FF: a domain id is 16 bytes and a list's name is text.
  surviving_scan scan(data, table::task_lists, token, std::string(17, '\xff'));
  std::string last;
  while (scan.next()) {
    if (static_cast<int>(result.rows.size()) >= std::max(limit, 1)) {
      CADENZA_ASSERT(!last.empty(), "a page of task lists ends behind a list");
      result.next = last + '\0';
      break;
    }
    last = scan.key();
    key_reader key(last);
    task_list_key list;
    auto value = scan.value();
    if (!read_task_list_key(key, list) || !take_varint(value)) {
      tell_damaged(result, "task list");
      return result;
    }
    if (of.contains(list))
      result.rows.emplace_back(std::move(list), value);
  }
  tell_gaps(result, scan, 0, false, 0);
  for (auto& range : result.unreadable)
    range.first = range.last = 0; // names have no numbers
  return result;
}

page<domain_row> read_domains(const database& data, const std::string& token, int limit) {
  page<domain_row> result;
  std::string lower(1, domain_id_tag);
  if (!token.empty()) {
    if (token.front() != domain_id_tag) {
      tell_damaged(result, "page token");
      return result;
    }
    lower = token;
  }
  range_scan scan(data, table::domains, std::move(lower), std::string(1, domain_id_tag + 1));
  for (scan.to_first(); scan.valid(); scan.next()) {
    if (static_cast<int>(result.rows.size()) >= std::max(limit, 1)) {
      result.next = scan.key();
      break;
    }
    key_reader key(scan.key());
    char tag = 0;
    auto& row = result.rows.emplace_back();
    auto value = scan.value();
    std::optional<std::uint64_t> size;
    if (!key.tag(tag) || !key.id(row.id) || !(size = take_varint(value)) || *size > value.size()) {
      tell_damaged(result, "domain row");
      return result;
    }
    row.name = value.substr(0, static_cast<std::size_t>(*size));
    row.value = value.substr(static_cast<std::size_t>(*size));
  }
  tell(result, scan.status());
  return result;
}

read_result<std::int64_t> read_domain_version(const database& data) {
  read_result<std::int64_t> result;
  rocksdb::PinnableSlice value;
  const auto found =
      data.db->Get(rocksdb::ReadOptions{}, data[table::domains], std::string(1, domain_version_tag), &value);
  record::v1::DomainMetadata metadata;
  if (!found.ok() && !found.IsNotFound())
    tell(result, found);
  else if (found.ok() && !metadata.ParseFromArray(value.data(), static_cast<int>(value.size())))
    tell_damaged(result, "domain table version");
  else
    result.value = metadata.notification_version();
  return result;
}

page<queue_row> read_queue(const database& data, int queue, std::int64_t after, int limit) {
  page<queue_row> result;
  if (after == INT64_MAX)
    return result;
  std::string lower;
  put_queue_prefix(lower, queue, queue_message_tag);
  std::string upper = lower;
  to_successor(upper);
  put_number(lower, after + 1);
  range_scan scan(data, table::queues, std::move(lower), std::move(upper));
  record::v1::QueueMessage record;
  for (scan.to_first(); scan.valid(); scan.next()) {
    if (static_cast<int>(result.rows.size()) >= std::max(limit, 1)) {
      result.next = more_after(result.rows.back().message_id);
      break;
    }
    const auto value = scan.value();
    if (!record.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      tell_damaged(result, "queue message");
      return result;
    }
    result.rows.push_back({record.message_id(), std::move(*record.mutable_payload())});
  }
  tell(result, scan.status());
  return result;
}

read_result<std::string> read_document(const database& data, int document) {
  read_result<std::string> result;
  std::string lower;
  put_number(lower, static_cast<std::int32_t>(document));
  std::string upper = lower;
  to_successor(upper);
  range_scan scan(data, table::documents, std::move(lower), std::move(upper));
  scan.to_first(); // the highest version sorts first
  if (scan.valid())
    result.value.emplace(scan.value());
  tell(result, scan.status());
  return result;
}

} // namespace cadenza::storage::rocks
