#include "storage/memory/memory_store.hpp"

#include "storage/memory/state.hpp"

#include <algorithm>

/// The calls that change something.
namespace cadenza::storage {

using memory::no_shard;

namespace {

/// What must stay in order.
enum class lane : std::size_t { shard_row = 1, workflow, list, domains, queue, document, lease };

template <class... Parts> std::size_t lane_of(lane what, const Parts&... parts) {
  auto out = static_cast<std::size_t>(what) * 0x9E3779B97F4A7C15ULL;
  ((out = (out ^ std::hash<Parts>{}(parts)) * 0x100000001B3ULL), ...);
  return out;
}

std::vector<std::size_t> lanes_of(const shard_transaction& tx) {
  std::vector<std::size_t> out;
  const auto add = [&](const auto& key) {
    out.push_back(lane_of(lane::workflow, tx.shard, key.domain_id, key.workflow_id));
  };
  for (const auto& run : tx.runs)
    add(run.key);
  for (const auto& run : tx.delete_runs)
    add(run);
  for (const auto& request : tx.requests)
    add(request.workflow);
  if (tx.current)
    add(tx.current->key);
  if (tx.set_current)
    add(tx.set_current->key);
  if (tx.delete_current)
    add(tx.delete_current->key);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

} // namespace

memory_store::memory_store(memory_options options) : state_(std::make_shared<state>(std::move(options))) {}

memory_store::~memory_store() { close(); }

void memory_store::commit(shard_transaction tx, done<commit_result> cb) {
  const int shard = tx.shard;
  auto lanes = lanes_of(tx);
  auto call = std::make_shared<state::commit_call>();
  call->cb = std::move(cb);
  const auto kept = std::make_shared<shard_transaction>(std::move(tx));
  call->apply = [kept](memory::tables& all) { return all.apply(*kept); };
  call->leave = [kept](memory::tables& all) { all.leave_history(*kept); };
  state_->commit("commit", shard, std::move(lanes), std::move(call));
}

void memory_store::update_shard(shard_update update, done<commit_result> cb) {
  const int shard = update.shard;
  state_->commit("update_shard", shard, {lane_of(lane::shard_row, shard)}, std::move(cb),
                 [update = std::move(update)](memory::tables& all) mutable { return all.apply(update); });
}

void memory_store::drop_history(history_removal what, done<commit_result> cb) {
  const int shard = what.shard;
  state_->commit("drop_history", shard, {}, std::move(cb),
                 [what = std::move(what)](memory::tables& all) { return all.apply(what); });
}

void memory_store::cleanup(shard_cleanup what, done<commit_result> cb) {
  state_->commit("cleanup", what.shard, {}, std::move(cb), [what](memory::tables& all) { return all.apply(what); });
}

void memory_store::put_dead_letter(dead_letters at, replication_row letter, done<commit_result> cb) {
  const int shard = at.shard;
  state_->commit("put_dead_letter", shard, {}, std::move(cb),
                 [at = std::move(at), letter = std::move(letter)](memory::tables& all) mutable {
                   all.dead_letters[{at.shard, at.cluster}].insert_or_assign(letter.task_id, std::move(letter.value));
                   return commit_result{};
                 });
}

void memory_store::drop_dead_letters(dead_letters at, std::int64_t after, std::int64_t up_to, done<commit_result> cb) {
  const int shard = at.shard;
  state_->commit("drop_dead_letters", shard, {}, std::move(cb),
                 [at = std::move(at), after, up_to](memory::tables& all) {
                   const auto found = all.dead_letters.find({at.shard, at.cluster});
                   if (found != all.dead_letters.end() && after < up_to)
                     found->second.erase(found->second.upper_bound(after), found->second.upper_bound(up_to));
                   return commit_result{};
                 });
}

void memory_store::commit(task_list_transaction tx, done<commit_result> cb) {
  const auto at = lane_of(lane::list, tx.key.domain_id, tx.key.name, tx.key.type);
  state_->commit("commit", no_shard, {at}, std::move(cb),
                 [tx = std::move(tx)](memory::tables& all) mutable { return all.apply(tx); });
}

void memory_store::commit(domain_transaction tx, done<commit_result> cb) {
  state_->commit("commit", no_shard, {lane_of(lane::domains)}, std::move(cb),
                 [tx = std::move(tx)](memory::tables& all) mutable { return all.apply(tx); });
}

void memory_store::append(queue_append message, done<commit_result> cb) {
  state_->commit("append", no_shard, {lane_of(lane::queue, message.queue)}, std::move(cb),
                 [message = std::move(message)](memory::tables& all) mutable { return all.apply(message); });
}

void memory_store::trim_queue(int queue, std::int64_t up_to, done<commit_result> cb) {
  state_->commit("trim_queue", no_shard, {lane_of(lane::queue, queue)}, std::move(cb),
                 [queue, up_to](memory::tables& all) { return all.trim(queue, up_to); });
}

void memory_store::acknowledge(queue_ack ack, done<commit_result> cb) {
  state_->commit("acknowledge", no_shard, {lane_of(lane::queue, ack.queue)}, std::move(cb),
                 [ack = std::move(ack)](memory::tables& all) {
                   const auto [row, fresh] = all.acks.try_emplace({ack.queue, ack.cluster}, ack.level);
                   row->second = std::max(row->second, ack.level);
                   return commit_result{};
                 });
}

void memory_store::write_document(document_write write, done<commit_result> cb) {
  state_->commit("write_document", no_shard, {lane_of(lane::document, write.document)}, std::move(cb),
                 [write = std::move(write)](memory::tables& all) mutable { return all.apply(write); });
}

void memory_store::write_lease(lease_write write, done<commit_result> cb) {
  state_->commit("write_lease", no_shard, {lane_of(lane::lease, write.node)}, std::move(cb),
                 [write = std::move(write)](memory::tables& all) mutable { return all.apply(write); });
}

void memory_store::append_audit(audit_row row, done<commit_result> cb) {
  state_->commit("append_audit", no_shard, {}, std::move(cb), [row = std::move(row)](memory::tables& all) mutable {
    all.audit.insert_or_assign(memory::audit_key{row.domain_id, row.at_ns, row.id}, std::move(row.value));
    return commit_result{};
  });
}

void memory_store::trim_audit(uuid domain_id, std::int64_t before_ns, done<commit_result> cb) {
  state_->commit("trim_audit", no_shard, {}, std::move(cb), [domain_id, before_ns](memory::tables& all) {
    std::erase_if(all.audit,
                  [&](const auto& one) { return one.first.domain_id == domain_id && one.first.at_ns < before_ns; });
    return commit_result{};
  });
}

capabilities memory_store::able_to() const { return state_->options.able_to; }

bool memory_store::accepts_writes() const {
  const std::lock_guard guard(state_->mutex);
  return !state_->closed;
}

void memory_store::close() {
  const std::lock_guard guard(state_->mutex);
  state_->closed = true;
}

} // namespace cadenza::storage
