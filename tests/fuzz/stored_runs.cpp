#include "target.hpp"

#include "storage/rocksdb/values.hpp"
#include "workflow/checksum.hpp"
#include "workflow/run.hpp"
#include "workflow/version_history.hpp"

#include "cadenza/record/v1/run.pb.h"

using namespace cadenza;

namespace {

/// Input: `kind number text\n` for each row but the header, then its bytes up to the next line that is ".".
std::string_view take_block(std::string_view& input) {
  constexpr std::string_view mark = "\n.\n";
  const auto end = input.find(mark);
  const auto block = input.substr(0, end);
  input.remove_prefix(end == std::string_view::npos ? input.size() : end + mark.size());
  return block;
}

std::string bytes_of(std::string_view block, google::protobuf::Message& message) {
  if (!block.starts_with("text:"))
    return std::string(block);
  return fuzz::read_message(block, message) ? message.SerializeAsString() : std::string();
}

/// What the rules ask of every loaded run.
void look_at(const workflow::run& run) {
  (void)run.memory_bytes();
  (void)run.last_write_version();
  (void)run.has_started_decision();
  (void)run.activity_by_id("a");
  (void)run.timer_by_started_id(5);
  (void)workflow::counts_of(run);
  const auto& branch = run.current_branch();
  const auto last = workflow::last_event_id(branch);
  (void)workflow::last_version(branch);
  (void)workflow::version_of(branch, last);
  for (const auto& other : run.head().version_histories().branches()) {
    if (const auto item = workflow::lowest_common_ancestor(branch, other))
      (void)workflow::duplicate_until(branch, *item);
  }
}

} // namespace

FUZZ_TARGET(stored_runs) {
  record::v1::Run head;
  record::v1::RunFixed fixed;
  run_rows rows;
  rows.header = bytes_of(take_block(input), head);
  rows.fixed = bytes_of(take_block(input), fixed);
  while (!input.empty() && rows.pending.size() < 32) {
    pending_row row;
    row.kind = static_cast<pending_kind>(1 + static_cast<unsigned char>(input.front()) % 7);
    input.remove_prefix(1);
    const auto block = take_block(input);
    row.number = static_cast<std::int64_t>(rows.pending.size());
    row.text = std::to_string(row.number);
    row.value = std::string(block);
    rows.pending.push_back(std::move(row));
  }
  const run_key key{uuid::v4(1, 2), "wf", uuid::v4(3, 4)};
  if (const auto run = workflow::run::load(key, rows))
    look_at(*run);
  (void)storage::rocks::read_current_value(rows.header);

  // The same with a checksum that holds: nothing but the rules' own checks then stands before a bad header.
  if (!head.ParseFromString(rows.header))
    return;
  workflow::row_counts counts{};
  for (const auto& row : rows.pending)
    ++counts[static_cast<std::size_t>(row.kind) - 1];
  rows.header = workflow::seal(head, counts);
  if (const auto run = workflow::run::load(key, rows))
    look_at(*run);
}
