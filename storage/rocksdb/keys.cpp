#include "storage/rocksdb/keys.hpp"

#include "messages/invariant.hpp"
#include "storage/scan_tokens.hpp"

namespace cadenza::storage::rocks {

namespace {

constexpr char text_escape = '\xff';
constexpr char text_end = 0x01;

bool keyed_by_text(pending_kind kind) { return kind == pending_kind::timer || kind == pending_kind::signal_requested; }

} // namespace

void put_number(std::string& out, std::int32_t value) {
  const auto bits = static_cast<std::uint32_t>(value) ^ (std::uint32_t{1} << 31);
  const char bytes[4]{static_cast<char>(bits >> 24), static_cast<char>(bits >> 16), static_cast<char>(bits >> 8),
                      static_cast<char>(bits)};
  out.append(bytes, sizeof bytes);
}

void put_number(std::string& out, std::int64_t value) { put_ordered(out, value); }

void put_uuid(std::string& out, const uuid& id) {
  out.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
}

void put_text(std::string& out, std::string_view text) {
  for (auto zero = text.find('\0'); zero != text.npos; zero = text.find('\0')) {
    out.append(text.substr(0, zero + 1));
    out.push_back(text_escape);
    text.remove_prefix(zero + 1);
  }
  out.append(text);
  out.push_back('\0');
  out.push_back(text_end);
}

void put_current_key(std::string& out, int shard, const workflow_key& key) {
  put_number(out, shard);
  put_uuid(out, key.domain_id);
  out.append(key.workflow_id);
}

void put_run_prefix(std::string& out, int shard, const run_key& key) {
  put_number(out, shard);
  put_uuid(out, key.domain_id);
  put_text(out, key.workflow_id);
  put_uuid(out, key.run_id);
}

void put_pending_suffix(std::string& out, const pending_row& row) {
  CADENZA_ASSERT(row.kind >= pending_kind::activity && row.kind <= pending_kind::buffered,
                 "a pending row is of a known kind");
  out.push_back(static_cast<char>(run_pending_tag + static_cast<char>(row.kind)));
  if (keyed_by_text(row.kind))
    out.append(row.text);
  else
    put_number(out, row.number);
}

void put_request_key(std::string& out, int shard, const request_write& request) {
  put_number(out, static_cast<std::int32_t>(shard));
  put_uuid(out, request.workflow.domain_id);
  put_text(out, request.workflow.workflow_id);
  put_number(out, static_cast<std::int32_t>(request.kind));
  put_number(out, request.version);
  out += request.request_id;
}

void put_tree_key(std::string& out, int shard, const uuid& tree_id) {
  put_number(out, shard);
  put_uuid(out, tree_id);
}

void put_branch_prefix(std::string& out, int shard, const uuid& tree_id, const uuid& branch_id) {
  put_number(out, shard);
  put_uuid(out, tree_id);
  put_uuid(out, branch_id);
}

void put_node_suffix(std::string& out, std::int64_t first_event_id, std::int64_t txn_id) {
  put_number(out, first_event_id);
  put_number(out, ~txn_id);
}

void put_task_key(std::string& out, int shard, std::int64_t task_id) {
  put_number(out, shard);
  put_number(out, task_id);
}

void put_timer_key(std::string& out, int shard, std::int64_t fire_ns, std::int64_t task_id) {
  put_number(out, shard);
  put_number(out, fire_ns);
  put_number(out, task_id);
}

void put_task_list_key(std::string& out, const task_list_key& key) {
  put_uuid(out, key.domain_id);
  put_text(out, key.name);
  put_number(out, static_cast<std::int32_t>(key.type));
}

void put_queue_prefix(std::string& out, int queue, char tag) {
  put_number(out, queue);
  out.push_back(tag);
}

void put_document_key(std::string& out, int document, std::int64_t version) {
  put_number(out, document);
  put_number(out, ~version);
}

void put_dead_letters_prefix(std::string& out, const dead_letters& at) {
  put_number(out, static_cast<std::int32_t>(at.shard));
  put_text(out, at.cluster);
}

void put_ack_key(std::string& out, int queue, std::string_view cluster) {
  put_number(out, static_cast<std::int32_t>(queue));
  out.append(cluster);
}

void put_audit_key(std::string& out, const uuid& domain_id, std::int64_t at_ns, const uuid& id) {
  put_uuid(out, domain_id);
  put_number(out, ~at_ns);
  put_uuid(out, id);
}

bool key_reader::number(std::int32_t& value) {
  if (rest_.size() < 4)
    return false;
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < 4; ++i)
    bits = bits << 8 | static_cast<unsigned char>(rest_[i]);
  value = static_cast<std::int32_t>(bits ^ (std::uint32_t{1} << 31));
  rest_.remove_prefix(4);
  return true;
}

bool key_reader::number(std::int64_t& value) {
  if (rest_.size() < 8)
    return false;
  value = get_ordered(rest_.data());
  rest_.remove_prefix(8);
  return true;
}

bool key_reader::id(uuid& value) {
  if (rest_.size() < 16)
    return false;
  value = uuid::from_raw(rest_.substr(0, 16));
  rest_.remove_prefix(16);
  return true;
}

bool key_reader::text(std::string& value) {
  value.clear();
  for (;;) {
    const auto zero = rest_.find('\0');
    if (zero == rest_.npos || zero + 1 == rest_.size())
      return false;
    value.append(rest_.substr(0, zero));
    const char mark = rest_[zero + 1];
    rest_.remove_prefix(zero + 2);
    if (mark == text_end)
      return true;
    if (mark != text_escape)
      return false;
    value.push_back('\0');
  }
}

bool key_reader::tag(char& value) {
  if (rest_.empty())
    return false;
  value = rest_.front();
  rest_.remove_prefix(1);
  return true;
}

bool read_run_key(key_reader& key, int& shard, run_key& run) {
  return key.number(shard) && key.id(run.domain_id) && key.text(run.workflow_id) && key.id(run.run_id);
}

std::optional<pending_row> read_pending_suffix(std::string_view suffix) {
  if (suffix.empty() || suffix.front() <= run_pending_tag)
    return std::nullopt;
  pending_row row;
  row.kind = static_cast<pending_kind>(suffix.front() - run_pending_tag);
  suffix.remove_prefix(1);
  if (row.kind > pending_kind::buffered)
    return std::nullopt;
  if (keyed_by_text(row.kind)) {
    row.text = suffix;
    return row;
  }
  if (suffix.size() != 8)
    return std::nullopt;
  row.number = get_ordered(suffix.data());
  return row;
}

bool read_task_list_key(key_reader& key, task_list_key& list) {
  return key.id(list.domain_id) && key.text(list.name) && key.number(list.type);
}

bool to_successor(std::string& bound) {
  while (!bound.empty() && bound.back() == '\xff')
    bound.pop_back();
  if (bound.empty())
    return false;
  bound.back() = static_cast<char>(static_cast<unsigned char>(bound.back()) + 1);
  return true;
}

} // namespace cadenza::storage::rocks
