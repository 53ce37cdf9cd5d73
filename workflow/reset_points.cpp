#include "workflow/reset_points.hpp"

#include "messages/wire_time.hpp"

#include <nlohmann/json.hpp>

namespace cadenza::workflow {

bool note_binary_checksum(transaction& tx, const api::HistoryEvent& decision_completed) {
  const auto& checksum = decision_completed.decision_task_completed_event_attributes().binary_checksum();
  if (checksum.empty())
    return false;
  for (const auto& point : tx.state().fixed().auto_reset_points().points())
    if (point.binary_checksum() == checksum)
      return false;

  auto& fixed = tx.edit_fixed();
  auto& points = *fixed.mutable_auto_reset_points()->mutable_points();
  const int most = tx.env().limits->max_auto_reset_points;
  if (points.size() >= most && !points.empty())
    points.DeleteSubrange(0, std::min(points.size(), points.size() - most + 1));
  auto& point = *points.Add();
  point.set_binary_checksum(checksum);
  point.set_run_id(tx.state().key().run_id.str());
  point.set_first_decision_completed_id(decision_completed.event_id());
  *point.mutable_created_time() = decision_completed.event_time();
  const auto& r = tx.state();
  point.set_resettable(r.children().empty() && r.cancel_requests().empty() && r.signals().empty());

  auto recent = nlohmann::json::array();
  for (const auto& p : points)
    recent.push_back(p.binary_checksum());
  constexpr auto keep_valid = nlohmann::json::error_handler_t::replace;
  (*fixed.mutable_search_attributes()->mutable_indexed_fields())["BinaryChecksums"].set_data(
      recent.dump(-1, ' ', false, keep_valid));
  return true;
}

const api::ResetPointInfo* bad_reset_point(const run& r, const environment& env) {
  const auto& bad = env.domain->row.domain().bad_binaries().binaries();
  if (bad.empty())
    return nullptr;
  for (const auto& point : r.fixed().auto_reset_points().points()) {
    if (!point.resettable() || !bad.contains(point.binary_checksum()))
      continue;
    if (point.has_expiring_time() && ns_of(point.expiring_time()) > 0 && env.now_ns > ns_of(point.expiring_time()))
      continue;
    return &point;
  }
  return nullptr;
}

} // namespace cadenza::workflow
