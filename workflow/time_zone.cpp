#include "workflow/time_zone.hpp"

#include <algorithm>
#include <cctype>
#include <string>

namespace cadenza::workflow {
namespace {

/// Names of zones, and not of files anywhere else or of the library's own ("file:…", "libc:…").
bool may_be_a_zone(std::string_view name) {
  return !name.empty() && name.size() < 64 && name.front() != '/' && name.find("..") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '/' || c == '_' || c == '-' || c == '+';
         });
}

} // namespace

outcome<time_zone> time_zone::find(std::string_view name) {
  absl::TimeZone zone;
  // The library takes "localtime" for a name, too; it is none of the zones.
  if (!may_be_a_zone(name) || name == "localtime" || !absl::LoadTimeZone({name.data(), name.size()}, &zone))
    return bad_request("unknown time zone " + std::string(name));
  return time_zone(zone);
}

} // namespace cadenza::workflow
