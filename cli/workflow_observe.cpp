#include "cli/commands.hpp"
#include "cli/invocation.hpp"
#include "cli/progress.hpp"

namespace cadenza::cli {

namespace {

status observe(invocation& call) { return follow_run(call, call.text("workflow_id"), call.text("run_id")); }

status observe_id(invocation& call) { return follow_run(call, call.argument(0), call.argument(1)); }

} // namespace

std::vector<command> workflow_observe_commands() {
  command by_flags{
      "observe", {"ob"}, "Show a workflow's progress until it closes", execution_flags() + progress_flags(), observe};
  by_flags.needs_domain = true;
  command by_arguments{"observeid",
                       {"obid"},
                       "Show a workflow's progress until it closes; the ids are arguments",
                       progress_flags(),
                       observe_id};
  by_arguments.needs_domain = true;
  by_arguments.arguments = "<workflow_id> [run_id]";
  by_arguments.arguments_min = 1;
  by_arguments.arguments_max = 2;
  return {by_flags, by_arguments};
}

} // namespace cadenza::cli
