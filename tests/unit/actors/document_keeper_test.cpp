#include "actors/cluster/document_keeper.hpp"

#include "actors/base/engine.hpp"
#include "actors/base/troubles.hpp"
#include "storage/memory/memory_store.hpp"

#include "cadenza/record/v1/domain.pb.h"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <optional>

namespace cadenza::actors {
namespace {

constexpr auto config_document = document_kind::dynamic_configuration;

class still_clock final : public clock {
public:
  [[nodiscard]] std::int64_t now_ns() const override { return 5; }
};

/// A keeper over a store in memory whose writes may fail.
struct keeper_world {
  keeper_world() {
    config.set("scheduler.policy", caf::atom("testing"));
    system = std::make_unique<caf::actor_system>(config);
    system->await_actors_before_shutdown(false);
    scheduler = &dynamic_cast<caf::scheduler::test_coordinator&>(system->scheduler());
    storage::memory_options options;
    options.fault_hook = [this](const storage::fault_point& point) { return fate(point); };
    store = std::make_unique<storage::memory_store>(std::move(options));
    env.store = store.get();
    env.time = &time;
    env.wrong = &wrong;
    env.counters = &counters;
    env.log = [this](log::level, log::fields values, log::sentence says) { log.push_back(log::text_of(values, says)); };
    begin();
  }
  ~keeper_world() { end(); }

  void begin() {
    keeper = system->spawn<document_keeper>(
        env, [this](document_kind which, const std::string& content) { told[static_cast<int>(which)] = content; });
    scheduler->run();
  }
  void end() {
    caf::anon_send_exit(keeper, caf::exit_reason::kill);
    scheduler->run();
  }
  /// Appends to a document; "" when it worked, else the error.
  std::string append(const std::string& text, document_kind which = config_document) {
    std::string out = "no answer";
    auto request = std::make_shared<inner_call<uber::cadence::admin::v1::UpdateDynamicConfigResponse>>(
        INT64_MAX, [&out](const auto*, const error* reason) { out = reason ? reason->message : ""; });
    document_change change;
    change.document = which;
    change.plan = [text](const std::string& now) -> outcome<std::string> {
      if (text == "refused")
        return bad_request("refused");
      return now + text;
    };
    change.done = [request] { request->reply(uber::cadence::admin::v1::UpdateDynamicConfigResponse()); };
    change.call = std::move(request);
    caf::anon_send(keeper, make_document_mail(std::move(change)));
    scheduler->run();
    return out;
  }
  /// What somebody else writes past the keeper.
  void write_past(const std::string& content, std::int64_t expected) {
    storage::document_write write;
    write.document = 0;
    write.expected_version = expected;
    record::v1::ConfigRow row;
    row.set_document(content);
    row.set_version(expected + 1);
    write.value = row.SerializeAsString();
    store->cluster().write_document(std::move(write), [](const storage::commit_result& result) {
      BOOST_TEST((result.outcome == storage::status::committed));
    });
    scheduler->run();
  }
  record::v1::ConfigRow stored(int document) {
    record::v1::ConfigRow out;
    store->cluster().read_document(document, [&](storage::read_result<std::string> read) {
      if (read.value)
        BOOST_TEST(out.ParseFromString(*read.value));
    });
    return out;
  }

  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  caf::scheduler::test_coordinator* scheduler = nullptr;
  std::unique_ptr<storage::memory_store> store;
  still_clock time;
  actor_context env;
  engine_counters counters;
  troubles wrong{
      time, [this](log::level, log::fields values, log::sentence says) { log.push_back(log::text_of(values, says)); }};
  caf::actor keeper;
  std::map<int, std::string> told;
  std::vector<std::string> log;
  std::function<storage::fault(const storage::fault_point&)> fate = [](const auto&) { return storage::fault{}; };
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(keeper_of_documents, keeper_world)

BOOST_AUTO_TEST_CASE(changes_are_stored_one_after_the_other_with_growing_versions) {
  BOOST_TEST(told.size() == 3U); // read at the start, empty as they are
  BOOST_TEST(append("a") == "");
  BOOST_TEST(append("b") == "");
  BOOST_TEST(append("x", document_kind::operational_configuration) == "");
  BOOST_TEST(told[0] == "ab");
  BOOST_TEST(told[2] == "x");
  BOOST_TEST(stored(0).document() == "ab");
  BOOST_TEST(stored(0).version() == 2);
  BOOST_TEST(stored(0).updated_ns() == 5);
  BOOST_TEST(stored(2).version() == 1);
}

BOOST_AUTO_TEST_CASE(a_refused_change_changes_nothing_and_holds_up_nobody) {
  BOOST_TEST(append("refused") == "refused");
  BOOST_TEST(append("a") == "");
  BOOST_TEST(stored(0).version() == 1);
}

BOOST_AUTO_TEST_CASE(what_is_stored_is_there_after_a_death) {
  BOOST_TEST(append("a") == "");
  end();
  told.clear();
  begin();
  BOOST_TEST(told[0] == "a");
  BOOST_TEST(append("b") == "");
  BOOST_TEST(stored(0).document() == "ab");
}

BOOST_AUTO_TEST_CASE(a_change_is_made_anew_from_what_somebody_else_wrote) {
  BOOST_TEST(append("a") == "");
  write_past("theirs", 1);
  BOOST_TEST(append("b") == "");
  BOOST_TEST(stored(0).document() == "theirsb");
  BOOST_TEST(told[0] == "theirsb");
  BOOST_TEST(stored(0).version() == 3);
}

BOOST_AUTO_TEST_CASE(writes_that_fail_are_told_and_what_is_stored_decides) {
  BOOST_TEST(append("a") == "");
  auto what = storage::fault::kind::unavailable;
  int faults = 1;
  fate = [&](const storage::fault_point& point) {
    return point.commit && faults-- > 0 ? storage::fault{what} : storage::fault{};
  };
  BOOST_TEST(append("b").starts_with("the store refuses writes"));
  BOOST_TEST(told[0] == "a");
  what = storage::fault::kind::unknown_not_applied;
  faults = 1;
  BOOST_TEST(append("c") == "the request was dropped; send it again");
  BOOST_TEST(told[0] == "a");
  what = storage::fault::kind::unknown_applied;
  faults = 1;
  BOOST_TEST(append("d") == "the request was dropped; send it again");
  BOOST_TEST(told[0] == "ad"); // read again
  BOOST_TEST(append("e") == "");
  BOOST_TEST(stored(0).document() == "ade");
}

BOOST_AUTO_TEST_CASE(a_damaged_document_is_neither_used_nor_written_over) {
  end();
  told.clear();
  storage::document_write write;
  write.document = 0;
  write.value = "\xff\xff";
  store->cluster().write_document(std::move(write), [](const auto&) {});
  begin();
  BOOST_TEST(!told.contains(0));
  BOOST_TEST(told.contains(1));
  BOOST_TEST(append("a") == "what is stored of the configuration is damaged");
  BOOST_TEST(append("a", document_kind::isolation_groups) == "");
  BOOST_TEST(log.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
