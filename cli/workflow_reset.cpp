#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/reset_point.hpp"

namespace cadenza::cli {

namespace {

status reset(invocation& call) {
  const auto& workflow_id = call.text("workflow_id");
  const bool named = !call.text("reset_type").empty();
  if (auto wrong = check_reset_flags(call))
    return wrong;
  if (!named && call.number("event_id") <= 0)
    return missing("--event_id N or --reset_type TYPE");
  reset_point point{call.text("run_id"), call.number("event_id")};
  if (point.run_id.empty()) {
    const auto current = describe_run(call, workflow_id, "");
    if (!current)
      return failed("Cannot get latest RunID as default", current.error());
    point.run_id = current->workflow_execution_info().workflow_execution().run_id();
  }
  if (named) {
    auto found = find_reset_point(call, workflow_id, point.run_id);
    if (!found)
      return failed("Cannot find where to reset.", found.error());
    point = *found;
  }
  const auto answer = reset_run(call, workflow_id, point);
  if (!answer)
    return failed("reset failed", answer.error());
  show_json(call, to_json(*answer, json_style::stored));
  return {};
}

} // namespace

std::vector<command> workflow_reset_commands() {
  command again{"reset",
                {"rs"},
                "Run a workflow again from a point in its history",
                execution_flags() +
                    std::vector<flag>{{"event_id,eid", "event the new run starts without, one that ended a decision",
                                       flag_kind::wide}} +
                    reset_flags(),
                reset};
  again.needs_domain = true;
  return {again, workflow_reset_batch_command()};
}

} // namespace cadenza::cli
