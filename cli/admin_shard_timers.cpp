#include "cli/admin_http.hpp"
#include "cli/commands.hpp"
#include "cli/input_file.hpp"
#include "cli/output.hpp"
#include "cli/time_range.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <map>
#include <ostream>

namespace cadenza::cli {

namespace {

constexpr std::int64_t day_ns = 24LL * 3600 * 1'000'000'000;
constexpr int timer_types = 7;

/// Fields of a timer: as lines of --print_json name them, and as the server does.
using field = std::pair<const char*, const char*>;
constexpr std::array<field, 3> text_fields{
    {{"DomainID", "domain_id"}, {"WorkflowID", "workflow_id"}, {"RunID", "run_id"}}};
constexpr std::array<field, 6> number_fields{{{"TaskID", "task_id"},
                                              {"TaskType", "task_type"},
                                              {"TimeoutType", "timeout_type"},
                                              {"EventID", "event_id"},
                                              {"ScheduleAttempt", "attempt"},
                                              {"Version", "version"}}};

/// Which timers are wanted.
struct wish {
  std::int64_t from_ns = 0;
  std::int64_t to_ns = 0;
  std::string domain_id; ///< "" for any
  std::array<bool, timer_types> types{};
};

std::optional<problem> read_wish(const invocation& call, wish& out) {
  const auto now = now_ns();
  out.from_ns = now;
  out.to_ns = now + day_ns;
  for (const auto& [name, into] : {std::pair{"start_date", &out.from_ns}, {"end_date", &out.to_ns}}) {
    if (!call.given(name))
      continue;
    auto read = parse_time(call.text(name), now);
    if (!read)
      read = parse_date(call.text(name));
    if (!read)
      return problem{"wrong date format for " + std::string(name),
                     "expected 2006-01-02, 2006-01-02T15:04, 2006-01-02T15:04:05Z or nanoseconds since 1970"};
    *into = *read;
  }
  out.domain_id = call.text("domain_id");
  const auto& types = call.all("timer_type");
  out.types.fill(types.empty() || (types.size() == 1 && types[0] == "-1"));
  for (const auto& text : types) {
    int type = -2;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, type);
    if (read.ec != std::errc() || read.ptr != end || type < -1 || type >= timer_types)
      return problem{"Option timer_type format is invalid.", "a number from 0 to 6, or -1 for all; found " + text};
    if (type >= 0)
      out.types[static_cast<std::size_t>(type)] = true;
  }
  return std::nullopt;
}

bool wanted(const wish& what, const json& timer) {
  const auto type = timer.value("task_type", -1);
  return type >= 0 && type < timer_types && what.types[static_cast<std::size_t>(type)] &&
         (what.domain_id.empty() || timer.value("domain_id", "") == what.domain_id);
}

/// A line as --print_json writes it, in the form in which the server tells of timers; null when it is none.
json from_line(const std::string& line) {
  const auto read = json::parse(line, nullptr, false);
  const auto has = [&read](const char* name, bool (json::*is)() const noexcept) {
    return read.contains(name) && (read[name].*is)();
  };
  if (!read.is_object() || !has("VisibilityTimestamp", &json::is_string) || !has("TaskType", &json::is_number_integer))
    return nullptr;
  const auto fire_ns = parse_rfc3339(read["VisibilityTimestamp"].get<std::string>());
  if (!fire_ns)
    return nullptr;
  json timer{{"fire_ns", *fire_ns}};
  for (const auto& [theirs, ours] : text_fields)
    timer[ours] = has(theirs, &json::is_string) ? read[theirs] : json("");
  for (const auto& [theirs, ours] : number_fields)
    timer[ours] = has(theirs, &json::is_number_integer) ? read[theirs] : json(0);
  return timer;
}

/// The same from a file of such lines; the times that are asked for do not count, as all of the file is shown.
status for_each_line(invocation& call, const wish& what, const std::function<void(const json&)>& take) {
  const auto lines = read_lines(call.text("input_file"));
  if (!lines)
    return failed("cannot get timer tasks from the file", lines.error());
  for (const auto& line : *lines) {
    const auto timer = from_line(line);
    if (timer.is_null() && !call.on("skip_errors"))
      return problem{"not a timer task: " + line.substr(0, 100), "--skip_errors continues with the others"};
    if (timer.is_null())
      call.err() << "not a timer task: " << line.substr(0, 100) << '\n';
    else if (wanted(what, timer))
      take(timer);
  }
  return {};
}

/// Every stored timer of the shard that is wanted, page by page.
status for_each_timer(invocation& call, const wish& what, const std::function<void(const json&)>& take) {
  if (call.given("input_file"))
    return for_each_line(call, what, take);
  auto from_ns = what.from_ns;
  std::int64_t from_id = 0;
  for (;;) {
    const auto path = "/admin/shards/timers?shard=" + std::to_string(call.number("shard_id")) +
                      "&from_ns=" + std::to_string(from_ns) + "&from_id=" + std::to_string(from_id) +
                      "&to_ns=" + std::to_string(what.to_ns) + "&limit=" + std::to_string(call.number("page_size"));
    const auto page = http_json(call.http_address(), http_verb::get, path, call.timeout());
    if (!page)
      return failed("cannot get timer tasks for shard", page.error());
    for (const auto& timer : rows_of(*page, "timers")) {
      if (timer.value("damaged", false)) {
        const auto which = "timer task " + std::to_string(timer.value("task_id", std::int64_t{0})) + " is damaged";
        if (!call.on("skip_errors"))
          return problem{which, "--skip_errors continues with the others"};
        call.err() << which << '\n';
      } else if (wanted(what, timer)) {
        take(timer);
      }
    }
    if (!page->is_object() || !page->contains("next"))
      return {};
    from_ns = (*page)["next"].value("fire_ns", std::int64_t{0});
    from_id = (*page)["next"].value("task_id", std::int64_t{0});
  }
}

/// One line a timer, under the names that scripts know.
status print_json(invocation& call, const wish& what) {
  return for_each_timer(call, what, [&call](const json& timer) {
    json line = json::object();
    for (const auto& [theirs, ours] : text_fields)
      line[theirs] = timer.value(ours, "");
    line["VisibilityTimestamp"] = precise_utc_text(timer.value("fire_ns", std::int64_t{0}));
    for (const auto& [theirs, ours] : number_fields)
      line[theirs] = timer.value(ours, std::int64_t{0});
    call.out() << compact(line) << '\n';
  });
}

status histogram(invocation& call, const wish& what) {
  // How much of 2006-01-02T15:04:05Z names a bucket.
  static const std::map<std::string, std::size_t> lengths{{"day", 10}, {"hour", 13}, {"minute", 16}, {"second", 19}};
  const auto length = lengths.at(call.text("bucket_size"));
  std::map<std::string, std::int64_t> buckets;
  if (auto failure = for_each_timer(call, what, [&](const json& timer) {
        ++buckets[utc_text(timer.value("fire_ns", std::int64_t{0})).substr(0, length)];
      }))
    return failure;
  row_set rows{{"Bucket", "Count"}, {}};
  for (const auto& [bucket, count] : buckets) {
    rows.rows.push_back({bucket, std::to_string(count)});
    rows.data.push_back({{"Bucket", bucket}, {"Count", count}});
  }
  return show(call, rows);
}

status timers(invocation& call) {
  if (call.given("shard_id") == call.given("input_file"))
    return call.given("shard_id") ? problem{"--shard_id and --input_file exclude each other.", ""}
                                  : missing("--shard_id N or --input_file FILE");
  wish what;
  if (auto problem = read_wish(call, what))
    return problem;
  return call.on("print_json") ? print_json(call, what) : histogram(call, what);
}

} // namespace

command shard_timers_command() {
  flag bucket{"bucket_size", "what is counted together: day, hour, minute, second", flag_kind::text, "hour"};
  bucket.choices = {"day", "hour", "minute", "second"};
  return {
      "timers",
      {},
      "Count a shard's stored timers by time, or print them",
      {{"shard_id,sid", "shard", flag_kind::number},
       {"input_file,if", "read a file of lines that --print_json wrote, and ask no server"},
       {"start_date,sd", "fire time to begin with: 2006-01-02, 2006-01-02T15:04:05Z (now)"},
       {"end_date,ed", "fire time to end before (a day from now)"},
       {"domain_id", "only timers of this domain"},
       {"timer_type",
        "only this type; may be repeated: 0 decision timeout, 1 activity timeout, 2 user timer, 3 workflow timeout, "
        "4 delete history, 5 activity retry, 6 workflow back-off",
        flag_kind::list},
       {"print_json", "print each timer as a line of JSON", flag_kind::toggle},
       {"skip_errors", "continue when a timer cannot be read", flag_kind::toggle},
       bucket,
       {"page_size,ps", "timers read at a time", flag_kind::number, "500"},
       format_flag()},
      timers};
}

} // namespace cadenza::cli
