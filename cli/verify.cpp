#include "cli/admin_http.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/values.hpp"

#include <ostream>
#include <sstream>

/// `verify`: the check of a data directory at rest, or of a running server through its HTTP side.
namespace cadenza::cli {

namespace {

constexpr std::chrono::hours check_timeout{24};

std::string text_of(const json& object, const char* key) {
  return object.contains(key) && object[key].is_string() ? object[key].get<std::string>() : std::string();
}

std::int64_t number_of(const json& object, const char* key) {
  return object.contains(key) && object[key].is_number_integer() ? object[key].get<std::int64_t>() : 0;
}

/// The findings as a table and the counts below, or the whole document.
status show_report(invocation& call, const json& report) {
  if (call.json()) {
    show_json(call, report);
    return {};
  }
  row_set rows{{"Kind", "Domain", "Workflow ID", "Run ID", "Problem", "Repaired"}, {}};
  for (const auto& one : report.contains("findings") ? report["findings"] : json::array()) {
    rows.rows.push_back({text_of(one, "kind"), text_of(one, "domain"), text_of(one, "workflowId"),
                         text_of(one, "runId"), text_of(one, "problem"),
                         one.contains("repaired") && one["repaired"] == true ? "yes" : "no"});
    rows.data.push_back(one);
  }
  if (!rows.rows.empty())
    if (auto shown = show(call, rows))
      return shown;
  call.out() << "Checked " << number_of(report, "runs") << " runs with " << number_of(report, "events")
             << " events, and " << number_of(report, "tasks") << " tasks.\n";
  if (const auto left = number_of(report, "leftOver"); left > 0)
    call.out() << left << " tasks belong to runs that were deleted: no harm.\n";
  const auto found = number_of(report, "found");
  if (found == 0)
    call.out() << "All is well.\n";
  else {
    const auto repaired = number_of(report, "repaired");
    call.out() << counted(found, "problem") << " found, " << repaired << " of them repaired.\n";
    if (repaired < found)
      call.err() << "Next: restore a backup ('" << call.program() << " admin backup restore')"
                 << (call.on("repair")
                         ? ""
                         : ", or stop the server and repair what can be repaired ('verify --data DIRECTORY --repair', "
                           "on databases 'verify --config FILE --repair')")
                 << ".\n";
  }
  return {};
}

status verify_server(invocation& call) {
  if (call.on("repair"))
    return problem{"A running server cannot be repaired.",
                   "stop it and give its data directory with --data, or its configuration with --config"};
  const auto answer = http_json(call.http_address(), http_verb::post, "/admin/verify", call.timeout(check_timeout));
  if (!answer)
    return failed("Verification failed.", answer.error());
  if (auto shown = show_report(call, *answer))
    return shown;
  return answer->contains("clean") && (*answer)["clean"] == true ? status{} : status{problem{"", ""}};
}

status verify(invocation& call) {
  if (!call.given("data") && !call.given("config") && (call.given("http_address") || call.given("address")))
    return verify_server(call);
  if (!call.local().verify)
    return problem{"This program cannot check data directories.", ""};
  const verify_options options{call.text("data"), call.text("config"), call.on("repair")};
  std::ostringstream said;
  const auto code = call.local().verify(options, said, call.err());
  const auto report = json::parse(said.str(), nullptr, false);
  if (report.is_object())
    if (auto shown = show_report(call, report))
      return shown;
  return code == 0 ? status{} : status{problem{"", ""}};
}

} // namespace

command verify_command() {
  return {"verify",
          {},
          "Check a data directory or databases that no server has open, or with --http_address a running server",
          {{"data", "data directory; the configuration's when left out"},
           {"config,c", "configuration file; of a store on databases, it says where they are"},
           {"repair", "repair what can be repaired; not on a running server", flag_kind::toggle},
           format_flag()},
          verify};
}

} // namespace cadenza::cli
