#include "golden_scenario.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <google/protobuf/util/json_util.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <functional>
#include <regex>

/// Whole lives of runs against histories that the reference system wrote for the same requests (golden/*.json: the
/// files of the acceptance suite). Times, ids and names are normalised on both sides as that suite does it.
namespace cadenza::workflow::test {
namespace {

using runs = std::vector<scenario::labeled_run>;

struct story {
  std::string name;
  std::function<runs(scenario&)> play;
  std::vector<std::string> loose = {}; ///< fields whose values depend on the clock
};

std::ostream& operator<<(std::ostream& out, const story& s) { return out << s.name; }

const std::vector<story> stories = {
    {"complete",
     [](scenario& e) -> runs {
       auto r = e.plain();
       (*r.mutable_memo()->mutable_fields())["k"].set_data("v");
       (*r.mutable_header()->mutable_fields())["h"].set_data("v");
       const auto id = e.started(r);
       e.decide_with({scenario::marker("m", "d"), scenario::done("out")});
       return {{"main", id}};
     }},
    {"activity",
     [](scenario& e) -> runs {
       const auto id = e.started();
       e.decide_with(
           {e.act("a1"), e.act("a2", [](auto& a) { scenario::name_list(*a.mutable_task_list(), list_name + "-b"); })});
       const auto a = e.poll_activity(list_name);
       const auto b = e.poll_activity(list_name + "-b");
       e.finish(a, "one");
       auto task = e.poll();
       e.answer(task);
       e.fail(b, "no", "det");
       task = e.poll();
       e.answer(task, {scenario::done("x")});
       return {{"main", id}};
     }},
    {"activity-retry",
     [](scenario& e) -> runs {
       const auto id = e.started();
       e.decide_with({e.act("a1", [](auto& a) { *a.mutable_retry_policy() = scenario::retry(3); })});
       e.fail(e.poll_activity(list_name), "first");
       e.check_invariants();
       while (!e.activity_waits(list_name))
         BOOST_REQUIRE(e.fire_next());
       e.finish(e.poll_activity(list_name), "ok");
       e.decide_with({scenario::done("")});
       return {{"main", id}};
     }},
    {"activity-timeouts",
     [](scenario& e) -> runs {
       const auto id = e.started();
       e.decide_with({e.act("s2s", [](auto& a) {
         set_seconds(*a.mutable_schedule_to_close_timeout(), 20);
         set_seconds(*a.mutable_schedule_to_start_timeout(), 2);
         set_seconds(*a.mutable_start_to_close_timeout(), 20);
         scenario::name_list(*a.mutable_task_list(), list_name + "-nobody");
       })});
       e.decide_with({e.act("stc", [](auto& a) {
         set_seconds(*a.mutable_schedule_to_close_timeout(), 20);
         set_seconds(*a.mutable_schedule_to_start_timeout(), 20);
         set_seconds(*a.mutable_start_to_close_timeout(), 2);
       })});
       e.poll_activity(list_name);
       e.decide_with({e.act("hb", [](auto& a) { set_seconds(*a.mutable_heartbeat_timeout(), 5); })});
       e.heartbeat(e.poll_activity(list_name), "progress");
       e.decide_with({scenario::done("")});
       return {{"main", id}};
     }},
    {"activity-cancel",
     [](scenario& e) -> runs {
       const auto id = e.started();
       e.decide_with({e.act("a1"), e.act("never", [](auto& a) {
                        scenario::name_list(*a.mutable_task_list(), list_name + "-nobody");
                      })});
       const auto a = e.poll_activity(list_name);
       e.send("wake", "");
       e.decide_with({scenario::cancel_act("a1")});
       BOOST_TEST(e.heartbeat(a, ""));
       e.report_canceled(a, "bye");
       e.decide_with({scenario::cancel_act("never")});
       e.decide_with({scenario::done("")});
       return {{"main", id}};
     }},
    {"timers",
     [](scenario& e) -> runs {
       const auto id = e.started();
       e.decide_with({start_timer("soon", 2), start_timer("late", 500)});
       e.decide_with({cancel_timer("late"), cancel_timer("ghost")});
       e.send("wake", "");
       e.decide_with({scenario::done("")});
       return {{"main", id}};
     }},
    {"signals-buffered",
     [](scenario& e) -> runs {
       const auto id = e.started();
       const auto task = e.poll();
       e.send("a", "1");
       e.send("b", "2");
       e.answer(task, {scenario::done("too early")});
       e.decide_with({scenario::done("now")});
       return {{"main", id}};
     }},
    {"signal-with-start",
     [](scenario& e) -> runs {
       const auto r = e.plain();
       const auto id = e.started(r, first_signal{"s", "v", e.identity, r.request_id(), {}});
       e.decide_with({fail_workflow("why", "det")});
       return {{"main", id}};
     }},
    {"decision-failures",
     [](scenario& e) -> runs {
       auto r = e.plain();
       set_seconds(*r.mutable_task_start_to_close_timeout(), 4);
       const auto id = e.started(r);
       e.poll();
       e.await_decision();
       e.answer(e.poll(), {start_timer("", 1)});
       e.answer(e.poll(), {scenario::done("")});
       return {{"main", id}};
     },
     {"startToCloseTimeout"}},
    {"cancel",
     [](scenario& e) -> runs {
       const auto id = e.started();
       e.decide_with();
       e.cancel("enough", e.fresh());
       e.decide_with({scenario::canceled("bye")});
       return {{"main", id}};
     }},
    {"terminate",
     [](scenario& e) -> runs {
       const auto id = e.started();
       e.terminate_run("stop");
       return {{"main", id}};
     }},
    {"child",
     [](scenario& e) -> runs {
       const auto id = e.started();
       e.decide_with({scenario::child([](auto& a) { a.set_control("c"); })});
       e.decide_with();
       const auto child = e.current(workflow_name + "-child").value();
       e.look_at(child);
       e.decide_with({scenario::done("r")});
       e.look_at(id);
       e.decide_with({scenario::child(
           [](auto& a) { a.set_workflow_id_reuse_policy(api::WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE); })});
       e.decide_with({scenario::done("")});
       return {{"main", id}, {"child", child}};
     }},
    {"external",
     [](scenario& e) -> runs {
       const auto target_name = workflow_name + "-target";
       auto r = e.plain();
       r.set_workflow_id(target_name);
       scenario::name_list(*r.mutable_task_list(), "tl-target-0123456789ab");
       const auto target = e.started(r);
       e.decide_with();
       const auto id = e.started();
       e.decide_with({scenario::signal_external_run(target_name, target.str())});
       e.decide_with({scenario::cancel_external_run(target_name, target.str())});
       e.decide_with({scenario::signal_external_run(workflow_name + "-none", "")});
       e.decide_with({scenario::cancel_external_run(workflow_name + "-none", "")});
       e.decide_with({scenario::done("")});
       e.look_at(target);
       e.decide_with({scenario::canceled("")});
       return {{"main", id}, {"target", target}};
     }},
    {"continue-as-new",
     [](scenario& e) -> runs {
       const auto id = e.started();
       api::Decision d;
       auto& a = *d.mutable_continue_as_new_workflow_execution_decision_attributes();
       a.mutable_workflow_type()->set_name("suite-wf");
       scenario::name_list(*a.mutable_task_list(), list_name);
       a.mutable_input()->set_data("again");
       set_seconds(*a.mutable_execution_start_to_close_timeout(), 100);
       set_seconds(*a.mutable_task_start_to_close_timeout(), 20);
       a.set_initiator(api::CONTINUE_AS_NEW_INITIATOR_DECIDER);
       e.decide_with({d});
       const auto next = e.next_run();
       e.decide_with({scenario::done("")});
       return {{"main", id}, {"next", next}};
     }},
    {"workflow-retry",
     [](scenario& e) -> runs {
       auto r = e.plain();
       *r.mutable_retry_policy() = scenario::retry(2);
       const auto id = e.started(r);
       e.decide_with({fail_workflow("flaky", "d")});
       const auto next = e.next_run();
       e.decide_with({fail_workflow("flaky", "last")});
       return {{"main", id}, {"next", next}};
     }},
    {"cron",
     [](scenario& e) -> runs {
       auto r = e.plain();
       r.set_cron_schedule("@every 2s");
       const auto id = e.started(r);
       e.decide_with({scenario::done("one")});
       const auto second = e.next_run();
       e.decide_with({fail_workflow("f", "d")});
       const auto third = e.next_run();
       e.terminate_run("end");
       return {{"main", id}, {"second", second}, {"third", third}};
     },
     {"firstDecisionTaskBackoff", "backoffStartInterval"}},
    {"reset",
     [](scenario& e) -> runs {
       const auto id = e.started();
       e.decide_with({scenario::marker("m", "")});
       e.send("s", "v");
       const auto fresh_run = e.try_reset(4, "undo");
       BOOST_REQUIRE_MESSAGE(bool(fresh_run), (fresh_run ? "" : fresh_run.error().message));
       e.check_invariants();
       e.decide_with({scenario::done("")});
       return {{"main", id}, {"reset", *fresh_run}};
     }},
    {"search-attributes",
     [](scenario& e) -> runs {
       auto r = e.plain();
       (*r.mutable_search_attributes()->mutable_indexed_fields())["CustomKeywordField"].set_data("\"a\"");
       const auto id = e.started(r);
       api::Decision d;
       (*d.mutable_upsert_workflow_search_attributes_decision_attributes()
             ->mutable_search_attributes()
             ->mutable_indexed_fields())["CustomIntField"]
           .set_data("5");
       e.decide_with({d, scenario::done("")});
       return {{"main", id}};
     }},
};

using nlohmann::json;

void loosen(json& value, const std::vector<std::string>& fields) {
  if (value.is_object()) {
    for (auto& [key, inner] : value.items()) {
      if (std::find(fields.begin(), fields.end(), key) != fields.end())
        inner = "<varies>";
      loosen(inner, fields);
    }
  } else if (value.is_array()) {
    for (auto& inner : value)
      loosen(inner, fields);
  }
}

/// "decisionTaskScheduledEventAttributes" → "DecisionTaskScheduled".
std::string type_of(const json& event) {
  static const std::string suffix = "EventAttributes";
  for (const auto& [key, inner] : event.items())
    if (key.ends_with(suffix)) {
      auto name = key.substr(0, key.size() - suffix.size());
      name[0] = static_cast<char>(name[0] - 'a' + 'A');
      return name;
    }
  return "?";
}

void replace_all(std::string& text, const std::string& what, const std::string& replacement) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + replacement.size()))
    text.replace(at, what.size(), replacement);
}

/// Gives names to what a pattern matches, in the order of first appearance.
void number_matches(std::string& text, const std::regex& pattern, const std::function<std::string(std::size_t)>& name) {
  std::map<std::string, std::string> seen;
  std::string out;
  auto rest = text.cbegin();
  for (std::sregex_iterator i(text.begin(), text.end(), pattern), end; i != end; ++i) {
    out.append(rest, i->prefix().second);
    rest = i->suffix().first;
    auto& label = seen[i->str()];
    if (label.empty())
      label = name(seen.size());
    out += label;
  }
  out.append(rest, text.cend());
  text = std::move(out);
}

json recorded(scenario& e, const story& s) {
  json out = json::array();
  for (const auto& [label, id] : s.play(e)) {
    e.look_at(id);
    json events = json::array();
    for (const auto& stored : e.events()) {
      std::string text;
      BOOST_REQUIRE(google::protobuf::util::MessageToJsonString(stored, &text).ok());
      auto event = json::parse(text);
      event.erase("taskId");
      loosen(event, s.loose);
      event["type"] = type_of(event);
      events.push_back(std::move(event));
    }
    out.push_back({{"run", label}, {"events", std::move(events)}});
  }
  auto text = out.dump();
  replace_all(text, domain_name, "<domain>");
  replace_all(text, workflow_name, "<workflow>");
  number_matches(text, std::regex("\"tl-([a-z]+-)?[0-9a-f]{12}"),
                 [](std::size_t n) { return "\"<task-list-" + std::to_string(n) + ">"; });
  number_matches(text, std::regex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
                 [](std::size_t n) { return "<id-" + std::to_string(n) + ">"; });
  text = std::regex_replace(text, std::regex("\"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z\""), "\"<time>\"");
  return json::parse(text);
}

} // namespace

BOOST_AUTO_TEST_SUITE(golden)

BOOST_DATA_TEST_CASE(lives_of_runs, boost::unit_test::data::make(stories), life) {
  scenario e;
  const auto ours = recorded(e, life);
  std::ifstream file(std::string(CADENZA_GOLDEN_DIR) + "/" + life.name + ".json");
  BOOST_REQUIRE_MESSAGE(file.good(), "no golden file for " << life.name);
  const auto theirs = json::parse(file);
  BOOST_REQUIRE_EQUAL(ours.size(), theirs.size());
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    const auto& a = ours[i]["events"];
    const auto& b = theirs[i]["events"];
    for (std::size_t k = 0; k < std::max(a.size(), b.size()); ++k) {
      const auto left = k < a.size() ? a[k] : json();
      const auto right = k < b.size() ? b[k] : json();
      BOOST_CHECK_MESSAGE(left == right, life.name << ", run " << theirs[i]["run"] << ", event " << k + 1
                                                   << "\n  ours:   " << left.dump() << "\n  theirs: " << right.dump());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::workflow::test
