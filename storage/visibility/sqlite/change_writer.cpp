#include "storage/visibility/sqlite/change_writer.hpp"

#include "messages/invariant.hpp"
#include "storage/visibility/rows/attribute_rows.hpp"
#include "storage/visibility/rows/listed_rows.hpp"
#include "storage/visibility/sqlite/run_columns.hpp"

namespace cadenza::storage::visibility {
namespace {

std::string_view bytes_of(const uuid& id) { return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()}; }

} // namespace

outcome<change_writer> change_writer::create(connection& on, std::int64_t removed_kept_max) {
  change_writer made{on, removed_kept_max};
  const std::pair<statement*, std::string_view> wanted[] = {
      {&made.find_, "SELECT id, task_id, attributes_hash FROM runs WHERE run_id = ?1 AND domain = ?2"},
      {&made.insert_, insert_run},
      {&made.update_, update_run},
      {&made.delete_run_, "DELETE FROM runs WHERE id = ?1"},
      {&made.delete_attributes_, "DELETE FROM attributes WHERE run = ?1"},
      {&made.insert_attribute_, "INSERT OR IGNORE INTO attributes (run, key, value, domain) VALUES (?1, ?2, ?3, ?4)"},
      {&made.find_removed_, "SELECT task_id FROM removed WHERE run_id = ?1 AND domain = ?2"},
      {&made.insert_removed_, "INSERT INTO removed (run_id, domain, task_id) VALUES (?1, ?2, ?3) "
                              "ON CONFLICT (run_id, domain) DO UPDATE SET task_id = max(task_id, excluded.task_id)"},
      {&made.trim_removed_, "DELETE FROM removed WHERE number <= (SELECT max(number) FROM removed) - ?1"},
  };
  for (const auto& [target, sql] : wanted) {
    auto prepared = on.prepare(sql, true);
    if (!prepared)
      return prepared.error();
    *target = std::move(*prepared);
  }
  return made;
}

outcome<apply_result> change_writer::apply(std::span<const visibility_change> changes) {
  for (const auto& change : changes)
    CADENZA_TRY(check_change(change));
  if (changes.empty())
    return apply_result{};
  auto result = apply_all(changes);
  if (!result)
    domains_.forget();
  return result;
}

outcome<apply_result> change_writer::apply_all(std::span<const visibility_change> changes) {
  auto all = transaction::begin(*on_);
  if (!all)
    return all.error();
  apply_result result;
  bool removes = false;
  for (const auto* change : newest_of_each(changes)) {
    const auto applied = apply_one(*change);
    if (!applied)
      return applied.error();
    result.applied += *applied ? 1 : 0;
    removes = removes || change->kind == visibility_change_kind::remove;
  }
  if (removes)
    CADENZA_TRY(forget_oldest_removed());
  CADENZA_TRY(all->commit());
  result.ignored = static_cast<std::int64_t>(changes.size()) - result.applied;
  CADENZA_ASSERT(result.ignored >= 0, "a change of the lists is applied once");
  return result;
}

outcome<bool> change_writer::apply_one(const visibility_change& change) {
  const auto domain = domains_.find_or_add(*on_, change.domain_id);
  if (!domain)
    return domain.error();
  const auto run = find(*domain, change);
  if (!run)
    return run.error();
  if (change.kind == visibility_change_kind::remove)
    return remove(*domain, *run, change);
  if (run->id != 0 && run->task_id >= change.task_id)
    return false;

  const run_values values{change};
  std::int64_t id = run->id;
  if (id != 0) {
    update_.bind(1, id);
    bind_update(update_, values);
    CADENZA_TRY(update_.run());
  } else {
    const auto gone = removed_later(*domain, change);
    if (!gone)
      return gone.error();
    if (*gone)
      return false;
    insert_.bind(1, *domain);
    bind_insert(insert_, values);
    CADENZA_TRY(insert_.run());
    id = on_->last_row_id();
    CADENZA_ASSERT(id > 0, "a listed run has a number");
  }
  if (values.attributes_hash != run->attributes_hash)
    CADENZA_TRY(write_attributes(*domain, id, values, run->attributes_hash));
  return true;
}

outcome<change_writer::stored_run> change_writer::find(std::int64_t domain, const visibility_change& change) {
  const reset_guard guard{find_};
  find_.bind_blob(1, bytes_of(change.run_id)).bind(2, domain);
  const auto row = find_.step();
  if (!row)
    return row.error();
  if (!*row)
    return stored_run{};
  return stored_run{find_.number(0), find_.number(1), find_.number(2)};
}

outcome<bool> change_writer::removed_later(std::int64_t domain, const visibility_change& change) {
  const reset_guard guard{find_removed_};
  find_removed_.bind_blob(1, bytes_of(change.run_id)).bind(2, domain);
  const auto row = find_removed_.step();
  if (!row)
    return row.error();
  return *row && find_removed_.number(0) >= change.task_id;
}

outcome<bool> change_writer::remove(std::int64_t domain, const stored_run& run, const visibility_change& change) {
  if (run.id != 0 && run.task_id > change.task_id)
    return false;
  if (run.id != 0) {
    delete_run_.bind(1, run.id);
    CADENZA_TRY(delete_run_.run());
  }
  if (run.attributes_hash != 0) {
    delete_attributes_.bind(1, run.id);
    CADENZA_TRY(delete_attributes_.run());
  }
  insert_removed_.bind_blob(1, bytes_of(change.run_id)).bind(2, domain).bind(3, change.task_id);
  CADENZA_TRY(insert_removed_.run());
  return true;
}

outcome<void> change_writer::write_attributes(std::int64_t domain, std::int64_t run, const run_values& values,
                                              std::int64_t old_hash) {
  CADENZA_ASSERT(run > 0, "attributes are those of a listed run");
  if (old_hash != 0) {
    delete_attributes_.bind(1, run);
    CADENZA_TRY(delete_attributes_.run());
  }
  for (const auto& row : attribute_rows(values.change->record.search_attributes())) {
    insert_attribute_.bind(1, run).bind_text(2, row.key).bind(3, row.value).bind(4, domain);
    CADENZA_TRY(insert_attribute_.run());
  }
  return {};
}

outcome<void> change_writer::forget_oldest_removed() {
  trim_removed_.bind(1, removed_kept_max_);
  return trim_removed_.run();
}

outcome<void> change_writer::clear() {
  auto all = transaction::begin(*on_);
  if (!all)
    return all.error();
  // The domains stay: readers remember their numbers.
  CADENZA_TRY(on_->execute("DELETE FROM runs; DELETE FROM attributes; DELETE FROM removed"));
  return all->commit();
}

} // namespace cadenza::storage::visibility
