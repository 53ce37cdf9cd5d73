#include "cli/candidates.hpp"
#include "cli/commands.hpp"
#include "cli/help.hpp"
#include "cli/output.hpp"
#include "cli/time_range.hpp"

#include "uber/cadence/api/v1/service_domain.pb.h"
#include "uber/cadence/api/v1/service_visibility.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <set>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;
namespace fs = std::filesystem;

constexpr std::int32_t names_max = 200;
constexpr std::chrono::milliseconds answer_time{1500}; ///< who presses Tab does not wait longer

// The scripts ask the program itself what may follow: it knows commands, flags and the server's names. A line of the
// answer is a word, a tab and its meaning; ":files" asks the shell for the names of files.

constexpr auto bash_script = R"(# bash completion of cadenza and cadence
_cadenza() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = ":files" ]; then
      compopt -o filenames 2>/dev/null
      COMPREPLY+=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]#=}"))
    else
      COMPREPLY+=("${line%%$'\t'*}")
    fi
  done < <("${COMP_WORDS[0]}" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD-1}" "${COMP_WORDS[COMP_CWORD]}" 2>/dev/null)
}
complete -F _cadenza cadenza cadence
)";

constexpr auto zsh_script = R"(#compdef cadenza cadence
_cadenza() {
  local line word
  local -a found shown
  while IFS= read -r line; do
    if [[ "$line" == ":files" ]]; then
      _files
    else
      word="${line%%$'\t'*}"
      found+=("$word")
      if [[ "$line" == *$'\t'* ]]; then shown+=("$word  -- ${line#*$'\t'}"); else shown+=("$word"); fi
    fi
  done < <("${words[1]}" __complete -- "${(@)words[2,CURRENT-1]}" "${words[CURRENT]}" 2>/dev/null)
  (( ${#found} )) && compadd -l -d shown -- "${found[@]}"
}
if [ "$funcstack[1]" = "_cadenza" ]; then _cadenza "$@"; else compdef _cadenza cadenza cadence; fi
)";

constexpr auto fish_script = R"(# fish completion of cadenza and cadence
function __cadenza_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  for line in ($words[1] __complete -- $words[2..-1] "$current" 2>/dev/null)
    if test "$line" = ":files"
      __fish_complete_path "$current"
    else
      echo $line
    end
  end
end
complete -c cadenza -f -a '(__cadenza_complete)'
complete -c cadence -f -a '(__cadenza_complete)'
)";

/// Names of domains, task lists of the domain, or ids of workflows that are open in it. None when the server does not
/// answer at once: a shell has no place for errors.
std::set<std::string> names_from_server(invocation& call, const std::string& what) {
  std::set<std::string> names;
  if (what == "domains") {
    api::ListDomainsRequest request;
    request.set_page_size(names_max);
    api::ListDomainsResponse response;
    if (call.rpc().call("DomainAPI/ListDomains", request, response, answer_time))
      for (const auto& domain : response.domains())
        names.insert(domain.name());
  } else if (what == "tasklists" && !call.domain().empty()) {
    api::GetTaskListsByDomainRequest request;
    request.set_domain(call.domain());
    api::GetTaskListsByDomainResponse response;
    if (call.rpc().call("WorkflowAPI/GetTaskListsByDomain", request, response, answer_time)) {
      for (const auto& [name, list] : response.decision_task_list_map())
        names.insert(name);
      for (const auto& [name, list] : response.activity_task_list_map())
        names.insert(name);
    }
  } else if (what == "workflows" && !call.domain().empty()) {
    api::ListOpenWorkflowExecutionsRequest request;
    request.set_domain(call.domain());
    request.set_page_size(names_max);
    *request.mutable_start_time_filter()->mutable_earliest_time() = to_timestamp(0);
    *request.mutable_start_time_filter()->mutable_latest_time() = to_timestamp(now_ns());
    api::ListOpenWorkflowExecutionsResponse response;
    if (call.rpc().call("VisibilityAPI/ListOpenWorkflowExecutions", request, response, answer_time))
      for (const auto& run : response.executions())
        names.insert(run.workflow_execution().workflow_id());
  }
  return names;
}

status complete(invocation& call) {
  const auto& words = call.arguments();
  if (words.empty())
    return {};
  const auto& current = words.back();
  const auto found = candidates_for(call.tree(), {words.begin(), words.end() - 1}, current);
  for (const auto& one : found.words)
    call.out() << one.word << (one.meaning.empty() ? "" : "\t") << one.meaning << '\n';
  if (found.files)
    call.out() << ":files\n";
  if (found.offers.empty())
    return {};
  for (const auto& [name, value] : found.globals)
    call.set(name, value);
  if (call.read_credentials())
    return {};
  for (const auto& name : names_from_server(call, found.offers))
    if (const auto word = found.prefix + name; word.starts_with(current) || current == "=")
      call.out() << word << '\n';
  return {};
}

/// Where shells look for scripts of their user.
fs::path place_of(const std::string& shell) {
  const auto base = [](const char* variable, const char* otherwise) {
    const char* given = std::getenv(variable);
    if (given != nullptr && *given == '/')
      return fs::path{given};
    const char* home = std::getenv("HOME");
    return fs::path{home == nullptr ? "." : home} / otherwise;
  };
  if (shell == "bash")
    return base("XDG_DATA_HOME", ".local/share") / "bash-completion/completions";
  if (shell == "fish")
    return base("XDG_CONFIG_HOME", ".config") / "fish/completions";
  return base("ZDOTDIR", ".") / ".zfunc";
}

status install(invocation& call, const std::string& shell, const std::string& script) {
  const auto place = place_of(shell);
  std::error_code failed;
  fs::create_directories(place, failed);
  for (const std::string program : {"cadenza", "cadence"}) {
    const auto path = place / (shell == "zsh" ? "_" + program : shell == "fish" ? program + ".fish" : program);
    std::ofstream file{path, std::ios::trunc};
    file << script;
    if (!file.flush())
      return problem{"Cannot install the completion.", "cannot write " + path.string()};
    call.out() << "written: " << path.string() << '\n';
  }
  call.err() << (shell == "zsh" ? "Put 'fpath+=(" + place.string() +
                                      ")' before 'autoload -U compinit; compinit' in ~/.zshrc, and start a new shell.\n"
                 : shell == "bash" ? std::string{"A new shell has it (with the package bash-completion).\n"}
                                   : std::string{"A new shell has it.\n"});
  return {};
}

status print_completion(invocation& call) {
  const auto& shell = call.argument(0);
  const auto script = completion_script(shell);
  if (script.empty())
    return problem{"No completion for shell '" + shell + "'.", "bash, zsh or fish"};
  if (call.on("install"))
    return install(call, shell, script);
  call.out() << script;
  return {};
}

} // namespace

std::string completion_script(std::string_view shell) {
  if (shell == "bash")
    return bash_script;
  if (shell == "zsh")
    return zsh_script;
  return shell == "fish" ? fish_script : "";
}

command completion_command() {
  command result{"completion",
                 {},
                 "Print or install a completion script for a shell",
                 {{"install", "write it where the shell finds it by itself", flag_kind::toggle}},
                 print_completion};
  result.local = true;
  result.arguments = "bash|zsh|fish";
  result.arguments_min = 1;
  result.arguments_max = 1;
  return result;
}

command complete_command() {
  command result{"__complete", {}, "What may follow a line, for the scripts of shells", {}, complete};
  result.local = true;
  result.hidden = true;
  result.arguments = "-- word...";
  result.arguments_max = 10'000;
  return result;
}

} // namespace cadenza::cli
