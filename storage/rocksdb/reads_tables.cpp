#include "storage/rocksdb/keys.hpp"
#include "storage/rocksdb/range_scan.hpp"
#include "storage/rocksdb/reads.hpp"
#include "storage/rocksdb/values.hpp"
#include "storage/scan_tokens.hpp"

#include <algorithm>

/// Reads of what is written seldom: dead letters, levels of queues, leases of nodes, the audit, the schema.
namespace cadenza::storage::rocks {

page<replication_row> scan_dead_letters(const database& data, const dead_letters& at, std::int64_t after,
                                        std::int64_t up_to, int limit) {
  page<replication_row> result;
  if (after >= up_to)
    return result;
  std::string prefix;
  put_dead_letters_prefix(prefix, at);
  std::string lower = prefix;
  put_number(lower, after + 1);
  std::string upper = prefix;
  if (up_to == INT64_MAX)
    to_successor(upper);
  else
    put_number(upper, up_to + 1);
  range_scan scan(data, table::dead_letters, std::move(lower), std::move(upper));
  for (scan.to_first(); scan.valid(); scan.next()) {
    if (static_cast<int>(result.rows.size()) >= std::max(limit, 1)) {
      result.next = more_after(result.rows.back().task_id);
      break;
    }
    key_reader key(scan.key().substr(prefix.size()));
    std::int64_t id = 0;
    if (!key.number(id)) {
      tell_damaged(result, "dead letter");
      return result;
    }
    result.rows.push_back({id, std::string(scan.value())});
  }
  tell(result, scan.status());
  return result;
}

page<queue_ack> read_acks(const database& data, int queue) {
  page<queue_ack> result;
  std::string lower;
  put_number(lower, static_cast<std::int32_t>(queue));
  std::string upper = lower;
  to_successor(upper);
  const auto prefix = lower.size();
  range_scan scan(data, table::acks, std::move(lower), std::move(upper));
  for (scan.to_first(); scan.valid(); scan.next()) {
    auto value = scan.value();
    const auto level = take_signed(value);
    if (!level) {
      tell_damaged(result, "level of a queue");
      return result;
    }
    result.rows.push_back({queue, std::string(scan.key().substr(prefix)), *level});
  }
  tell(result, scan.status());
  return result;
}

page<node_lease> read_leases(const database& data) {
  page<node_lease> result;
  range_scan scan(data, table::leases, {}, {});
  for (scan.to_first(); scan.valid(); scan.next()) {
    auto lease = read_lease(scan.key(), scan.value());
    if (!lease) {
      tell_damaged(result, "lease of a node");
      return result;
    }
    result.rows.push_back(*std::move(lease));
  }
  tell(result, scan.status());
  return result;
}

page<audit_row> read_audit(const database& data, const audit_query& query) {
  page<audit_row> result;
  if (query.from_ns >= query.to_ns)
    return result;
  std::string lower;
  put_audit_key(lower, query.domain_id, query.to_ns - 1, uuid{});
  if (!query.page.empty()) {
    const auto token = audit_token::parse(query.page);
    if (!token) {
      tell_damaged(result, "page token");
      return result;
    }
    lower.clear();
    put_audit_key(lower, query.domain_id, token->at_ns, token->id);
    lower.push_back('\0'); // the first key after that entry's
  }
  std::string upper;
  put_uuid(upper, query.domain_id);
  put_number(upper, ~query.from_ns);
  if (!to_successor(upper))
    upper.clear(); // to the end of the table
  range_scan scan(data, table::audit, std::move(lower), std::move(upper));
  for (scan.to_first(); scan.valid(); scan.next()) {
    if (static_cast<int>(result.rows.size()) >= std::max(query.limit, 1)) {
      result.next = audit_token{result.rows.back().at_ns, result.rows.back().id}.text();
      break;
    }
    key_reader key(scan.key());
    auto& row = result.rows.emplace_back();
    if (!key.id(row.domain_id) || !key.number(row.at_ns) || !key.id(row.id)) {
      tell_damaged(result, "audit key");
      return result;
    }
    row.at_ns = ~row.at_ns;
    row.value = scan.value();
  }
  tell(result, scan.status());
  return result;
}

page<schema_row> read_schema(const database& data) {
  page<schema_row> result;
  range_scan scan(data, table::schema, {}, {});
  for (scan.to_first(); scan.valid(); scan.next()) {
    key_reader key(scan.key());
    auto& row = result.rows.emplace_back();
    std::int32_t version = 0;
    auto value = scan.value();
    const auto since_ns = take_signed(value);
    if (!key.number(version) || !since_ns) {
      tell_damaged(result, "schema");
      return result;
    }
    row.version = version;
    row.since_ns = *since_ns;
    row.by = value;
  }
  tell(result, scan.status());
  return result;
}

} // namespace cadenza::storage::rocks
