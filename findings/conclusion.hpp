#pragma once

#include "findings/story.hpp"

#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cadenza::findings {

/// How bad a finding is; the worst first.
enum class rank : int { broken, unserved, failing, slow, waiting, remark };

/// One thing that is worth knowing about a run, and what to do about it.
struct finding {
  rank how_bad = rank::remark;
  std::string kind;   ///< for programs: "no_decision_poller"
  std::string text;   ///< a sentence
  std::string advice; ///< what to do next; "" when there is nothing to do
};

/// A task list of the run's domain that must be asked about.
struct list_question {
  std::string name;
  bool activities = false;
  auto operator<=>(const list_question&) const = default;
};

/// What the server tells of a run beside its history. What could not be asked is left out.
struct evidence {
  std::string domain;
  std::string program = "cadenza"; ///< of the commands in what is advised
  uber::cadence::api::v1::DescribeWorkflowExecutionResponse run;
  std::map<list_question, uber::cadence::api::v1::DescribeTaskListResponse> lists; ///< answers to `questions`
  std::optional<uber::cadence::api::v1::GetTaskListsByDomainResponse> in_use;      ///< lists of the domain
  bool domain_deprecated = false;
  std::int64_t now_ns = 0; ///< Unix time
};

struct conclusion {
  std::string summary; ///< one line: what the run is and how it stands
  std::vector<finding> findings;
};

/// The task lists on which the conclusion depends: those where a task waits now.
[[nodiscard]] std::vector<list_question>
questions(const story& told, const uber::cadence::api::v1::DescribeWorkflowExecutionResponse& run, std::int64_t now_ns);

/// What keeps the run from going on, worst first.
[[nodiscard]] conclusion conclude(const story& told, const evidence& known);

} // namespace cadenza::findings
