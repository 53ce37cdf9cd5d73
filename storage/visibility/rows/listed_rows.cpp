#include "storage/visibility/rows/listed_rows.hpp"

#include "messages/constants.hpp"
#include "messages/invariant.hpp"
#include "storage/visibility/rows/attribute_rows.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>

namespace cadenza::storage::visibility {
namespace {

namespace api = uber::cadence::api::v1;

/// The wire numbers statuses from 1, queries from 0.
constexpr int wire_offset = 1;

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// How many bytes the character at the front of a text has; 0 when they are no character.
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = byte(0);
  if (first < 0x80)
    return 1;
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size)
    return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xC0) != 0x80)
      return 0;
  // Longer than need be, half of a pair, or beyond the last character.
  if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) || (first == 0xF0 && byte(1) < 0x90) ||
      (first == 0xF4 && byte(1) > 0x8F))
    return 0;
  return size;
}

std::vector<listed_attribute> attributes_of(const api::SearchAttributes& attributes) {
  std::vector<listed_attribute> out;
  for (const auto& row : attribute_rows(attributes)) {
    auto& made = out.emplace_back();
    made.key = storable_text(row.key);
    if (const auto* text = std::get_if<std::string>(&row.value)) {
      made.value = storable_text(*text);
      continue;
    }
    made.number = true;
    const auto* whole = std::get_if<std::int64_t>(&row.value);
    made.value = whole != nullptr ? std::to_string(*whole) : decimal(std::get<double>(row.value));
  }
  // A value is found once, however often it stands in an array.
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

struct run_identity {
  uuid domain_id;
  uuid run_id;
  bool operator==(const run_identity&) const = default;
};

struct run_identity_hash {
  std::size_t operator()(const run_identity& id) const noexcept { return std::hash<uuid>{}(id.run_id); }
};

} // namespace

std::int64_t execution_status_of(const visibility_change& change) {
  const auto& record = change.record;
  if (record.execution_status() != api::WORKFLOW_EXECUTION_STATUS_INVALID)
    return record.execution_status() - wire_offset;
  const bool closed = change.kind == visibility_change_kind::closed;
  const int wire = closed ? record.close_status() - api::WORKFLOW_EXECUTION_CLOSE_STATUS_COMPLETED +
                                api::WORKFLOW_EXECUTION_STATUS_COMPLETED
                          : static_cast<int>(api::WORKFLOW_EXECUTION_STATUS_STARTED);
  return wire - wire_offset;
}

outcome<void> check_change(const visibility_change& change) {
  if (change.domain_id == uuid{} || change.run_id == uuid{}) // what damaged records give
    return internal_error("visibility store: a change without domain or run id");
  if (change.kind != visibility_change_kind::closed)
    return {};
  const int status = change.record.close_status();
  if (status < api::WORKFLOW_EXECUTION_CLOSE_STATUS_COMPLETED ||
      status > api::WORKFLOW_EXECUTION_CLOSE_STATUS_TIMED_OUT)
    return internal_error("visibility store: run " + change.run_id.str() + " closed with status " +
                          std::to_string(status));
  return {};
}

std::vector<const visibility_change*> newest_of_each(std::span<const visibility_change> changes) {
  std::vector<const visibility_change*> newest;
  newest.reserve(changes.size());
  std::unordered_map<run_identity, std::size_t, run_identity_hash> places;
  places.reserve(changes.size());
  for (const auto& change : changes) {
    const auto [place, fresh] = places.try_emplace({change.domain_id, change.run_id}, newest.size());
    if (fresh)
      newest.push_back(&change);
    else if (newest[place->second]->task_id < change.task_id)
      newest[place->second] = &change;
  }
  return newest;
}

std::string decimal(double value) {
  std::array<char, 1200> digits{};
  const auto [end, failed] =
      std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed);
  CADENZA_ASSERT(failed == std::errc(), "a number has fewer digits than that");
  return {digits.data(), end};
}

std::string storable_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto size = character_size(text);
    if (size == 0)
      out += replacement;
    else if (size == 1 && static_cast<unsigned char>(text[0]) < 2)
      out += text[0] == 0 ? "\x01\x01" : "\x01\x02";
    else
      out += text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

std::string original_text(std::string_view stored) {
  std::string out;
  out.reserve(stored.size());
  for (std::size_t i = 0; i < stored.size(); ++i)
    if (stored[i] == 1 && i + 1 < stored.size())
      out += stored[++i] == 1 ? '\0' : '\1';
    else
      out += stored[i];
  return out;
}

listed_run row_of(const visibility_change& change) {
  listed_run out;
  out.domain_id = change.domain_id;
  out.run_id = change.run_id;
  out.shard = change.shard;
  out.task_id = change.task_id;
  out.removed = change.kind == visibility_change_kind::remove;
  if (out.removed)
    return out;
  const auto& record = change.record;
  out.workflow_id = storable_text(change.workflow_id);
  out.type = storable_text(record.type());
  out.start_ns = record.start_ns();
  out.closed = change.kind == visibility_change_kind::closed;
  if (out.closed) {
    CADENZA_ASSERT(record.close_status() >= wire_offset,
                   "a run that is listed as closed says how it ended; run " + change.run_id.str());
    out.close_ns = record.close_ns();
    out.close_status = record.close_status() - wire_offset;
    out.history_length = record.history_length();
  }
  out.execution_ns = record.execution_ns();
  out.scheduled_ns = record.scheduled_execution_ns();
  out.update_ns = record.update_ns();
  out.execution_status = execution_status_of(change);
  out.task_list = storable_text(record.task_list());
  out.is_cron = record.is_cron();
  out.cron_schedule = storable_text(record.cron_schedule());
  out.num_clusters = record.num_clusters();
  out.cluster_scope = storable_text(record.cluster_scope());
  out.cluster_name = storable_text(record.cluster_name());
  out.attributes_hash = attributes_hash(record.search_attributes());
  if (out.attributes_hash != 0)
    out.attributes = attributes_of(record.search_attributes());
  out.record = record.SerializeAsString();
  return out;
}

void set_time(google::protobuf::Timestamp& time, std::int64_t ns) {
  std::int64_t seconds = ns / ns_per_s;
  std::int64_t rest = ns % ns_per_s;
  if (rest < 0) {
    rest += ns_per_s;
    --seconds;
  }
  time.set_seconds(seconds);
  time.set_nanos(static_cast<std::int32_t>(rest));
}

outcome<void> read_row(const stored_row& row, api::WorkflowExecutionInfo& info) {
  record::v1::VisibilityRecord record;
  if (!record.ParseFromArray(row.record.data(), static_cast<int>(row.record.size())))
    return error{error_kind::internal_data_inconsistency, "visibility store: the record of run " + row.run_id.str() +
                                                              " cannot be read; `cadenza verify --repair` mends it"};
  auto& execution = *info.mutable_workflow_execution();
  execution.set_run_id(row.run_id.str());
  execution.set_workflow_id(original_text(row.workflow_id));
  info.mutable_type()->set_name(record.type());
  set_time(*info.mutable_start_time(), record.start_ns());
  if (row.closed) {
    set_time(*info.mutable_close_time(), record.close_ns());
    info.set_close_status(static_cast<api::WorkflowExecutionCloseStatus>(record.close_status()));
    info.set_history_length(record.history_length());
  }
  set_time(*info.mutable_execution_time(), record.execution_ns() == 0 ? record.start_ns() : record.execution_ns());
  if (record.scheduled_execution_ns() != 0)
    set_time(*info.mutable_scheduled_execution_time(), record.scheduled_execution_ns());
  if (record.update_ns() != 0)
    set_time(*info.mutable_update_time(), record.update_ns());
  info.set_execution_status(static_cast<api::WorkflowExecutionStatus>(row.execution_status + wire_offset));
  info.set_task_list(record.task_list());
  info.mutable_task_list_info()->set_name(record.task_list());
  info.mutable_task_list_info()->set_kind(record.task_list_kind());
  info.set_is_cron(record.is_cron());
  info.set_cron_schedule(record.cron_schedule());
  if (!record.search_attributes().indexed_fields().empty())
    *info.mutable_search_attributes() = std::move(*record.mutable_search_attributes());
  if (!record.memo().fields().empty())
    *info.mutable_memo() = std::move(*record.mutable_memo());
  return {};
}

} // namespace cadenza::storage::visibility
