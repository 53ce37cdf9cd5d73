#include "cli/admin_http.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"

#include <algorithm>
#include <ostream>

namespace cadenza::cli {

namespace {

constexpr std::size_t actors_max = 2'000'000;

struct actor {
  std::string path; ///< "node/shard_owner/history_shard-3"
  std::string kind;
  std::int64_t restarts = 0;
  std::int64_t mailbox = 0; ///< -1: it did not answer in time
  bool killable = true;
};

std::string mailbox_text(const actor& one) { return one.mailbox < 0 ? "no answer" : std::to_string(one.mailbox); }

/// Paths in the order in which people count: a run of digits is a number, so 2 stands before 11. An actor stands before
/// those below it.
bool comes_before(std::string_view left, std::string_view right) {
  const auto digits = [](std::string_view text) {
    const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
    return text.substr(0, end);
  };
  while (!left.empty() && !right.empty()) {
    auto one = digits(left);
    auto other = digits(right);
    if (one.empty() || other.empty()) {
      if (left.front() != right.front())
        // '/' first: what is below an actor comes right after it, not after "a-b".
        return left.front() == '/' || (right.front() != '/' && left.front() < right.front());
      left.remove_prefix(1);
      right.remove_prefix(1);
      continue;
    }
    left.remove_prefix(one.size());
    right.remove_prefix(other.size());
    one.remove_prefix(std::min(one.find_first_not_of('0'), one.size()));
    other.remove_prefix(std::min(other.find_first_not_of('0'), other.size()));
    if (one.size() != other.size())
      return one.size() < other.size();
    if (one != other)
      return one < other;
  }
  return left.empty() && !right.empty();
}

outcome<std::vector<actor>> actors_of(invocation& call) {
  auto answer = http_json(call.http_address(), http_verb::get, "/admin/actors", call.timeout());
  if (!answer)
    return answer.error();
  const auto rows = rows_of(*answer, "actors");
  if (rows.is_null() || rows.size() > actors_max)
    return internal_error("the server's list of actors cannot be read");
  std::vector<actor> actors;
  for (const auto& entry : rows) {
    if (!entry.is_object())
      return internal_error("the server's list of actors cannot be read");
    const auto text = [&entry](const char* key) {
      return entry.contains(key) && entry[key].is_string() ? entry[key].get<std::string>() : std::string{};
    };
    const auto number = [&entry](const char* key) {
      return entry.contains(key) && entry[key].is_number_integer() ? entry[key].get<std::int64_t>() : 0;
    };
    const bool killable = !entry.contains("killable") || entry["killable"] != false;
    actors.push_back({text("path"), text("kind"), number("restarts"), number("mailbox"), killable});
  }
  std::ranges::sort(actors, comes_before, &actor::path);
  return actors;
}

json actor_json(const actor& one) {
  return {{"path", one.path},
          {"kind", one.kind},
          {"restarts", one.restarts},
          {"mailbox", one.mailbox},
          {"killable", one.killable}};
}

status list(invocation& call) {
  const auto actors = actors_of(call);
  if (!actors)
    return failed("Cannot list actors.", actors.error());
  row_set rows{{"Path", "Kind", "Restarts", "Mailbox"}, {}};
  for (const auto& one : *actors) {
    if (call.given("kind") && one.kind != call.text("kind"))
      continue;
    rows.rows.push_back({one.path, one.killable ? one.kind : one.kind + " (cannot be killed)",
                         std::to_string(one.restarts), mailbox_text(one)});
    rows.data.push_back(actor_json(one));
  }
  return show(call, rows);
}

status tree(invocation& call) {
  const auto actors = actors_of(call);
  if (!actors)
    return failed("Cannot list actors.", actors.error());
  if (call.json()) {
    json document = json::array();
    for (const auto& one : *actors)
      document.push_back(actor_json(one));
    show_json(call, document);
    return {};
  }
  std::vector<std::string> above; // path parts already printed
  for (const auto& one : *actors) {
    std::vector<std::string> parts;
    std::size_t start = 0;
    while (start <= one.path.size()) {
      const auto end = std::min(one.path.find('/', start), one.path.size());
      if (end > start)
        parts.push_back(one.path.substr(start, end - start));
      start = end + 1;
    }
    std::size_t same = 0;
    while (same < parts.size() && same < above.size() && parts[same] == above[same])
      ++same;
    // Parents that are no actors themselves are shown too, so that no line hangs in the air.
    for (std::size_t depth = same; depth + 1 < parts.size(); ++depth)
      call.out() << std::string(depth * 2, ' ') << parts[depth] << '\n';
    if (!parts.empty()) {
      call.out() << std::string((parts.size() - 1) * 2, ' ') << parts.back();
      if (one.kind != parts.back())
        call.out() << " (" << one.kind << ")";
      if (one.restarts > 0)
        call.out() << " restarts " << one.restarts;
      if (one.mailbox != 0)
        call.out() << " mailbox " << mailbox_text(one);
      call.out() << '\n';
    }
    above = std::move(parts);
  }
  return {};
}

status kill(invocation& call) {
  if (call.argument(0) == "node")
    return problem{"The node itself cannot be killed.", "it is the root of the actors; stop the server instead"};
  const auto answer = http_json(call.http_address(), http_verb::post,
                                "/admin/actors/kill?path=" + url_escaped(call.argument(0)), call.timeout());
  if (!answer)
    return failed("Cannot kill actor " + call.argument(0) + ".", answer.error());
  done(call, "Actor " + call.argument(0) + " killed.");
  return {};
}

} // namespace

command admin_actor_commands() {
  command group{"actor", {"ac"}, "Show and kill the server's actors"};
  command end{"kill", {"k"}, "Kill an actor; its supervisor restarts it (needs chaos.enabled)", {}, kill};
  end.arguments = "<path>";
  end.arguments_min = 1;
  end.arguments_max = 1;
  group.commands = {
      {"list", {"l"}, "List the actors", {{"kind", "only this kind"}, format_flag()}, list},
      {"tree", {"t"}, "Show the actors under their supervisors", {}, tree},
      end,
  };
  return group;
}

} // namespace cadenza::cli
