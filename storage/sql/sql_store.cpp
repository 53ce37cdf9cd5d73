#include "storage/sql/sql_store.hpp"

#include "messages/invariant.hpp"
#include "messages/shard_hash.hpp"

namespace cadenza::storage::sql {

namespace {

constexpr std::size_t domains_kind = 0;
constexpr std::size_t queues_kind = 1;
constexpr std::size_t documents_kind = 2;
constexpr std::size_t leases_kind = 3;
constexpr std::size_t audit_kind = 4;

} // namespace

sql_store::sql_store(store_parts parts) {
  CADENZA_ASSERT(!parts.databases.empty(), "a store is on at least one database");
  around_.bounds = parts.bounds;
  around_.probes = std::move(parts.probes);
  around_.log = std::move(parts.log);
  held_ = std::move(parts.held);
  for (auto& one : parts.databases) {
    auto& made = databases_.emplace_back();
    for (int i = 0; i < std::max(one.lanes, 1); ++i)
      made.lanes.push_back(std::make_unique<lane>(one.connect, parts.make_id(), one.label, around_));
    made.readers = std::make_unique<reader_pool>(one.connect, one.readers, one.label, around_);
  }
}

sql_store::~sql_store() { close(); }

void sql_store::close() {
  for (auto& one : databases_) {
    for (auto& each : one.lanes)
      each->stop();
    one.readers->stop();
  }
  held_.reset();
}

capabilities sql_store::able_to() const {
  capabilities out;
  out.keeps_lists = true;
  return out;
}

std::size_t sql_store::place_of(const task_list_key& key) const {
  return farm_fingerprint32(key.domain_id.raw() + key.name) % databases_.size();
}

lane& sql_store::lane_of(int shard) {
  auto& lanes = databases_[place_of(shard)].lanes;
  return *lanes[static_cast<std::size_t>(shard) / databases_.size() % lanes.size()];
}

lane& sql_store::lane_of(const task_list_key& key) {
  auto& lanes = databases_[place_of(key)].lanes;
  return *lanes[ring_position(key) % lanes.size()];
}

lane& sql_store::lane_of_cluster(std::size_t kind) {
  auto& lanes = databases_[0].lanes;
  return *lanes[kind % lanes.size()];
}

void sql_store::commit(shard_transaction tx, done<commit_result> cb) {
  lane_of(tx.shard).submit(std::move(tx), std::move(cb));
}

void sql_store::update_shard(shard_update update, done<commit_result> cb) {
  lane_of(update.shard).submit(std::move(update), std::move(cb));
}

void sql_store::drop_history(history_removal what, done<commit_result> cb) {
  lane_of(what.shard).submit(std::move(what), std::move(cb));
}

void sql_store::cleanup(shard_cleanup what, done<commit_result> cb) {
  lane_of(what.shard).submit(std::move(what), std::move(cb));
}

void sql_store::put_dead_letter(dead_letters at, replication_row letter, done<commit_result> cb) {
  lane_of(at.shard).submit(dead_letter_put{std::move(at), std::move(letter)}, std::move(cb));
}

void sql_store::drop_dead_letters(dead_letters at, std::int64_t after, std::int64_t up_to, done<commit_result> cb) {
  lane_of(at.shard).submit(dead_letter_drop{std::move(at), after, up_to}, std::move(cb));
}

void sql_store::commit(task_list_transaction tx, done<commit_result> cb) {
  lane_of(tx.key).submit(std::move(tx), std::move(cb));
}

void sql_store::commit(domain_transaction tx, done<commit_result> cb) {
  lane_of_cluster(domains_kind).submit(std::move(tx), std::move(cb));
}

void sql_store::append(queue_append message, done<commit_result> cb) {
  lane_of_cluster(queues_kind).submit(std::move(message), std::move(cb));
}

void sql_store::trim_queue(int queue, std::int64_t up_to, done<commit_result> cb) {
  lane_of_cluster(queues_kind).submit(queue_trim{queue, up_to}, std::move(cb));
}

void sql_store::acknowledge(queue_ack ack, done<commit_result> cb) {
  lane_of_cluster(queues_kind).submit(std::move(ack), std::move(cb));
}

void sql_store::write_document(document_write write, done<commit_result> cb) {
  lane_of_cluster(documents_kind).submit(std::move(write), std::move(cb));
}

void sql_store::write_lease(lease_write write, done<commit_result> cb) {
  lane_of_cluster(leases_kind).submit(std::move(write), std::move(cb));
}

void sql_store::append_audit(audit_row row, done<commit_result> cb) {
  lane_of_cluster(audit_kind).submit(std::move(row), std::move(cb));
}

void sql_store::trim_audit(uuid domain_id, std::int64_t before_ns, done<commit_result> cb) {
  lane_of_cluster(audit_kind).submit(audit_trim{domain_id, before_ns}, std::move(cb));
}

} // namespace cadenza::storage::sql
