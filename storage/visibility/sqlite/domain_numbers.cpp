#include "storage/visibility/sqlite/domain_numbers.hpp"

#include "messages/invariant.hpp"

namespace cadenza::storage::visibility {

outcome<std::optional<std::int64_t>> domain_numbers::find(connection& on, const uuid& domain_id) {
  if (const auto i = known_.find(domain_id); i != known_.end())
    return std::optional{i->second};
  auto question = on.prepare("SELECT number FROM domains WHERE id = ?1", false);
  if (!question)
    return question.error();
  const auto raw = domain_id.raw();
  question->bind_blob(1, raw);
  const auto row = question->step();
  if (!row)
    return row.error();
  if (!*row)
    return std::optional<std::int64_t>{};
  const std::int64_t number = question->number(0);
  known_.emplace(domain_id, number);
  return std::optional{number};
}

outcome<std::int64_t> domain_numbers::find_or_add(connection& on, const uuid& domain_id) {
  const auto found = find(on, domain_id);
  if (!found)
    return found.error();
  if (*found)
    return **found;
  auto insert = on.prepare("INSERT INTO domains (id) VALUES (?1)", false);
  if (!insert)
    return insert.error();
  const auto raw = domain_id.raw();
  insert->bind_blob(1, raw);
  CADENZA_TRY(insert->run());
  const std::int64_t number = on.last_row_id();
  const bool fresh = known_.emplace(domain_id, number).second;
  CADENZA_ASSERT(fresh && number > 0, "a domain of the lists is numbered once; domain " + domain_id.str());
  return number;
}

} // namespace cadenza::storage::visibility
