#include "messages/invariant.hpp"
#include "storage/refusals.hpp"
#include "storage/rocksdb/group.hpp"
#include "storage/rocksdb/keys.hpp"

#include "cadenza/record/v1/domain.pb.h"

#include <rocksdb/db.h>

#include <algorithm>
#include <memory>

/// The part of a group that concerns task lists and what the whole cluster shares.
namespace cadenza::storage::rocks {

namespace {

/// A failed write of a document must not cost its history, and its history must not grow for ever.
constexpr std::int64_t document_versions_kept = 64;

} // namespace

group_builder::list_entry* group_builder::load_list(const task_list_key& key, commit_result& result) {
  key_.clear();
  put_task_list_key(key_, key);
  if (auto* known = lists_.find(key_))
    return known;
  rocksdb::PinnableSlice value;
  const auto found = get(table::task_lists, key_, value);
  list_state state;
  if (found.ok()) {
    auto bytes = value.ToStringView();
    const auto range_id = take_varint(bytes);
    if (!range_id) {
      result = damaged("task list row");
      return nullptr;
    }
    state.range_id = static_cast<std::int64_t>(*range_id);
  } else if (!found.IsNotFound()) {
    result = read_failure(found);
    return nullptr;
  }
  return &lists_.add(key_, state);
}

bool group_builder::keep_row(const std::string& key, task_list_transaction& tx, commit_result& result) {
  rocksdb::PinnableSlice value;
  const auto found = get(table::task_lists, key, value);
  if (found.ok()) {
    auto bytes = value.ToStringView();
    if (!take_varint(bytes)) {
      result = damaged("task list row");
      return false;
    }
    tx.row.emplace(bytes);
  } else if (found.IsNotFound()) {
    tx.row.emplace();
  } else {
    result = read_failure(found);
    return false;
  }
  return true;
}

group_builder::verdict group_builder::add(task_list_transaction& tx, commit_result& result) {
  auto* entry = load_list(tx.key, result);
  if (entry == nullptr)
    return verdict::refused;
  const std::string& key = entry->first;
  auto& list = entry->second;
  if (list.range_id != tx.expected_range_id) {
    result = refuse_task_list(tx.key, tx.expected_range_id, list.range_id);
    return verdict::refused;
  }
  if (tx.delete_list) {
    remove(table::task_lists, {key});
    text_.assign(key);
    if (to_successor(text_))
      remove_range(table::tasks, key, text_);
    list = {0, INT64_MIN, group_};
    needs_sync_ = true;
    return verdict::taken;
  }
  CADENZA_ASSERT(tx.new_range_id >= tx.expected_range_id, "the range id of a task list never falls");
  if (!tx.row && tx.new_range_id != tx.expected_range_id) {
    // The lease goes up while the rest of the row stays: they are one value.
    if (list.group == group_)
      return verdict::next_group;
    if (!keep_row(key, tx, result))
      return verdict::refused;
  }
  CADENZA_ASSERT(tx.row || tx.new_range_id == list.range_id, "the range id of a task list is written with its row");
  needs_sync_ = true;
  list.group = group_;
  if (tx.row) {
    text_.clear();
    put_varint(text_, static_cast<std::uint64_t>(tx.new_range_id));
    put(table::task_lists, {key}, {text_, *tx.row});
    list.range_id = tx.new_range_id;
  }
  const auto drop = [&](std::int64_t up_to) {
    if (up_to <= 0 || up_to <= list.dropped_up_to)
      return;
    key_.assign(key);
    put_number(key_, list.dropped_up_to == INT64_MIN ? INT64_MIN : list.dropped_up_to + 1);
    text_.assign(key);
    if (up_to == INT64_MAX)
      to_successor(text_);
    else
      put_number(text_, up_to + 1);
    remove_range(table::tasks, key_, text_);
    list.dropped_up_to = up_to;
  };
  for (const auto& kept : tx.keep) {
    CADENZA_ASSERT(kept.first > INT64_MIN && kept.first <= kept.last,
                   "what could not be read of a backlog has a beginning and an end");
    drop(std::min(kept.first - 1, tx.delete_up_to));
    list.dropped_up_to = std::max(list.dropped_up_to, std::min(kept.last, tx.delete_up_to));
  }
  drop(tx.delete_up_to);
  for (const auto& task : tx.append) {
    key_.clear();
    put_number(key_, task.task_id);
    put(table::tasks, {key, key_}, {task.value});
    list.dropped_up_to = std::min(list.dropped_up_to, task.task_id - 1);
  }
  return verdict::taken;
}

group_builder::verdict group_builder::add(domain_transaction& tx, commit_result& result) {
  using kind = decltype(tx.operation);
  if (!empty())
    return verdict::next_group;
  const std::string version_key(1, domain_version_tag);
  record::v1::DomainMetadata metadata;
  rocksdb::PinnableSlice value;
  auto found = get(table::domains, version_key, value);
  if (found.ok() && !metadata.ParseFromArray(value.data(), static_cast<int>(value.size())))
    found = rocksdb::Status::Corruption("domain table version");
  if (!found.ok() && !found.IsNotFound()) {
    result = read_failure(found);
    return verdict::refused;
  }
  if (metadata.notification_version() != tx.expected_notification_version) {
    result = refuse_domain_version(tx.expected_notification_version, metadata.notification_version());
    return verdict::refused;
  }

  std::string id_key(1, domain_id_tag);
  put_uuid(id_key, tx.id);
  const std::string name_key = std::string(1, domain_name_tag) + tx.name;
  rocksdb::PinnableSlice by_id;
  rocksdb::PinnableSlice by_name;
  const auto id_found = get(table::domains, id_key, by_id);
  const auto name_found = get(table::domains, name_key, by_name);
  for (const auto& read : {id_found, name_found})
    if (!read.ok() && !read.IsNotFound()) {
      result = read_failure(read);
      return verdict::refused;
    }
  if (tx.operation == kind::create) {
    if (id_found.ok() || name_found.ok()) {
      result = refuse_domain("a domain with the id " + tx.id.str() + " or the name '" + tx.name + "' exists");
      return verdict::refused;
    }
  } else {
    if (!id_found.ok()) {
      result = refuse_domain("there is no domain with the id " + tx.id.str());
      return verdict::refused;
    }
    if (tx.operation == kind::update && name_found.ok() && uuid::from_raw(by_name.ToStringView()) != tx.id) {
      result = refuse_domain("another domain has the name '" + tx.name + "'");
      return verdict::refused;
    }
    auto stored = by_id.ToStringView();
    const auto size = take_varint(stored);
    if (!size || *size > stored.size()) {
      result = damaged("domain row");
      return verdict::refused;
    }
    remove(table::domains, {{&domain_name_tag, 1}, {stored.data(), static_cast<std::size_t>(*size)}});
  }
  if (tx.operation == kind::remove) {
    remove(table::domains, {id_key});
  } else {
    text_.clear();
    CADENZA_ASSERT(!tx.name.empty() && tx.id != uuid{}, "a domain is stored with its id and its name");
    put_varint(text_, tx.name.size());
    put(table::domains, {id_key}, {text_, tx.name, tx.value});
    put(table::domains, {name_key}, {tx.id.raw()});
  }
  metadata.set_format(1);
  metadata.set_notification_version(tx.expected_notification_version + 1);
  put(table::domains, {version_key}, {metadata.SerializeAsString()});
  needs_sync_ = true;
  exclusive_ = true;
  return verdict::taken;
}

group_builder::verdict group_builder::add(queue_append& message, commit_result& result) {
  if (!empty())
    return verdict::next_group;
  std::string counter_key;
  put_queue_prefix(counter_key, message.queue, queue_counter_tag);
  std::int64_t last_id = 0;
  rocksdb::PinnableSlice value;
  const auto found = get(table::queues, counter_key, value);
  if (found.ok()) {
    auto bytes = value.ToStringView();
    const auto stored = take_varint(bytes);
    if (!stored) {
      result = damaged("queue counter");
      return verdict::refused;
    }
    last_id = static_cast<std::int64_t>(*stored);
  } else if (!found.IsNotFound()) {
    result = read_failure(found);
    return verdict::refused;
  }
  ++last_id;
  text_.clear();
  put_varint(text_, static_cast<std::uint64_t>(last_id));
  put(table::queues, {counter_key}, {text_});
  record::v1::QueueMessage record;
  record.set_format(1);
  record.set_message_id(last_id);
  record.set_payload(std::move(message.payload));
  key_.clear();
  put_queue_prefix(key_, message.queue, queue_message_tag);
  put_number(key_, last_id);
  put(table::queues, {key_}, {record.SerializeAsString()});
  needs_sync_ = true;
  exclusive_ = true;
  result.current_value = last_id;
  return verdict::taken;
}

group_builder::verdict group_builder::add(queue_trim& what, commit_result& /*result*/) {
  if (what.up_to == INT64_MAX)
    --what.up_to;
  key_.clear();
  put_queue_prefix(key_, what.queue, queue_message_tag);
  text_.assign(key_);
  put_number(key_, INT64_MIN);
  put_number(text_, what.up_to + 1);
  remove_range(table::queues, key_, text_);
  return verdict::taken;
}

group_builder::verdict group_builder::add(document_write& write, commit_result& result) {
  if (!empty())
    return verdict::next_group;
  std::string lower;
  put_number(lower, static_cast<std::int32_t>(write.document));
  std::string upper = lower;
  to_successor(upper);
  const rocksdb::Slice bound(upper);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &bound;
  const std::unique_ptr<rocksdb::Iterator> it(data_.db->NewIterator(options, data_[table::documents]));
  std::int64_t version = 0;
  it->Seek(lower);
  if (it->Valid()) {
    key_reader key(it->key().ToStringView());
    std::int32_t document = 0;
    if (!key.number(document) || !key.number(version)) {
      result = damaged("document key");
      return verdict::refused;
    }
    version = ~version;
  } else if (!it->status().ok()) {
    result = read_failure(it->status());
    return verdict::refused;
  }
  if (version != write.expected_version) {
    result = refuse_document(write, version);
    return verdict::refused;
  }
  key_.clear();
  put_document_key(key_, write.document, version + 1);
  put(table::documents, {key_}, {write.value});
  if (version + 1 > document_versions_kept) {
    key_.clear();
    put_document_key(key_, write.document, version + 1 - document_versions_kept);
    remove(table::documents, {key_});
  }
  needs_sync_ = true;
  exclusive_ = true;
  return verdict::taken;
}

} // namespace cadenza::storage::rocks
