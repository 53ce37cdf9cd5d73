#include "tests/unit/cli/runner.hpp"

#include "cli/commands.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>

using namespace cadenza::test;
using namespace cadenza::cli;

BOOST_AUTO_TEST_SUITE(program)

BOOST_AUTO_TEST_CASE(server_start_hands_its_flags_over) {
  server_options seen;
  hooks local;
  local.server_start = [&seen](const server_options& options, std::ostream& out, std::ostream&) {
    seen = options;
    out << "banner\n";
    return 0;
  };
  const auto result = run_cli({"server", "start", "--data", "dir", "--port", "0", "--http-port=8089", "--print-config",
                               "--strict", "--env", "prod", "--az", "z1"},
                              local);
  BOOST_TEST(result.code == 0, result.err);
  BOOST_TEST(result.out == "banner\n");
  BOOST_TEST(seen.data_dir == "dir");
  BOOST_TEST(seen.port.value_or(1) == 0);
  BOOST_TEST(seen.http_port.value_or(0) == 8089);
  BOOST_TEST(seen.print_config);
  BOOST_TEST(seen.strict);
  BOOST_TEST(!seen.check_config);
  BOOST_TEST(!seen.ephemeral);
  BOOST_TEST(seen.environment == "prod");
  BOOST_TEST(seen.zone == "z1");
}

BOOST_AUTO_TEST_CASE(a_config_directory_is_told_from_a_file) {
  server_options seen;
  hooks local;
  local.server_start = [&seen](const server_options& options, std::ostream&, std::ostream&) {
    seen = options;
    return 0;
  };
  BOOST_TEST(run_cli({"server", "start", "--config", "some.yaml"}, local).code == 0);
  BOOST_TEST(seen.config_file == "some.yaml");
  BOOST_TEST(seen.config_dir.empty());
  BOOST_TEST(run_cli({"server", "start", "--root", "/", "--config", "usr"}, local).code == 0);
  BOOST_TEST(seen.config_dir == "usr");
  BOOST_TEST(seen.config_file.empty());
  BOOST_TEST(seen.root == "/");
}

BOOST_AUTO_TEST_CASE(a_server_that_fails_makes_the_program_fail_without_a_second_text) {
  hooks local;
  local.server_start = [](const server_options&, std::ostream&, std::ostream& err) {
    err << "port taken\n";
    return 3;
  };
  const auto result = run_cli({"server", "start"}, local);
  BOOST_TEST(result.code == 1);
  BOOST_TEST(result.err == "port taken\n");
}

BOOST_AUTO_TEST_CASE(impossible_server_flags_are_refused) {
  BOOST_TEST(run_cli({"server", "start", "--port", "70000"}).code == 1);
  BOOST_TEST(run_cli({"server", "start", "--ephemeral", "--data", "x"}).code == 1);
  BOOST_TEST(run_cli({"server", "start"}).err == "Error: This program has no server in it.\n");
}

BOOST_AUTO_TEST_CASE(restore_and_verify_work_through_hooks) {
  restore_options restored;
  verify_options verified;
  hooks local;
  local.backup_restore = [&restored](const restore_options& options, std::ostream&, std::ostream&) {
    restored = options;
    return 0;
  };
  local.verify = [&verified](const verify_options& options, std::ostream& out, std::ostream&) {
    verified = options;
    out << R"({"clean":false,"runs":2,"events":9,"tasks":4,"leftOver":0,"found":1,"repaired":0,"findings":[
      {"kind":"current","shard":1,"domain":"d","workflowId":"w","runId":"r","problem":"gone","repaired":false}]})";
    return 1;
  };
  BOOST_TEST(run_cli({"admin", "backup", "restore", "--dir", "b", "--data", "d", "7"}, local).code == 0);
  BOOST_TEST(restored.backup_dir == "b");
  BOOST_TEST(restored.data_dir == "d");
  BOOST_TEST(restored.backup_id == "7");
  const auto checked = run_cli({"verify", "--data", "d", "--repair"}, local);
  BOOST_TEST(checked.code == 1);
  BOOST_TEST(checked.out == "   KIND   | DOMAIN | WORKFLOW ID | RUN ID | PROBLEM | REPAIRED\n"
                            "  current | d      | w           | r      | gone    | no\n"
                            "Checked 2 runs with 9 events, and 4 tasks.\n"
                            "1 problem found, 0 of them repaired.\n");
  BOOST_TEST(checked.err.find("restore a backup") != std::string::npos, checked.err);
  BOOST_TEST(verified.repair);
  BOOST_TEST(verified.data_dir == "d");
  const auto document = run_cli({"verify", "--data", "d", "--output", "json"}, local);
  BOOST_TEST(document.out.find("\"found\": 1") != std::string::npos, document.out);
}

BOOST_AUTO_TEST_CASE(the_name_it_is_called_by_is_the_name_it_uses) {
  std::ostringstream out;
  std::ostringstream err;
  const streams io{nullptr, &out, &err};
  BOOST_TEST(run(std::vector<std::string>{"/opt/bin/cadence", "--version"}, {}, io) == 0);
  BOOST_TEST(out.str().starts_with("cadence version "));
  server_options seen;
  hooks local;
  local.server_start = [&seen](const server_options& options, std::ostream&, std::ostream&) {
    seen = options;
    return 0;
  };
  const std::vector<std::string> line{"cadence-server", "--env", "prod", "start", "--services=frontend,history"};
  BOOST_TEST(run(line, local, io) == 0);
  BOOST_TEST(seen.environment == "prod");
  BOOST_TEST(seen.services.size() == 1u);
  BOOST_TEST(seen.config_file + seen.config_dir == "config"); // whichever of the two is there
  BOOST_TEST(run(std::vector<std::string>{"cadence-server", "-c", "mine.yaml", "start"}, local, io) == 0);
  BOOST_TEST(seen.config_file == "mine.yaml");
}

BOOST_AUTO_TEST_CASE(the_schema_of_a_database_is_looked_after_under_two_names) {
  std::ostringstream out;
  std::ostringstream err;
  const streams io{nullptr, &out, &err};
  std::vector<schema_options> seen;
  hooks local;
  local.schema = [&seen](const schema_options& options, std::ostream&, std::ostream&) {
    seen.push_back(options);
    return 1;
  };
  using what = schema_options::what;
  BOOST_TEST(run_cli({"schema", "version", "--config", "c.yaml"}, local).code == 1);
  BOOST_TEST((seen.back().action == what::version));
  BOOST_TEST(seen.back().config_file == "c.yaml");
  BOOST_TEST(run_cli({"schema", "drop", "--db", "d", "--quiet"}, local).code == 0);
  BOOST_TEST((seen.back().action == what::drop && !seen.back().sure));
  BOOST_TEST(run_cli({"schema", "create"}).code == 1);

  // As the scripts of the reference system call its tool.
  const auto tool = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "/usr/bin/cadence-sql-tool");
    static_cast<void>(run(words, local, io));
    return seen.back();
  };
  const auto made =
      tool({"--plugin", "postgres", "--ep", "db", "-p", "5433", "-u", "me", "--pw", "pw", "create", "--db", "cadence"});
  BOOST_TEST((made.action == what::create));
  BOOST_TEST(made.plugin == "postgres");
  BOOST_TEST(made.endpoint == "db");
  BOOST_TEST(made.port == 5433);
  BOOST_TEST(made.user == "me");
  BOOST_TEST(made.password == "pw");
  BOOST_TEST(made.database == "cadence");
  const auto set_up = tool({"--pl", "postgres", "--db", "cadence", "setup-schema", "-v", "0.0"});
  BOOST_TEST((set_up.action == what::set_up));
  BOOST_TEST(set_up.database == "cadence");
  const auto updated = tool({"--pl", "postgres", "--db", "cadence", "update-schema", "-d", "./schema", "--dryrun"});
  BOOST_TEST((updated.action == what::update));
  BOOST_TEST(updated.dry);
  BOOST_TEST(tool({"--db", "cadence", "update"}).plugin == "mysql"); // what that tool takes it for
}

BOOST_AUTO_TEST_CASE(tchannel_is_refused_clearly) {
  const auto result = run_cli({"--transport", "tchannel", "--do", "d", "wf", "list"});
  BOOST_TEST(result.code == 1);
  BOOST_TEST(result.err.starts_with("Error: Transport tchannel is not supported.\n"), result.err);
  BOOST_TEST(run_cli({"-t", "carrier-pigeon", "--do", "d", "wf", "list"}).code == 1);
}

BOOST_AUTO_TEST_CASE(errors_are_red_on_a_terminal_only_and_never_with_no_color) {
  const auto coloured = [] { return run_cli({"nothing"}, {}, {}, true).err.starts_with("\033[31mError:\033[0m "); };
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "xterm", 1);
  BOOST_TEST(coloured());
  BOOST_TEST(run_cli({"nothing"}).err.starts_with("Error: "));
  ::setenv("NO_COLOR", "", 1); // empty is not set
  BOOST_TEST(coloured());
  ::setenv("NO_COLOR", "1", 1);
  BOOST_TEST(!coloured());
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "dumb", 1);
  BOOST_TEST(!coloured());
  ::setenv("TERM", "xterm", 1);
}

BOOST_AUTO_TEST_CASE(help_man_page_and_completion_know_every_command) {
  const auto tree = command_tree();
  const auto man = run_cli({"man"}).out;
  const auto help = run_cli({"--help"}).out;
  for (const auto& group : tree.commands) {
    const bool shown = !group.hidden && group.absent.empty();
    BOOST_TEST((help.find("   " + group.name) != std::string::npos) == shown, group.name);
    const auto offered = run_cli({"__complete", "--", group.name, ""}).out;
    for (const auto& one : group.commands) {
      auto path = group.name + " " + one.name;
      BOOST_TEST((offered.find(one.name + "\t" + one.summary + "\n") != std::string::npos) == one.absent.empty(), path);
      for (auto at = path.find('-'); at != std::string::npos; at = path.find('-', at + 2))
        path.insert(at, "\\");
      if (one.run)
        BOOST_TEST(man.find(".SS " + path) != std::string::npos, path);
    }
  }
  BOOST_TEST(run_cli({"completion", "tcsh"}).code == 1);
}

BOOST_AUTO_TEST_CASE(completion_knows_commands_flags_and_values) {
  const auto offered = [](std::vector<std::string> words) {
    words.insert(words.begin(), {"__complete", "--"});
    return run_cli(std::move(words)).out;
  };
  BOOST_TEST(offered({"workf"}) == "workflow\tOperate workflows\n");
  BOOST_TEST(offered({"wf", "sho"}).starts_with("show\t")); // an alias leads on
  BOOST_TEST(offered({"wf", "start", "--exec"}) == "--execution_timeout\thow long the whole workflow may take\n");
  BOOST_TEST(offered({"wf", "start", "--outp"}) == "--output\toutput format\n");
  BOOST_TEST(offered({"--output", ""}) == "table\njson\n");
  BOOST_TEST(offered({"--output", "=", "j"}) == "json\n"); // as bash splits it
  BOOST_TEST(offered({"--output=j"}) == "--output=json\n");
  BOOST_TEST(offered({"wf", "reset", "--reset_type", "Last"}) ==
             "LastDecisionCompleted\nLastContinuedAsNew\nLastDecisionScheduled\n");
  BOOST_TEST(offered({"domain", "register", "--gd", ""}) == "true\nfalse\n");
  BOOST_TEST(offered({"wf", "start", "--input_file", ""}) == ":files\n");
  BOOST_TEST(offered({"completion", "z"}) == "zsh\n");
  BOOST_TEST(offered({"--domain", "s"}).find("server") == std::string::npos); // a value, not a command
  BOOST_TEST(offered({"adm", "db"}).empty());
  for (const char* shell : {"bash", "zsh", "fish"})
    BOOST_TEST(run_cli({"completion", shell}).out.find("__complete -- ") != std::string::npos, shell);
}

BOOST_AUTO_TEST_CASE(completion_is_installed_where_the_shell_looks) {
  const auto home = std::filesystem::temp_directory_path() / "cadenza-cli-test-home";
  std::filesystem::remove_all(home);
  ::setenv("XDG_DATA_HOME", (home / "data").c_str(), 1);
  const auto result = run_cli({"completion", "bash", "--install"});
  ::unsetenv("XDG_DATA_HOME");
  BOOST_TEST(result.code == 0, result.err);
  BOOST_TEST(result.out.find("data/bash-completion/completions/cadence\n") != std::string::npos, result.out);
  BOOST_TEST(std::filesystem::file_size(home / "data/bash-completion/completions/cadenza") > 100u);
  std::filesystem::remove_all(home);
}

BOOST_AUTO_TEST_CASE(help_names_flags_with_their_short_forms_and_defaults) {
  const auto help = run_cli({"help", "workflow", "start"}).out;
  BOOST_TEST(help.starts_with("NAME:\n   cadenza workflow start - Start a workflow\n"), help);
  BOOST_TEST(help.find("--decision_timeout, --dt TIME") != std::string::npos, help);
  BOOST_TEST(help.find("(default: 10)") != std::string::npos, help);
  BOOST_TEST(help.find("[$CADENCE_CLI_DOMAIN]") != std::string::npos, help);
  BOOST_TEST(help.find("\nEXAMPLES:\n   cadenza --domain samples-domain workflow start ") != std::string::npos, help);
  // Global options are named on one line; each page would be half of them else.
  BOOST_TEST(help.find("[$CADENCE_CLI_ADDRESS]") == std::string::npos, help);
  BOOST_TEST(help.find(" --address --domain --context_timeout ") != std::string::npos, help);
  BOOST_TEST(run_cli({"--help"}).out.find("[$CADENCE_CLI_ADDRESS]") != std::string::npos);
  BOOST_TEST(run_cli({"version"}).out == run_cli({"--version"}).out);
}

BOOST_AUTO_TEST_SUITE_END()
