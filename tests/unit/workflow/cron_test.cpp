#include "messages/constants.hpp"
#include "workflow/cron.hpp"
#include "workflow/time_zone.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::workflow;
namespace api = uber::cadence::api::v1;

namespace {

/// Two firings one after the other; 0: none. Made with robfig/cron v3, which the other implementations use.
struct firing {
  const char* text;
  std::int64_t after_ns;
  std::int64_t first_s;
  std::int64_t second_s;
};

constexpr firing firings[] = {
    {"* * * * *", 1767225600000000000, 1767225660, 1767225720},
    {"* * * * *", 1835395199999999999, 1835395200, 1835395260},
    {"*/15 * * * *", 1767225600000000000, 1767226500, 1767227400},
    {"*/15 * * * *", 1835395199999999999, 1835395200, 1835396100},
    {"5/20 * * * *", 1767225600000000000, 1767225900, 1767227100},
    {"5/20 * * * *", 1835395199999999999, 1835395500, 1835396700},
    {"0 0 * * *", 1767225600000000000, 1767312000, 1767398400},
    {"0 0 * * *", 1835395199999999999, 1835395200, 1835481600},
    {"30 4 1,15 * 5", 1767225600000000000, 1767241800, 1767328200},
    {"30 4 1,15 * 5", 1835395199999999999, 1835497800, 1835670600},
    {"0 12 ? * MON-FRI", 1767225600000000000, 1767268800, 1767355200},
    {"0 12 ? * MON-FRI", 1835395199999999999, 1835438400, 1835524800},
    {"0 0 29 2 *", 1767225600000000000, 1835395200, 1961625600},
    {"0 0 29 2 *", 1835395199999999999, 1835395200, 1961625600},
    {"0 9-17/2 * jan,JUL 1-5", 1767225600000000000, 1767258000, 1767265200},
    {"0 9-17/2 * jan,JUL 1-5", 1835395199999999999, 1846227600, 1846234800},
    {"59 23 31 12 *", 1767225600000000000, 1798761540, 1830297540},
    {"59 23 31 12 *", 1835395199999999999, 1861919940, 1893455940},
    {"0 0 */2 * *", 1767225600000000000, 1767398400, 1767571200},
    {"0 0 */2 * *", 1835395199999999999, 1835395200, 1835481600},
    {"0 0 * * 0", 1767225600000000000, 1767484800, 1768089600},
    {"0 0 * * 0", 1835395199999999999, 1835827200, 1836432000},
    {"0 0 1 * ?", 1767225600000000000, 1769904000, 1772323200},
    {"0 0 1 * ?", 1835395199999999999, 1835481600, 1838160000},
    {"0 0 13 * FRI", 1767225600000000000, 1767312000, 1767916800},
    {"0 0 13 * FRI", 1835395199999999999, 1835654400, 1836259200},
    {"7-7 3 * * *", 1767225600000000000, 1767236820, 1767323220},
    {"7-7 3 * * *", 1835395199999999999, 1835406420, 1835492820},
    {"@hourly", 1767225600000000000, 1767229200, 1767232800},
    {"@hourly", 1835395199999999999, 1835395200, 1835398800},
    {"@daily", 1767225600000000000, 1767312000, 1767398400},
    {"@daily", 1835395199999999999, 1835395200, 1835481600},
    {"@weekly", 1767225600000000000, 1767484800, 1768089600},
    {"@weekly", 1835395199999999999, 1835827200, 1836432000},
    {"@monthly", 1767225600000000000, 1769904000, 1772323200},
    {"@monthly", 1835395199999999999, 1835481600, 1838160000},
    {"@yearly", 1767225600000000000, 1798761600, 1830297600},
    {"@yearly", 1835395199999999999, 1861920000, 1893456000},
    {"@every 1h30m", 1767225600000000000, 1767231000, 1767236400},
    {"@every 1h30m", 1835395199999999999, 1835400599, 1835405999},
    {"@every 10s", 1767225600000000000, 1767225610, 1767225620},
    {"@every 10s", 1835395199999999999, 1835395209, 1835395219},
    {"@every 1.5s", 1767225600000000000, 1767225601, 1767225602},
    {"@every 1.5s", 1835395199999999999, 1835395200, 1835395201},
    {"@every 100ms", 1767225600000000000, 1767225601, 1767225602},
    {"@every 100ms", 1835395199999999999, 1835395200, 1835395201},
    {"@every 1h0m0.9s", 1767225600000000000, 1767229200, 1767232800},
    {"@every 1h0m0.9s", 1835395199999999999, 1835398799, 1835402399},
    {"CRON_TZ=America/New_York 30 2 * * *", 1767225600000000000, 1767252600, 1767339000},
    {"CRON_TZ=America/New_York 30 2 * * *", 1772953170500000000, 1773037800, 1773124200},
    {"CRON_TZ=America/New_York 30 2 * * *", 1792888200000000000, 1792909800, 1792996200},
    {"CRON_TZ=America/New_York 30 2 * * *", 2372907600000000000, 2372999400, 2373085800},
    {"CRON_TZ=America/New_York 30 2 * * *", 2393472600000000000, 2393479800, 2393566200},
    {"CRON_TZ=America/New_York 30 1 * * *", 1767225600000000000, 1767249000, 1767335400},
    {"CRON_TZ=America/New_York 30 1 * * *", 1772953170500000000, 1773034200, 1773120600},
    {"CRON_TZ=America/New_York 30 1 * * *", 1792888200000000000, 1792906200, 1792992600},
    {"CRON_TZ=America/New_York 30 1 * * *", 2372907600000000000, 2372913000, 2372995800},
    {"CRON_TZ=America/New_York 30 1 * * *", 2393472600000000000, 2393476200, 2393562600},
    {"TZ=Europe/Berlin 0 9 * * 1", 1767225600000000000, 1767600000, 1768204800},
    {"TZ=Europe/Berlin 0 9 * * 1", 1772953170500000000, 1773043200, 1773648000},
    {"TZ=Europe/Berlin 0 9 * * 1", 1792888200000000000, 1793001600, 1793606400},
    {"TZ=Europe/Berlin 0 9 * * 1", 2372907600000000000, 2373004800, 2373609600},
    {"TZ=Europe/Berlin 0 9 * * 1", 2393472600000000000, 2393568000, 2394172800},
    {"CRON_TZ=Asia/Kolkata 0 0 * * *", 1767225600000000000, 1767292200, 1767378600},
    {"CRON_TZ=Asia/Kolkata 0 0 * * *", 1835395199999999999, 1835461800, 1835548200},
    {"TZ=America/Sao_Paulo 0 8 * * *", 1767225600000000000, 1767265200, 1767351600},
    {"TZ=America/Sao_Paulo 0 8 * * *", 1772953170500000000, 1772967600, 1773054000},
    {"TZ=America/Sao_Paulo 0 8 * * *", 1792888200000000000, 1792926000, 1793012400},
    {"TZ=America/Sao_Paulo 0 8 * * *", 2372907600000000000, 2372929200, 2373015600},
    {"TZ=America/Sao_Paulo 0 8 * * *", 2393472600000000000, 2393492400, 2393578800},
    {"TZ=Australia/Lord_Howe 15 2 * * *", 1767225600000000000, 1767280500, 1767366900},
    {"TZ=Australia/Lord_Howe 15 2 * * *", 1772953170500000000, 1772982900, 1773069300},
    {"TZ=Australia/Lord_Howe 15 2 * * *", 1792888200000000000, 1792941300, 1793027700},
    {"TZ=Australia/Lord_Howe 15 2 * * *", 2372907600000000000, 2372944500, 2373030900},
    {"TZ=Australia/Lord_Howe 15 2 * * *", 2393472600000000000, 2393507700, 2393594100},
    {"TZ=Asia/Tokyo @daily", 1767225600000000000, 1767279600, 1767366000},
    {"TZ=Asia/Tokyo @daily", 1835395199999999999, 1835449200, 1835535600},
    {"CRON_TZ=UTC 0 6 * * *", 1767225600000000000, 1767247200, 1767333600},
    {"CRON_TZ=UTC 0 6 * * *", 1835395199999999999, 1835416800, 1835503200},
    {"CRON_TZ=Local 0 6 * * *", 1767225600000000000, 1767247200, 1767333600},
    {"TZ=Local 0 6 * * *", 1835395199999999999, 1835416800, 1835503200},
    {"TZ=Europe/Dublin 0 0 25 * *", 1767225600000000000, 1769299200, 1771977600},
    {"TZ=Europe/Dublin 0 0 25 * *", 1772953170500000000, 1774396800, 1777071600},
    {"TZ=Europe/Dublin 0 0 25 * *", 1792888200000000000, 1795564800, 1798156800},
    {"TZ=Europe/Dublin 0 0 25 * *", 2372907600000000000, 2374012800, 2376687600},
    {"TZ=Europe/Dublin 0 0 25 * *", 2393472600000000000, 2395180800, 2397772800},
};

std::int64_t seconds(const std::optional<std::int64_t>& ns) { return ns ? *ns / ns_per_s : 0; }

constexpr std::int64_t monday_s = 1'767'571'200; // 2026-01-05 00:00:00 UTC

} // namespace

BOOST_AUTO_TEST_SUITE(cron)

BOOST_AUTO_TEST_CASE(fires_when_others_fire) {
  for (const auto& f : firings) {
    BOOST_TEST_CONTEXT(f.text << " after " << f.after_ns) {
      const auto schedule = parse_cron(f.text);
      BOOST_REQUIRE(bool(schedule));
      const auto first = schedule->next(f.after_ns);
      BOOST_TEST(seconds(first) == f.first_s);
      if (first)
        BOOST_TEST(seconds(schedule->next(*first)) == f.second_s);
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_schedule) {
  for (const char* text : {"",
                           "* * * *",
                           "* * * * * *",
                           "60 * * * *",
                           "* 24 * * *",
                           "* * 0 * *",
                           "* * 32 * *",
                           "* * * 13 *",
                           "* * * * 7",
                           "5-1 * * * *",
                           "1-2-3 * * * *",
                           "*/0 * * * *",
                           "1/2/3 * * * *",
                           "a * * * *",
                           "-1 * * * *",
                           "@fortnightly",
                           "@every",
                           "@every x",
                           "@every 5",
                           "@every 1h 5m",
                           "@every 5s ",
                           "@every 99999999999h",
                           "TZ=Mars/Base * * * * *",
                           "TZ=../passwd * * * * *",
                           "TZ=/etc/localtime * * * * *",
                           "TZ=UTC",
                           "TZ=UTC @reboot",
                           "every tuesday"}) {
    const auto schedule = parse_cron(text);
    BOOST_REQUIRE_MESSAGE(!schedule, text);
    BOOST_TEST((schedule.error().kind == error_kind::bad_request));
    BOOST_TEST(schedule.error().message.starts_with("Invalid CronSchedule"));
  }
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_as_the_go_server_tells_it) {
  struct row {
    const char* text;
    const char* why;
  };
  for (const auto& r : {
           row{"x y", "expected exactly 5 fields, found 2: [x y]"},
           row{"TZ=UTC  ", "expected exactly 5 fields, found 0: []"},
           row{"a * * * *", "failed to parse int from a: strconv.Atoi: parsing \"a\": invalid syntax"},
           row{"-1 * * * *", "failed to parse int from : strconv.Atoi: parsing \"\": invalid syntax"},
           row{"99999999999999999999 * * * *",
               "failed to parse int from 99999999999999999999: strconv.Atoi: parsing \"99999999999999999999\": value "
               "out of range"},
           row{"*/-5 * * * *", "negative number (-5) not allowed: -5"},
           row{"1-2-3 * * * *", "too many hyphens: 1-2-3"},
           row{"1/2/3 * * * *", "too many slashes: 1/2/3"},
           row{"* * 0 * *", "beginning of range (0) below minimum (1): 0"},
           row{"60 * * * *", "end of range (60) above maximum (59): 60"},
           row{"5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"},
           row{"*/0 * * * *", "step of range should be a positive number: */0"},
           row{"TZ=Mars/Base * * * * *", "provided bad location Mars/Base: unknown time zone Mars/Base"},
           row{"@fortnightly", "unrecognized descriptor: @fortnightly"},
           row{"@every x", "failed to parse duration @every x: time: invalid duration \"x\""},
           row{"@every 5", "failed to parse duration @every 5: time: missing unit in duration \"5\""},
           row{"@every 1.2.3s", "failed to parse duration @every 1.2.3s: time: missing unit in duration \"1.2.3s\""},
           row{"@every 5w", "failed to parse duration @every 5w: time: unknown unit \"w\" in duration \"5w\""},
           row{"@every 99999999999h",
               "failed to parse duration @every 99999999999h: time: invalid duration \"99999999999h\""},
       }) {
    const auto schedule = parse_cron(r.text);
    BOOST_REQUIRE_MESSAGE(!schedule, r.text);
    BOOST_TEST(schedule.error().message ==
               "Invalid CronSchedule, failed to parse: \"" + std::string(r.text) + "\", err: " + r.why);
  }
  // The text itself is quoted as Go quotes.
  BOOST_TEST(parse_cron("\"\t\x01")
                 .error()
                 .message.starts_with("Invalid CronSchedule, failed to parse: \"\\\"\\t\\x01\", err: "));
}

BOOST_AUTO_TEST_CASE(takes_what_others_take) {
  for (const char* text : {"1,,2 * * * *", "* * * * mon", "+5 * * * *", "@every 0", "@every -5s", "TZ= * * * * *",
                           "@every 1.s", "@every .5m", "@every 1h30m10s", "  * * * * * ", "* * * JAN-mar Sun,6"})
    BOOST_TEST(bool(parse_cron(text)), text);
}

BOOST_AUTO_TEST_CASE(impossible_dates_never_fire) {
  BOOST_TEST(!parse_cron("0 0 30 2 *")->next(monday_s * ns_per_s));
  BOOST_TEST(!cron_backoff_s("0 0 30 2 *", 0, monday_s * ns_per_s, api::CRON_OVERLAP_POLICY_SKIPPED));
}

BOOST_AUTO_TEST_CASE(late_firings_are_found_without_counting_them) {
  for (const char* text : {"@every 7s", "*/5 * * * *", "TZ=Europe/Berlin 30 2 * * *"}) {
    const auto schedule = *parse_cron(text);
    for (const std::int64_t late_s : {0, 1, 7, 299, 300, 86'400, 86'407}) {
      const auto begin = monday_s * ns_per_s + 5;
      const auto not_before = begin + late_s * ns_per_s;
      auto counted = *schedule.next(begin);
      while (counted < not_before)
        counted = *schedule.next(counted);
      BOOST_TEST(schedule.next_from(begin, not_before).value() == counted, text << " " << late_s);
    }
  }
}

BOOST_AUTO_TEST_CASE(backoff_of_the_next_run) {
  struct row {
    const char* text;
    std::int64_t close_after_s; ///< after the run was due
    api::CronOverlapPolicy overlap;
    std::int32_t expected_s;
  };
  constexpr row rows[] = {
      {"@every 10s", 3, api::CRON_OVERLAP_POLICY_SKIPPED, 7},
      {"@every 10s", 10, api::CRON_OVERLAP_POLICY_SKIPPED, 0}, // due at this very moment
      {"@every 10s", 12, api::CRON_OVERLAP_POLICY_SKIPPED, 8},
      {"@every 10s", 12, api::CRON_OVERLAP_POLICY_INVALID, 8},
      {"@every 10s", 12, api::CRON_OVERLAP_POLICY_BUFFER_ONE, 0},
      {"@every 10s", 3, api::CRON_OVERLAP_POLICY_BUFFER_ONE, 7},
      {"0 * * * *", 3'601, api::CRON_OVERLAP_POLICY_SKIPPED, 3'599},
  };
  for (const auto& r : rows) {
    const auto due = monday_s * ns_per_s;
    const auto found = cron_backoff_s(r.text, due, due + r.close_after_s * ns_per_s, r.overlap);
    BOOST_TEST(found.value_or(-1) == r.expected_s, r.text << " " << r.close_after_s);
  }
  // Fractions are rounded up.
  BOOST_TEST(cron_backoff_s("@every 10s", monday_s * ns_per_s, monday_s * ns_per_s + 1, {}).value() == 10);
  BOOST_TEST(!cron_backoff_s("", 0, 0, {}));
  BOOST_TEST(!cron_backoff_s("nonsense", 0, 0, {}));
}

BOOST_AUTO_TEST_CASE(zones_are_those_of_the_system) {
  for (const auto* no_zone :
       {"No/Such", "", "America", "../etc/passwd", "/etc/localtime", "file:/etc/passwd", "localtime"})
    BOOST_TEST(!time_zone::find(no_zone), no_zone);
  const auto berlin = time_zone::find("Europe/Berlin");
  BOOST_REQUIRE(bool(berlin));
  BOOST_TEST(berlin->offset_s(monday_s) == 3600);
  // 2099-07-01, after the last change that the file spells out.
  BOOST_TEST(berlin->offset_s(4'086'547'200) == 7200);
}

BOOST_AUTO_TEST_SUITE_END()
