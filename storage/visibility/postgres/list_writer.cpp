#include "storage/visibility/postgres/list_writer.hpp"

#include "messages/invariant.hpp"
#include "storage/sql/listed.hpp"

namespace cadenza::storage::visibility::postgres {
namespace {

using sql::argument;
using sql::statement;
using sql::step;

/// What broke with its connection, or was in the way of others, is sent again, so often.
constexpr int attempts_max = 3;

} // namespace

list_writer::list_writer(const sql::postgres::endpoint& at, std::int64_t removed_kept_max, const store_probes& probes)
  : connect_(sql::postgres::connector_to(at, probes)), removed_kept_max_(removed_kept_max) {}

outcome<std::vector<sql::row_set>> list_writer::run(std::span<const step> steps) {
  std::string trouble;
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    if (!connection_) {
      auto made = connect_();
      if (!made)
        return made.error();
      connection_ = *std::move(made);
    }
    auto done = connection_->run(steps);
    if (done.how == sql::ended::done)
      return std::move(done.rows);
    trouble = done.message;
    if (done.how == sql::ended::lost)
      connection_.reset();
    else if (!done.at_once)
      break;
  }
  return unavailable(trouble);
}

outcome<write_result> list_writer::write(const std::vector<listed_run>& rows) {
  std::vector<const listed_run*> all;
  sql::row_batch gone(statement::remember_unlisted, {sql::value_type::id, sql::value_type::id, sql::value_type::int8});
  for (const auto& row : rows) {
    all.push_back(&row);
    if (row.removed)
      gone.add(row.domain_id, row.run_id, row.task_id);
  }
  std::vector<step> steps;
  gone.move_to(steps);
  if (!steps.empty())
    steps.push_back({statement::forget_unlisted, {argument::large(removed_kept_max_)}});
  sql::list_runs(all, steps);
  if (steps.empty())
    return write_result{};
  const auto done = run(steps);
  if (!done)
    return done.error();
  CADENZA_ASSERT(done->size() == steps.size(), "each statement has an answer");
  write_result out;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto count = static_cast<std::int64_t>((*done)[i].size());
    if (steps[i].what == statement::remember_unlisted)
      out.removed = count;
    else if (steps[i].what == statement::put_listed)
      out.listed = count;
  }
  return out;
}

outcome<void> list_writer::clear() {
  const step all[]{
      {statement::clear_listed, {}}, {statement::clear_listed_attributes, {}}, {statement::clear_unlisted, {}}};
  const auto done = run(all);
  return done ? outcome<void>() : outcome<void>(done.error());
}

outcome<bool> list_writer::complete() {
  const step question[]{{statement::read_lists_complete, {}}};
  const auto done = run(question);
  if (!done)
    return done.error();
  return !done->at(0).empty() && done->at(0).number(0, 0) != 0;
}

outcome<void> list_writer::set_complete() {
  const step note[]{{statement::complete_lists, {}}};
  const auto done = run(note);
  return done ? outcome<void>() : outcome<void>(done.error());
}

} // namespace cadenza::storage::visibility::postgres
