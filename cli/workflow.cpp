#include "cli/commands.hpp"
#include "cli/consistency.hpp"

namespace cadenza::cli {

flag format_flag() { return {"format", "table, json, or a template applied to each row, as '{{.RunID}}'"}; }

flag workflow_id_flag(bool required) {
  flag id{"workflow_id,w,wid", "workflow id"};
  id.required = required;
  return id;
}

flag run_id_flag() { return {"run_id,r,rid", "run id; the current run when omitted"}; }

flag query_consistency_flag() {
  return {"query_consistency_level,qcl", "required consistency of the response", flag_kind::text, "", "", false,
          {"eventual", "strong"}};
}

std::vector<flag> execution_flags() { return {workflow_id_flag(true), run_id_flag()}; }

uber::cadence::api::v1::QueryConsistencyLevel consistency_of(const std::string& text) {
  namespace api = uber::cadence::api::v1;
  if (text == "strong")
    return api::QUERY_CONSISTENCY_LEVEL_STRONG;
  return text == "eventual" ? api::QUERY_CONSISTENCY_LEVEL_EVENTUAL : api::QUERY_CONSISTENCY_LEVEL_INVALID;
}

command workflow_commands() {
  command group{"workflow", {"wf"}, "Operate workflows"};
  for (auto part :
       {workflow_start_commands(), workflow_show_commands(), workflow_describe_commands(), workflow_list_commands(),
        workflow_control_commands(), workflow_observe_commands(), workflow_query_commands(), workflow_reset_commands()})
    for (auto& one : part)
      group.commands.push_back(std::move(one));
  group.commands.push_back(workflow_activity_commands());
  group.commands.push_back(absent_command(
      "batch", {},
      "Batch operations are not built yet; 'cadenza workflow reset-batch' resets many workflows, and 'cadenza workflow "
      "listall --format {{.WorkflowID}}' names those that a loop can signal, cancel or terminate."));
  group.commands.push_back(absent_command(
      "listarchived", {},
      "This version archives nothing; 'cadenza workflow list' shows the runs that the domain's retention keeps."));
  return group;
}

} // namespace cadenza::cli
