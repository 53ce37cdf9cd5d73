#include "storage/current_run.hpp"

#include "messages/constants.hpp"

#include "cadenza/record/v1/run.pb.h"

namespace cadenza::storage {

std::optional<current_row> parse_current(std::string value) {
  record::v1::CurrentRun record;
  if (!record.ParseFromString(value))
    return std::nullopt;
  current_row row;
  row.run_id = uuid::from_raw(record.run_id());
  row.state = record.state();
  row.last_write_version = record.last_write_version();
  row.value = std::move(value);
  return row;
}

bool holds(const current_condition& expected, const current_row* row) {
  using kind = current_condition::kind;
  switch (expected.expect) {
  case kind::absent: return row == nullptr;
  case kind::is_run: return row != nullptr && row->run_id == expected.run_id;
  case kind::is_run_closed:
    return row != nullptr && row->run_id == expected.run_id && row->state == run_state::completed &&
           row->last_write_version == expected.last_write_version;
  case kind::is_not_run: return row == nullptr || row->run_id != expected.run_id;
  }
  return false;
}

} // namespace cadenza::storage
