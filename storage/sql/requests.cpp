#include "storage/sql/requests.hpp"

namespace cadenza::storage::sql {

namespace {

std::size_t size_of(const shard_transaction& tx) {
  std::size_t bytes = tx.set_current ? tx.set_current->row.value.size() : 0;
  for (const auto& run : tx.runs) {
    bytes += run.header.size() + (run.fixed ? run.fixed->size() : 0);
    for (const auto& row : run.pending)
      bytes += row.text.size() + (row.value ? row.value->size() : 0) + sizeof row;
  }
  for (const auto& node : tx.history)
    bytes += node.batch.size();
  for (const auto& tree : tx.trees)
    for (const auto& row : tree.put)
      bytes += row.value.size() + sizeof row;
  const auto rows = [&bytes](const auto& all) {
    for (const auto& row : all)
      bytes += row.value.size() + sizeof row;
  };
  rows(tx.transfer);
  rows(tx.timers);
  rows(tx.replication);
  for (const auto& row : tx.listed)
    bytes += row.record.size() + row.workflow_id.size() + row.type.size() + sizeof row;
  return bytes;
}

std::size_t size_of(const task_list_transaction& tx) {
  std::size_t bytes = tx.row ? tx.row->size() : 0;
  for (const auto& task : tx.append)
    bytes += task.value.size() + sizeof task;
  return bytes;
}

std::size_t size_of(const shard_update& update) { return update.value.size(); }
std::size_t size_of(const history_removal& what) { return what.ranges.size() * sizeof(history_removal::range); }
std::size_t size_of(const dead_letter_put& what) { return what.letter.value.size(); }
std::size_t size_of(const domain_transaction& tx) { return tx.value.size(); }
std::size_t size_of(const queue_append& message) { return message.payload.size(); }
std::size_t size_of(const document_write& write) { return write.value.size(); }
std::size_t size_of(const lease_write& write) { return write.value.size(); }
std::size_t size_of(const audit_row& row) { return row.value.size(); }
template <class Small> std::size_t size_of(const Small&) { return 0; }

} // namespace

bool can_share(const request& what) {
  return std::holds_alternative<shard_transaction>(what) || std::holds_alternative<shard_update>(what) ||
         std::holds_alternative<task_list_transaction>(what);
}

std::size_t weigh(const request& what) {
  return sizeof what + std::visit([](const auto& one) { return size_of(one); }, what);
}

const char* name_of(const request& what) {
  constexpr const char* names[]{"commit_shard", "update_shard",    "commit_task_list",  "drop_history",
                                "cleanup",      "put_dead_letter", "drop_dead_letters", "commit_domain",
                                "append_queue", "trim_queue",      "acknowledge_queue", "write_document",
                                "write_lease",  "append_audit",    "trim_audit"};
  static_assert(std::size(names) == std::variant_size_v<request>);
  return names[what.index()];
}

} // namespace cadenza::storage::sql
