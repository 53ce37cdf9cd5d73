#include "cli/address.hpp"
#include "cli/event_text.hpp"
#include "cli/json_text.hpp"
#include "cli/payload.hpp"
#include "cli/suggest.hpp"
#include "cli/table.hpp"
#include "cli/time_range.hpp"
#include "cli/values.hpp"
#include "cli/width.hpp"
#include "cli/workflow_rows.hpp"

#include "uber/cadence/api/v1/history.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <boost/test/unit_test.hpp>

#include <sstream>

using namespace cadenza::cli;
namespace api = uber::cadence::api::v1;

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t noon = 1'700'000'000 * second;

std::string printed(const table& content, bool coloured = false) {
  std::ostringstream out;
  print(out, content, palette{coloured});
  return out.str();
}

} // namespace

BOOST_AUTO_TEST_SUITE(texts)

BOOST_AUTO_TEST_CASE(times_are_read_in_every_documented_form) {
  const auto at = [](const char* text) { return parse_time(text, noon).value_or(-1); };
  BOOST_TEST(at("2023-11-14T22:13:20Z") == noon);
  BOOST_TEST(at("2023-11-15T00:13:20+02:00") == noon);
  BOOST_TEST(at("2023-11-14T22:13:20.5Z") == noon + second / 2);
  BOOST_TEST(at("1700000000000000000") == noon);
  BOOST_TEST(at("30s") == noon - 30 * second);
  BOOST_TEST(at("30second") == noon - 30 * second);
  BOOST_TEST(at("2m") == noon - 120 * second);
  BOOST_TEST(at("2minute") == noon - 120 * second);
  BOOST_TEST(at("1M") == noon - 30 * 86400 * second);
  BOOST_TEST(at("1w") == noon - 7 * 86400 * second);
  BOOST_TEST(at("1year") == noon - 365 * 86400 * second);
  BOOST_TEST(at("999999y") == 0);
  for (const char* wrong : {"", "yesterday", "3", "3x", "0d", "1000000d", "-3d", "2023-11-14", "2023-13-14T22:13:20Z",
                            "3days", "2023-11-14T22:13:20"})
    BOOST_TEST((!parse_time(wrong, noon) || std::string{wrong} == "3"), wrong);
}

BOOST_AUTO_TEST_CASE(dates_without_a_zone_are_utc) {
  BOOST_TEST(parse_date("2023-11-14T22:13:20").value_or(-1) == noon);
  BOOST_TEST(parse_date("2023-11-14T22:13").value_or(-1) == noon - 20 * second);
  BOOST_TEST(parse_date("2023-11-15").value_or(-1) == noon + (86400 - 22 * 3600 - 13 * 60 - 20) * second);
  BOOST_TEST(parse_date("2023-11-15T00:13:20+0200").value_or(-1) == noon);
  for (const char* wrong : {"", "2023-13-14", "2023-11-14T25:00", "2023-11-14 22:13", "14.11.2023", "2023-11-1"})
    BOOST_TEST(!parse_date(wrong), wrong);
}

BOOST_AUTO_TEST_CASE(times_are_written_as_lists_show_them) {
  BOOST_TEST(utc_text(noon) == "2023-11-14T22:13:20Z");
  BOOST_TEST(local_text(noon, time_style::raw) == "1700000000000000000");
  BOOST_TEST(local_text(0, time_style::clock).empty());
  BOOST_TEST(parse_rfc3339(local_text(noon, time_style::date_time)).value_or(0) == noon);
  BOOST_TEST(local_text(noon, time_style::clock).size() == 8u);
  BOOST_TEST(local_text(noon, time_style::brief).starts_with("2023-11-1")); // an earlier year's
  BOOST_TEST(local_text(now_ns(), time_style::brief).size() == std::string("11-14 22:13:20").size());
}

BOOST_AUTO_TEST_CASE(tables_have_capital_headers_bars_and_numbers_to_the_right) {
  BOOST_TEST(printed({{"Name", "Is_Cron", "Length"}, {{"a", "true", "5"}, {"longer", "false", "1234567"}}, "|", 0}) ==
             "   NAME  | IS CRON | LENGTH\n"
             "  a      | true    |       5\n"
             "  longer | false   | 1234567\n");
}

BOOST_AUTO_TEST_CASE(an_empty_table_prints_nothing) { BOOST_TEST(printed({{"Name"}, {}, "|", 0}).empty()); }

BOOST_AUTO_TEST_CASE(cells_wrap_at_blanks_only) {
  BOOST_TEST(printed({{}, {{"1", "aaa bbb ccc ddddddddddd e"}}, "", 8}) == "  1  aaa bbb\n"
                                                                           "     ccc\n"
                                                                           "     ddddddddddd\n"
                                                                           "     e\n");
}

BOOST_AUTO_TEST_CASE(tables_fit_the_terminal) {
  table content{{"Id", "Text"}, {{"1", "several words that are too many"}, {"2", "short"}}, "|", 0, true, 26};
  BOOST_TEST(printed(content) == "  ID |        TEXT\n"
                                 "   1 | several words that\n"
                                 "     | are too many\n"
                                 "   2 | short\n");
  // A word that is longer than a column goes on in the next line: nothing is cut off.
  content = {{"Id", "Text"}, {{"1", "0123456789abcdef"}}, "|", 0, true, 18};
  BOOST_TEST(printed(content) == "  ID |    TEXT\n"
                                 "   1 | 0123456789\n"
                                 "     | abcdef\n");
  content.columns_max = 0;
  BOOST_TEST(printed(content).find("0123456789abcdef\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(headers_break_where_a_table_fits_no_other_way) {
  table content{{"Workflow Type", "Start_Time"}, {{"a", "2023-11-14"}}, "|", 0, true, 24};
  BOOST_TEST(printed(content) == "  WORKFLOW | START TIME\n"
                                 "    TYPE   |\n"
                                 "  a        | 2023-11-14\n");
  content.columns_max = 40; // here they need not
  BOOST_TEST(printed(content) == "  WORKFLOW TYPE | START TIME\n"
                                 "  a             | 2023-11-14\n");
}

BOOST_AUTO_TEST_CASE(counts_and_spans_read_as_people_say_them) {
  BOOST_TEST(counted(1, "task") == "1 task");
  BOOST_TEST(counted(0, "task") == "0 tasks");
  BOOST_TEST(counted(2, "entry", "entries") == "2 entries");
  BOOST_TEST(span_text(0) == "0s");
  BOOST_TEST(span_text(65) == "1m 5s");
  BOOST_TEST(span_text(7200) == "2h");
  BOOST_TEST(span_text(3 * 86400 + 4 * 3600 + 59) == "3d 4h");
}

BOOST_AUTO_TEST_CASE(addresses_are_completed) {
  BOOST_TEST(grpc_address("") == "127.0.0.1:7833");
  BOOST_TEST(grpc_address("prod") == "prod:7833");
  BOOST_TEST(grpc_address("prod:7900") == "prod:7900");
  BOOST_TEST(grpc_address(":7900") == "127.0.0.1:7900");
  BOOST_TEST(grpc_address("::1") == "[::1]:7833");
  BOOST_TEST(grpc_address("[::1]:7900") == "[::1]:7900");
  BOOST_TEST(grpc_address("dns:///prod:7833") == "dns:///prod:7833");
  // Whoever operates a server through --address does not operate the one on this machine.
  BOOST_TEST(http_address_beside("prod:7833") == "http://prod:8088");
  BOOST_TEST(http_address_beside("[::1]:7833") == "http://[::1]:8088");
  BOOST_TEST(http_address_beside("dns:///prod:7833") == "http://prod:8088");
  BOOST_TEST(http_base_url("prod") == "http://prod:8088");
  BOOST_TEST(http_base_url("prod:80") == "http://prod:80");
  BOOST_TEST(http_base_url("https://prod/") == "https://prod/");
}

BOOST_AUTO_TEST_CASE(the_words_of_the_transport_become_what_to_do) {
  const auto told = [](const char* reason, bool tls = false) { return unreachable_text("h:1", reason, tls); };
  BOOST_TEST(told("failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Failed to connect to "
                  "remote host: Connection refused")
                 .starts_with("nothing listens on h:1; start a server with"));
  BOOST_TEST(told("Trying to connect an http1.x server").find("gRPC port is 7833") != std::string::npos);
  BOOST_TEST(told("DNS resolution failed for h:1: C-ares status is not ARES_SUCCESS") == "unknown host: h:1");
  BOOST_TEST(told("Ssl handshake failed: SSL_ERROR_SSL: WRONG_VERSION_NUMBER", true).find("does not speak TLS") !=
             std::string::npos);
  BOOST_TEST(told("Ssl handshake failed: CERTIFICATE_VERIFY_FAILED", true)
                 .find("was not issued by an authority in the file") != std::string::npos);
  BOOST_TEST(told("Socket closed").find("it may require TLS (--tls_cert_path)") != std::string::npos);
  BOOST_TEST(told("Socket closed", true).find("does not speak TLS; leave --tls_cert_path") != std::string::npos);
  BOOST_TEST(told("something new") == "no answer from h:1: something new");
}

BOOST_AUTO_TEST_CASE(colours_and_accents_take_no_room) {
  BOOST_TEST(printed({{}, {{"\033[32mäb\033[0m", "x"}, {"abc", "y"}}, "|", 0}, true) ==
             "  \033[32mäb\033[0m  | x\n  abc | y\n");
}

BOOST_AUTO_TEST_CASE(letters_take_the_columns_that_terminals_give_them) {
  const std::vector<std::pair<std::string, std::size_t>> texts{
      {"", 0},
      {"abc", 3},
      {"Straße", 6},
      {"a\u0301", 1}, // a letter and its accent
      {"注文", 4},
      {"한글", 4},
      {"\u1112\u1161\u11ab", 2}, // the same kind of letter, from its parts
      {"ｶﾅ", 2},                 // halfwidth
      {"Ａ", 2},                 // fullwidth
      {"🚀", 2},
      {"👍🏽", 2},           // with a colour of skin
      {"👩‍👩‍👧", 2}, // joined
      {"🇩🇪", 2},
      {"❤️", 2}, // a sign that is asked for as a picture
      {"❤", 1},
      {"1️⃣", 2},
      {"ก็", 1},
      {"\033[31m注\033[0m", 2},
      {"a\tb\x7f", 2},
      {"\xff\xfe", 2}, // no UTF-8: each shown as a replacement
  };
  for (const auto& [text, width] : texts)
    BOOST_TEST(width_of(text) == width, text << " takes " << width_of(text));
  BOOST_TEST(front_of("a注b", 2) == "a");
  BOOST_TEST(front_of("a注b", 3) == "a注");
  BOOST_TEST(back_of("a注b", 2) == "b");
  BOOST_TEST(printed({{"Id", "N"}, {{"注文🚀", "1"}, {"order", "2"}}, "|", 0}) == "    ID   | N\n"
                                                                                 "  注文🚀 | 1\n"
                                                                                 "  order  | 2\n");
}

BOOST_AUTO_TEST_CASE(suggestions_are_near_or_none) {
  const std::vector<std::string> words{"workflow", "tasklist", "domain", "describe"};
  BOOST_TEST(closest("wrkflow", words) == "workflow");
  BOOST_TEST(closest("tasklsit", words) == "tasklist");
  BOOST_TEST(closest("descr", words) == "describe");
  BOOST_TEST(closest("zebra", words).empty());
}

BOOST_AUTO_TEST_CASE(long_type_names_are_cut_in_front) {
  BOOST_TEST(cut_in_front("short", 32) == "short");
  BOOST_TEST(cut_in_front("github.com/organisation/repository/module.Type", 32) == ".../module.Type");
  BOOST_TEST(cut_in_front(std::string(40, 'x'), 32) == "..." + std::string(29, 'x'));
  BOOST_TEST(cut_in_front(std::string(32, 'x'), 32) == std::string(32, 'x'));
  BOOST_TEST(cut_in_front(std::string(30, 'x') + "äbc", 6) == "...äbc");
  BOOST_TEST(cut_in_front("注文処理ワークフロー", 9) == "...フロー"); // columns count, not bytes
}

BOOST_AUTO_TEST_CASE(long_fields_are_cut_in_the_middle_but_never_inside_a_letter) {
  BOOST_TEST(cut("abcdefghij", 4) == "ab ... ij");
  BOOST_TEST(cut("abc", 4) == "abc");
  BOOST_TEST(cut("ääääää", 6) == "ä ... ä");
}

BOOST_AUTO_TEST_CASE(payloads_are_text_when_they_are_text) {
  BOOST_TEST(payload_text("\"hi\"\n") == "\"hi\"");
  BOOST_TEST(payload_text("grüß") == "grüß");
  BOOST_TEST(payload_text(std::string("\x00\x01\x02", 3)) == "base64:AAEC");
  BOOST_TEST(payload_text("\xff\xfe") == "base64://4=");
}

BOOST_AUTO_TEST_CASE(events_read_as_operators_know_them) {
  api::HistoryEvent event;
  event.set_event_id(5);
  auto& scheduled = *event.mutable_activity_task_scheduled_event_attributes();
  scheduled.set_activity_id("0");
  scheduled.mutable_activity_type()->set_name("Greet");
  scheduled.mutable_input()->set_data("\"Bob\"\n");
  scheduled.mutable_start_to_close_timeout()->set_seconds(60);
  scheduled.set_decision_task_completed_event_id(4);
  scheduled.mutable_retry_policy()->mutable_initial_interval()->set_seconds(3);
  BOOST_TEST(event_type(event) == "ActivityTaskScheduled");
  BOOST_TEST(event_attributes(event, {}, palette{false}) ==
             "{ActivityID:0, ActivityType:{Name:Greet}, Input:[\"Bob\"], StartToCloseTimeoutSeconds:60, "
             "DecisionTaskCompletedEventID:4, RetryPolicy:{InitialIntervalInSeconds:3}}");
}

BOOST_AUTO_TEST_CASE(failures_stand_out) {
  api::HistoryEvent event;
  event.mutable_workflow_execution_failed_event_attributes()->mutable_failure()->set_reason("bad");
  event.mutable_workflow_execution_failed_event_attributes()->mutable_failure()->set_details("why");
  BOOST_TEST(event_attributes(event, {}, palette{false}) == "{Reason:bad, Details:[why]}");
  BOOST_TEST(event_type(event, palette{true}) == "\033[31mWorkflowExecutionFailed\033[0m");
}

BOOST_AUTO_TEST_CASE(json_keys_are_those_of_the_protocols_tools) {
  api::HistoryEvent event;
  event.set_event_id(1);
  event.mutable_event_time()->set_seconds(1'700'000'000);
  auto& started = *event.mutable_workflow_execution_started_event_attributes();
  started.mutable_workflow_type()->set_name("T");
  started.mutable_input()->set_data("1");
  started.mutable_execution_start_to_close_timeout()->set_seconds(60);
  BOOST_TEST(compact(to_json(event, json_style::stored)) ==
             R"({"eventId":1,"timestamp":1700000000000000000,"eventType":"WorkflowExecutionStarted",)"
             R"("workflowExecutionStartedEventAttributes":{"workflowType":{"name":"T"},"input":"MQ==",)"
             R"("executionStartToCloseTimeoutSeconds":60}})");
  BOOST_TEST(compact(to_json(event, json_style::readable)["timestamp"]) == R"("2023-11-14T22:13:20Z")");
}

BOOST_AUTO_TEST_CASE(enums_lose_their_prefix) {
  api::StartWorkflowExecutionRequest request;
  request.set_workflow_id_reuse_policy(api::WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING);
  request.mutable_task_list()->set_kind(api::TASK_LIST_KIND_STICKY);
  BOOST_TEST(compact(to_json(request, json_style::stored)) ==
             R"({"taskList":{"kind":"STICKY"},"workflowIdReusePolicy":"TerminateIfRunning"})");
}

BOOST_AUTO_TEST_CASE(search_attributes_get_their_own_types) {
  const auto fields = search_attributes("A | B|C|D|E", "1|true|text|[1,2]|2019-06-07T17:16:34Z");
  BOOST_REQUIRE(bool(fields));
  BOOST_TEST(fields->at("A") == "1");
  BOOST_TEST(fields->at("B") == "true");
  BOOST_TEST(fields->at("C") == "\"text\"");
  BOOST_TEST(fields->at("D") == "[1,2]");
  BOOST_TEST(fields->at("E") == "\"2019-06-07T17:16:34Z\"");
  BOOST_TEST(!search_attributes("A|B", "1"));
}

BOOST_AUTO_TEST_SUITE_END()
