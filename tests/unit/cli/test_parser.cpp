#include "cli/commands.hpp"
#include "cli/parser.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <set>
#include <utility>

using namespace cadenza::cli;

namespace {

const command& tree() {
  static const command root = command_tree();
  return root;
}

parsed good(const std::vector<std::string>& words) {
  auto result = parse(tree(), words);
  if (auto* wrong = std::get_if<problem>(&result))
    BOOST_FAIL(wrong->message << " / " << wrong->details);
  return std::get<parsed>(std::move(result));
}

problem bad(const std::vector<std::string>& words) {
  auto result = parse(tree(), words);
  BOOST_REQUIRE(std::holds_alternative<problem>(result));
  return std::get<problem>(std::move(result));
}

std::string text(const parsed& line, const std::string& name) {
  const auto& texts = line.flags.at(name).texts;
  return texts.empty() ? "" : texts.back();
}

const std::vector<std::string> start{"--do", "d", "wf", "start", "-tl", "list", "-et", "60", "-wt", "type"};

std::vector<std::string> joined(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

void each(const command& node, const std::string& path,
          const std::function<void(const command&, const std::string&)>& visit) {
  visit(node, path);
  for (const auto& child : node.commands)
    each(child, path + " " + child.name, visit);
}

} // namespace

BOOST_AUTO_TEST_SUITE(parser)

BOOST_AUTO_TEST_CASE(short_forms_take_one_or_two_dashes_and_blank_or_equals) {
  for (const auto& form : std::vector<std::vector<std::string>>{{"-w", "id"},
                                                                {"--w", "id"},
                                                                {"-wid", "id"},
                                                                {"--wid", "id"},
                                                                {"--workflow_id", "id"},
                                                                {"-workflow_id", "id"},
                                                                {"-w=id"},
                                                                {"--wid=id"},
                                                                {"--workflow_id=id"}}) {
    const auto line = good(joined({"--do", "d", "workflow", "describe"}, form));
    BOOST_TEST(text(line, "workflow_id") == "id", form.front());
  }
}

BOOST_AUTO_TEST_CASE(one_letter_names_mean_what_the_command_says) {
  BOOST_TEST(text(good({"--do", "d", "wf", "list", "-et", "3d"}), "earliest_time") == "3d");
  BOOST_TEST(text(good(start), "execution_timeout") == "60");
}

BOOST_AUTO_TEST_CASE(global_flags_may_stand_anywhere) {
  BOOST_TEST(text(good({"--domain", "d", "domain", "describe"}), "domain") == "d");
  BOOST_TEST(text(good({"domain", "describe", "--do", "d"}), "domain") == "d");
  BOOST_TEST(text(good({"d", "desc", "-do=d", "--output", "json"}), "output") == "json");
}

BOOST_AUTO_TEST_CASE(values_may_look_like_flags_be_empty_or_hold_anything) {
  const std::vector<std::string> reset{"--do", "d", "wf", "reset", "-w", "id", "--reason", "r"};
  BOOST_TEST(text(good(joined(reset, {"--decision_offset", "-2"})), "decision_offset") == "-2");
  BOOST_TEST(text(good(joined(start, {"-i", R"([1,"--x",{"a":[2]}])"})), "input") == R"([1,"--x",{"a":[2]}])");
  BOOST_TEST(text(good(joined(start, {"-i", "--wt"})), "input") == "--wt");
  BOOST_TEST(text(good(joined(start, {"-w", ""})), "workflow_id").empty());
  BOOST_TEST(text(good(joined(start, {"--memo=a=b"})), "memo") == "a=b");
  BOOST_TEST(text(good(joined(start, {"-w", "two words\nand a line"})), "workflow_id") == "two words\nand a line");
}

BOOST_AUTO_TEST_CASE(the_last_value_wins_but_lists_keep_all) {
  BOOST_TEST(text(good(joined(start, {"-w", "a", "-w", "b"})), "workflow_id") == "b");
  const auto line = good({"--do", "d", "domain", "register", "--cl", "c1", "--clusters", "c2"});
  const std::vector<std::string> expected{"c1", "c2"};
  BOOST_TEST(line.flags.at("clusters").texts == expected);
}

BOOST_AUTO_TEST_CASE(toggles_take_no_word_but_may_be_set_to_false) {
  const auto line = good({"--do", "d", "wf", "list", "--open", "--pf=false"});
  BOOST_TEST(text(line, "open") == "true");
  BOOST_TEST(text(line, "print_full") == "false");
  BOOST_TEST(text(good({"--do", "d", "wf", "list", "--open=T", "--pf=0"}), "open") == "true");
  BOOST_TEST(bad({"--do", "d", "wf", "list", "--open=yes"}).details.find("--open") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(defaults_do_not_count_as_given) {
  const auto line = good(start);
  BOOST_TEST(text(line, "decision_timeout") == "10");
  BOOST_TEST(!line.flags.at("decision_timeout").given);
  BOOST_TEST(line.flags.at("execution_timeout").given);
}

BOOST_AUTO_TEST_CASE(the_environment_gives_values_that_the_line_does_not) {
  ::setenv("CADENCE_CLI_DOMAIN", "from-env", 1);
  const auto from_env = good({"wf", "list"});
  const auto from_line = good({"--do", "from-line", "wf", "list"});
  ::unsetenv("CADENCE_CLI_DOMAIN");
  BOOST_TEST(text(from_env, "domain") == "from-env");
  BOOST_TEST(text(from_line, "domain") == "from-line");
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_named) {
  BOOST_TEST(bad({"wf", "list"}).message == "missing: --domain");
  BOOST_TEST(bad({"wf", "list"}).details.find("CADENCE_CLI_DOMAIN") != std::string::npos);
  BOOST_TEST(bad({"--do", "d", "wf", "describe"}).message == "missing: --workflow_id");
  BOOST_TEST(bad({"--do", "d", "wf", "showid"}).message == "missing: <workflow_id> [run_id]");
  // All at once, so that nobody tries again for each.
  BOOST_TEST(bad({"--do", "d", "wf", "start"}).message == "missing: --tasklist, --workflow_type, --execution_timeout");
  BOOST_TEST(bad({"wf", "start", "-wt", "T"}).message == "missing: --domain, --tasklist, --execution_timeout");
  BOOST_TEST(bad({"--do", "d", "wf", "describe", "-w"}).message == "flag needs a value: --workflow_id");
}

BOOST_AUTO_TEST_CASE(wrong_values_are_refused_under_the_names_people_know) {
  const auto number = bad({"--do", "d", "wf", "list", "--ps", "ten"});
  BOOST_TEST(number.details.find("--pagesize") != std::string::npos, number.details);
  BOOST_TEST(number.details.find("local.") == std::string::npos, number.details);
  BOOST_TEST(bad({"--output", "xml", "man"}).details.find("--output") != std::string::npos);
  BOOST_TEST(bad({"--do", "d", "wf", "desc", "-w", "x", "--qcl", "maybe"}).message == "invalid flag value");
}

BOOST_AUTO_TEST_CASE(unknown_words_get_a_suggestion) {
  BOOST_TEST(bad({"worklfow", "list"}).details == "did you mean 'workflow'?");
  BOOST_TEST(bad({"--do", "d", "workflow", "termiante"}).details == "did you mean 'terminate'?");
  BOOST_TEST(bad({"--do", "d", "wf", "list", "--earliest_tiem", "3d"}).details == "did you mean '--earliest_time'?");
  BOOST_TEST(bad({"--domian", "d", "wf", "list"}).details == "did you mean '--domain'?");
  BOOST_TEST(bad({"xyzzy"}).details.empty());
}

BOOST_AUTO_TEST_CASE(surplus_arguments_are_refused) {
  BOOST_TEST(bad({"--do", "d", "wf", "list", "surplus"}).message == "unexpected argument: surplus");
  BOOST_TEST(bad({"--do", "d", "wf", "list", "surplus"}).details == "did you mean '--workflow_id surplus'?");
  BOOST_TEST(bad({"--do", "d", "wf", "show", "id", "run", "more"}).message == "unexpected argument: more");
  BOOST_TEST(bad({"--do", "d", "wf", "show", "id", "-w", "id"}).message ==
             "--workflow_id is given twice: once as 'id'");
  BOOST_TEST(bad({"--do", "d", "domain", "describe", "e"}).message == "--domain is given twice: once as 'e'");
}

BOOST_AUTO_TEST_CASE(what_a_command_is_about_needs_no_flag) {
  for (const char* verb : {"show", "describe", "observe", "cancel", "terminate", "diagnose", "stack"}) {
    const auto line = good({"--do", "d", "wf", verb, "order-17", "run-1"});
    BOOST_TEST(text(line, "workflow_id") == "order-17", verb);
    BOOST_TEST(text(line, "run_id") == "run-1", verb);
  }
  BOOST_TEST(text(good({"--do", "d", "wf", "reset", "order-17", "--reason", "r", "run-1"}), "run_id") == "run-1");
  BOOST_TEST(text(good({"--do", "d", "wf", "signal", "order-17", "approve"}), "name") == "approve");
  BOOST_TEST(text(good({"--do", "d", "wf", "query", "order-17", "state"}), "query_type") == "state");
  BOOST_TEST(text(good({"domain", "register", "shop", "--cl", "a", "b"}), "domain") == "shop");
  BOOST_TEST(text(good({"--do", "d", "tl", "desc", "list"}), "tasklist") == "list");
  ::setenv("CADENCE_CLI_DOMAIN", "from-env", 1);
  const auto from_line = good({"domain", "describe", "shop"});
  ::unsetenv("CADENCE_CLI_DOMAIN");
  BOOST_TEST(text(from_line, "domain") == "shop");
}

BOOST_AUTO_TEST_CASE(spans_of_time_are_written_as_people_do) {
  const std::vector<std::pair<std::string, std::string>> spans{
      {"10", "10"},         {"10s", "10"},    {"5m", "300"},    {"1h30m", "5400"},
      {"1.5h", "5400"},     {"2d", "172800"}, {"1w", "604800"}, {"2 days", "172800"},
      {"1 h 30 m", "5400"}, {"0", "0"},       {"90min", "5400"}};
  for (const auto& [written, seconds] : spans)
    BOOST_TEST(text(good(joined(start, {"--dt", written})), "decision_timeout") == seconds, written);
  for (const char* wrong : {"abc", "", "-5", "10ms", "1.5s", "1h30", "m", "5x", "1..5h", "3000000000", "1e3", "0x10"}) {
    const auto refused = bad(joined(start, {"--dt", wrong}));
    BOOST_TEST(refused.details.find("--decision_timeout: seconds are expected, as 10, or 10s, 5m") != std::string::npos,
               refused.details);
  }
  BOOST_TEST(text(good({"domain", "update", "d", "--rd", "2w"}), "retention") == "14");
  BOOST_TEST(text(good({"domain", "update", "d", "--rd", "7"}), "retention") == "7");
  BOOST_TEST(bad({"domain", "update", "d", "--rd", "36h"}).details.find("--retention: whole days") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(numbers_that_the_contract_cannot_carry_are_refused) {
  // Cut to 32 bits, the first would close shard 1.
  BOOST_TEST(bad({"admin", "shard", "closeShard", "--sid", "4294967297"}).details.find("--shard_id") !=
             std::string::npos);
  BOOST_TEST(text(good({"admin", "shard", "srid", "--sid", "1", "--rid", "4294967297"}), "range_id") == "4294967297");
  BOOST_TEST(bad({"admin", "shard", "srid", "--sid", "1", "--rid", "9223372036854775808"}).message ==
             "invalid flag value");
  BOOST_TEST(bad({"admin", "shard", "closeShard", "--sid", "1_0"}).message == "invalid flag value");
}

BOOST_AUTO_TEST_CASE(what_is_not_there_yet_says_so) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"schedule"},
                                                                 {"sched", "create", "--sid", "x"},
                                                                 {"batch"},
                                                                 {"wf", "batch", "start"},
                                                                 {"wf", "listarchived"},
                                                                 {"domain", "migration"},
                                                                 {"admin", "dlq", "read"},
                                                                 {"admin", "db", "scan"},
                                                                 {"admin", "kafka"},
                                                                 {"admin", "es"},
                                                                 {"admin", "cluster", "failover", "start"},
                                                                 {"admin", "cluster", "rebalance"}}) {
    const auto answer = bad(words);
    BOOST_TEST(answer.message.ends_with(" is not in this version."), answer.message);
    BOOST_TEST(!answer.details.empty());
  }
  BOOST_TEST(bad({"admin", "db"}).details.find("cadenza verify") != std::string::npos);
  BOOST_TEST(
      bad({"admin", "shard", "describe", "--sid", "1", "--db_address", "x"}).details.find("through the server") !=
      std::string::npos);
}

/// A line as a shell splits it: blanks, and both kinds of quotes.
std::vector<std::string> shell_words(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  bool open = false;
  for (const char letter : line) {
    if (quote != 0 && letter == quote) {
      quote = 0;
    } else if (quote == 0 && (letter == '\'' || letter == '"')) {
      quote = letter;
      open = true;
    } else if (quote == 0 && letter == ' ') {
      if (open)
        words.push_back(std::exchange(word, {}));
      open = false;
    } else {
      word += letter;
      open = true;
    }
  }
  if (open)
    words.push_back(word);
  return words;
}

BOOST_AUTO_TEST_CASE(every_command_has_an_example_that_works_as_written) {
  each(tree(), "", [](const command& node, const std::string& path) {
    if (!node.run || node.hidden)
      return;
    BOOST_TEST(!node.examples.empty(), path);
    for (const auto& example : node.examples) {
      auto words = shell_words(example.substr(0, std::min(example.find(" | "), example.find(" > "))));
      BOOST_REQUIRE(words.front() == "cadenza");
      words.erase(words.begin());
      const auto result = parse(tree(), words);
      const auto* line = std::get_if<parsed>(&result);
      BOOST_TEST_REQUIRE(line != nullptr,
                         example << ": " << (line != nullptr ? "" : std::get<problem>(result).message));
      BOOST_TEST(line->leaf == &node, example);
    }
  });
}

BOOST_AUTO_TEST_CASE(help_is_asked_for_in_every_usual_way) {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {}, {"--help"}, {"-h"}, {"help"}, {"workflow"}, {"wf", "--help"}, {"wf", "start", "-h"}, {"help", "wf"}})
    BOOST_TEST(good(words).wants_help);
  BOOST_TEST(good({"--version"}).wants_version);
  BOOST_TEST(good({"-v"}).wants_version);
}

BOOST_AUTO_TEST_CASE(no_name_in_the_tree_means_two_things) {
  each(tree(), "cadenza", [](const command& node, const std::string& path) {
    std::set<std::string> commands;
    for (const auto& child : node.commands) {
      BOOST_TEST(commands.insert(child.name).second, path << " " << child.name);
      for (const auto& alias : child.aliases)
        BOOST_TEST(commands.insert(alias).second, path << " " << alias);
    }
    std::set<std::string> flags;
    for (const auto& declared : node.flags)
      for (const auto& name : declared.all_names())
        BOOST_TEST(flags.insert(name).second, path << " --" << name);
    BOOST_TEST(!node.summary.empty(), path);
    BOOST_TEST((node.run ? 1 : 0) + (node.commands.empty() ? 0 : 1) + (node.absent.empty() ? 0 : 1) == 1, path);
  });
}

BOOST_AUTO_TEST_SUITE_END()
