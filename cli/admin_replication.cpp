#include "cli/commands.hpp"
#include "cli/history_reader.hpp"
#include "cli/names.hpp"
#include "cli/output.hpp"

#include "uber/cadence/api/v1/service_domain.pb.h"
#include "uber/cadence/api/v1/service_visibility.pb.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <utility>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

constexpr std::chrono::seconds list_timeout{120};
constexpr std::chrono::seconds history_timeout{25};
constexpr std::int32_t page_size = 1000;

/// Runs as the lists have them, by (workflow id, run id).
using run_map = std::map<std::pair<std::string, std::string>, api::WorkflowExecutionInfo>;

std::string clusters_text(const api::Domain& domain) {
  std::set<std::string> names;
  for (const auto& one : domain.clusters())
    names.insert(one.cluster_name());
  std::string out;
  for (const auto& name : names)
    out += (out.empty() ? "" : ", ") + name;
  return out;
}

/// Compares two clusters as their clients see them.
class comparison {
public:
  comparison(invocation& call, client& other, std::string here, std::string there)
    : call_(call), other_(other), here_(std::move(here)), there_(std::move(there)) {}

  outcome<void> compare() {
    auto own = domains_of(call_.rpc());
    if (!own)
      return own.error();
    auto others = domains_of(other_);
    if (!others)
      return others.error();
    if (const auto& only = call_.domain(); !only.empty() && !own->contains(only) && !others->contains(only))
      return not_exists("neither cluster has a domain " + only + " that lives in several clusters");
    for (const auto& [name, domain] : *own)
      if (const auto match = others->find(name); match == others->end())
        differs(name, {}, {}, "the domain is only at " + here_);
      else
        CADENZA_TRY(compare(domain, match->second));
    for (const auto& [name, domain] : *others)
      if (!own->contains(name))
        differs(name, {}, {}, "the domain is only at " + there_);
    return {};
  }

  [[nodiscard]] const row_set& found() const { return found_; }
  [[nodiscard]] std::int64_t domains() const { return domains_; }
  [[nodiscard]] std::int64_t runs() const { return runs_; }

private:
  void differs(const std::string& domain, const std::string& workflow, const std::string& run,
               const std::string& what) {
    found_.rows.push_back({domain, workflow, run, what});
    found_.data.push_back({{"domain", domain}, {"workflowId", workflow}, {"runId", run}, {"difference", what}});
  }

  /// Those that live in several clusters, by name.
  outcome<std::map<std::string, api::Domain>> domains_of(client& server) {
    std::map<std::string, api::Domain> out;
    api::ListDomainsRequest request;
    request.set_page_size(page_size);
    do {
      api::ListDomainsResponse page;
      CADENZA_TRY(server.call("DomainAPI/ListDomains", request, page, call_.timeout(list_timeout)));
      for (auto& domain : *page.mutable_domains())
        if (domain.is_global_domain() && domain.clusters_size() > 1 &&
            (call_.domain().empty() || call_.domain() == domain.name()))
          out.emplace(domain.name(), std::move(domain));
      request.set_next_page_token(page.next_page_token());
    } while (!request.next_page_token().empty());
    return out;
  }

  void compare_settings(const api::Domain& own, const api::Domain& other) {
    const auto line = [&](const char* what, const std::string& a, const std::string& b) {
      if (a != b)
        differs(own.name(), {}, {}, std::string(what) + ": " + a + " at " + here_ + ", " + b + " at " + there_);
    };
    line("id", own.id(), other.id());
    line("active cluster", own.active_cluster_name(), other.active_cluster_name());
    line("failover version", std::to_string(own.failover_version()), std::to_string(other.failover_version()));
    line("clusters", clusters_text(own), clusters_text(other));
    line("description", own.description(), other.description());
    line("owner", own.owner_email(), other.owner_email());
    line("retention in seconds", std::to_string(own.workflow_execution_retention_period().seconds()),
         std::to_string(other.workflow_execution_retention_period().seconds()));
  }

  outcome<void> compare(const api::Domain& own, const api::Domain& other) {
    ++domains_;
    compare_settings(own, other);
    auto here = runs_of(call_.rpc(), own.name());
    if (!here)
      return here.error();
    auto there = runs_of(other_, own.name());
    if (!there)
      return there.error();
    for (const auto& [key, run] : *here) {
      ++runs_;
      if (const auto match = there->find(key); match == there->end())
        differs(own.name(), key.first, key.second, "the run is only at " + here_);
      else
        CADENZA_TRY(compare(own.name(), run, match->second));
    }
    for (const auto& [key, run] : *there)
      if (!here->contains(key)) {
        ++runs_;
        differs(own.name(), key.first, key.second, "the run is only at " + there_);
      }
    return {};
  }

  outcome<run_map> runs_of(client& server, const std::string& domain) {
    run_map out;
    api::ScanWorkflowExecutionsRequest request;
    request.set_domain(domain);
    request.set_page_size(page_size);
    do {
      api::ScanWorkflowExecutionsResponse page;
      CADENZA_TRY(server.call("VisibilityAPI/ScanWorkflowExecutions", request, page, call_.timeout(list_timeout)));
      for (auto& run : *page.mutable_executions()) {
        const auto& execution = run.workflow_execution();
        out.emplace(std::pair{execution.workflow_id(), execution.run_id()}, std::move(run));
      }
      request.set_next_page_token(page.next_page_token());
    } while (!request.next_page_token().empty());
    return out;
  }

  outcome<void> compare(const std::string& domain, const api::WorkflowExecutionInfo& own,
                        const api::WorkflowExecutionInfo& other) {
    const auto& execution = own.workflow_execution();
    const auto tell = [&](const std::string& what) {
      differs(domain, execution.workflow_id(), execution.run_id(), what);
    };
    if (own.close_status() != other.close_status())
      tell("listed as " + status_text(own) + " at " + here_ + ", as " + status_text(other) + " at " + there_);
    if (call_.on("lists_only"))
      return {};
    auto here = whole_history(call_.rpc(), domain, execution, call_.timeout(history_timeout));
    if (!here)
      return here.error();
    auto there = whole_history(other_, domain, execution, call_.timeout(history_timeout));
    if (!there)
      return there.error();
    const auto both = std::min(here->events_size(), there->events_size());
    for (int i = 0; i < both; ++i) {
      // Where a batch lies in a store is each cluster's own affair.
      here->mutable_events(i)->clear_task_id();
      there->mutable_events(i)->clear_task_id();
      if (!google::protobuf::util::MessageDifferencer::Equals(here->events(i), there->events(i))) {
        tell("event " + std::to_string(i + 1) + " differs: version " + std::to_string(here->events(i).version()) +
             " at " + here_ + ", " + std::to_string(there->events(i).version()) + " at " + there_);
        return {};
      }
    }
    if (here->events_size() != there->events_size())
      tell(std::to_string(here->events_size()) + " events at " + here_ + ", " + std::to_string(there->events_size()) +
           " at " + there_);
    return {};
  }

  static std::string status_text(const api::WorkflowExecutionInfo& run) {
    const auto* value = api::WorkflowExecutionCloseStatus_descriptor()->FindValueByNumber(run.close_status());
    return run.close_status() == api::WORKFLOW_EXECUTION_CLOSE_STATUS_INVALID || value == nullptr ? "open"
                                                                                                  : enum_name(*value);
  }

  invocation& call_;
  client& other_;
  const std::string here_;
  const std::string there_;
  row_set found_{{"Domain", "Workflow", "Run", "Difference"}, {}};
  std::int64_t domains_ = 0;
  std::int64_t runs_ = 0;
};

status diff(invocation& call) {
  const auto other = call.rpc_to(call.text("other"));
  comparison both(call, *other, call.address(), call.text("other"));
  if (const auto compared = both.compare(); !compared)
    return failed("The clusters cannot be compared.", compared.error());
  const auto looked_at = std::to_string(both.domains()) + (both.domains() == 1 ? " domain, " : " domains, ") +
                         std::to_string(both.runs()) + (both.runs() == 1 ? " run" : " runs");
  if (both.found().rows.empty()) {
    done(call, "equal: " + looked_at, {{"equal", true}, {"domains", both.domains()}, {"runs", both.runs()}});
    return {};
  }
  if (auto shown = show(call, both.found()))
    return shown;
  return problem{"The clusters differ.", std::to_string(both.found().rows.size()) + " differences in " + looked_at};
}

} // namespace

command admin_replication_commands() {
  flag other{"other", "host:port of a frontend of the other cluster"};
  other.required = true;
  command group{"replication", {"repl"}, "Look at what clusters replicate"};
  group.commands = {
      {"diff",
       {},
       "Compare two clusters: domains that live in several clusters (or the one of --domain), their runs and histories",
       {other, {"lists_only", "compare domains and lists of runs, but no histories", flag_kind::toggle}},
       diff},
  };
  return group;
}

} // namespace cadenza::cli
