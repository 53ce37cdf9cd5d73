#include "cli/run.hpp"

#include "cli/commands.hpp"
#include "cli/help.hpp"
#include "cli/invocation.hpp"
#include "cli/parser.hpp"
#include "cli/values.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <sys/ioctl.h>
#include <unistd.h>

namespace cadenza::cli {

namespace {

void print_problem(const invocation& call, const problem& what) {
  // A local command that failed has said why itself.
  if (what.message.empty())
    return;
  call.err() << call.paint_err()(colour::red, "Error:") << ' ' << what.message << '\n';
  if (!what.details.empty())
    call.err() << call.paint_err()(colour::magenta, "Error Details:") << ' ' << what.details << '\n';
}

std::string base_name(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

/// Called as `cadence-server`, the program takes that server's own line: flags, then `start`.
std::vector<std::string> server_words(std::vector<std::string> words) {
  if (const auto start = std::ranges::find(words, "start"); start != words.end())
    words.erase(start);
  if (std::getenv("CADENCE_CONFIG_DIR") == nullptr)
    words.insert(words.begin(), {"--config", "config"}); // where that server looks unless told otherwise
  words.insert(words.begin(), {"server", "start"});
  return words;
}

/// Called as `cadence-sql-tool`, the program takes that tool's line: flags of the connection, then a command with its
/// own. That tool expects MySQL unless told otherwise.
std::vector<std::string> sql_tool_words(std::vector<std::string> words) {
  const auto is_command = [](const std::string& word) {
    return word == "create" || word == "create-database" || word == "setup-schema" || word == "setup" ||
           word == "update-schema" || word == "update" || word == "drop-database" || word == "version";
  };
  if (const auto found = std::ranges::find_if(words, is_command); found != words.end())
    std::rotate(words.begin(), found, found + 1);
  if (std::getenv("SQL_PLUGIN") == nullptr)
    words.insert(words.begin() + (words.empty() ? 0 : 1), {"--plugin", "mysql"}); // the last one given counts
  words.insert(words.begin(), "schema");
  return words;
}

/// What makes no sense for any command.
status check_globals(const invocation& call) {
  if (call.text("transport") == "tchannel")
    return problem{"Transport tchannel is not supported.",
                   "this server and this tool speak gRPC: use --transport grpc and its port, 7833"};
  if (call.text("transport") != "grpc")
    return problem{"Unknown transport '" + call.text("transport") + "'.", "grpc is the only one"};
  return {};
}

/// COLUMNS wins, as in other tools; else what the terminal says.
std::size_t terminal_width() {
  if (::isatty(STDOUT_FILENO) != 1)
    return 0;
  if (const char* text = std::getenv("COLUMNS"))
    if (const auto columns = parse_whole(text); columns && *columns > 0)
      return static_cast<std::size_t>(*columns);
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

} // namespace

int run(const std::vector<std::string>& argv, const hooks& local, const streams& io) {
  const auto tree = command_tree();
  const auto program = argv.empty() ? tree.name : base_name(argv.front());
  invocation call{tree, local, io, program};
  auto words = argv;
  if (!words.empty())
    words.erase(words.begin());
  if (program == "cadence-server")
    words = server_words(std::move(words));
  else if (program == "cadence-sql-tool")
    words = sql_tool_words(std::move(words));
  auto read = parse(tree, words);
  if (const auto* wrong = std::get_if<problem>(&read)) {
    print_problem(call, *wrong);
    return 1;
  }
  auto& line = std::get<parsed>(read);
  if (line.wants_version) {
    call.out() << version_text(program, local.version);
    return 0;
  }
  if (line.wants_help) {
    call.out() << help_text(tree, *line.leaf, line.path, program);
    return 0;
  }
  call.accept(std::move(line.flags), std::move(line.arguments));
  auto failure = line.leaf->local ? std::nullopt : check_globals(call);
  if (!failure && !line.leaf->local)
    failure = call.read_credentials();
  if (!failure)
    failure = line.leaf->run(call);
  call.out().flush();
  if (failure) {
    print_problem(call, *failure);
    return failure->exit_code;
  }
  if (!call.out()) {
    call.err() << "Error: cannot write the output\n";
    return 1;
  }
  return 0;
}

int run(int argc, char** argv, const hooks& local) {
  const streams io{&std::cin,
                   &std::cout,
                   &std::cerr,
                   ::isatty(STDIN_FILENO) == 1,
                   ::isatty(STDOUT_FILENO) == 1,
                   ::isatty(STDERR_FILENO) == 1,
                   terminal_width()};
  return run({argv, argv + argc}, local, io);
}

} // namespace cadenza::cli
