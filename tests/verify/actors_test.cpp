#include "harbour.hpp"

#include <algorithm>
#include <string>
#include <vector>

/// What operators see of the actors.
namespace cadenza::simulation {
namespace {

struct watched_harbour : harbour {
  watched_harbour()
    : harbour(7, 2, [](auto& options) {
        options.settings.chaos = true;
        options.system_domains = true; // without them nobody works for the system
      }) {}

  std::vector<actors::actor_info> list() {
    std::optional<std::vector<actors::actor_info>> out;
    in.engine().list_actors([&out](std::vector<actors::actor_info> found) { out = std::move(found); });
    in.run_until(
        "the list", [&] { return out.has_value(); }, minute);
    return *out;
  }
  actors::actor_info actor(const std::string& path) {
    const auto all = list();
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.path == path; });
    BOOST_TEST_REQUIRE((found != all.end()), path);
    return *found;
  }
  std::string kill(const std::string& path) {
    std::optional<std::string> out;
    in.engine().kill_actor(path, [&out](const std::string& problem) { out = problem; });
    in.run_until(
        "the kill", [&] { return out.has_value(); }, minute);
    return *out;
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(list_of_actors)

BOOST_AUTO_TEST_CASE(each_actor_is_listed_with_its_own_restarts) {
  watched_harbour h;
  const auto run = h.start("workflow", "x");
  h.wait(ns_per_s);
  BOOST_TEST(h.kill("node/matching_owner").empty());
  h.wait(ns_per_s);
  BOOST_TEST(h.kill("node/shard_owner/history_shard:1").empty());
  h.wait(ns_per_s);
  BOOST_TEST(h.kill("node/shard_owner/history_shard:1").empty());
  h.wait(ns_per_s);
  (void)h.describe("workflow");
  BOOST_TEST(h.actor("node/matching_owner").restarts == 1);
  BOOST_TEST(h.actor("node/shard_owner").restarts == 0);
  BOOST_TEST(h.actor("node/shard_owner/history_shard:1").restarts == 2);
  BOOST_TEST(h.actor("node/shard_owner/history_shard:0").restarts == 0);
  for (const auto* kind : {"domain_registry", "document_keeper", "visibility_writer", "system_worker"})
    BOOST_TEST(h.actor("node/" + std::string(kind)).kind == kind);
  const auto all = h.list();
  BOOST_TEST(std::count_if(all.begin(), all.end(), [&](const auto& one) {
               return one.kind == "workflow_run" && one.path.ends_with("/workflow/" + run);
             }) == 1);
  for (const auto& one : all)
    BOOST_TEST(one.mailbox == 0, one.path); // the node rests; our own questions do not count
}

BOOST_AUTO_TEST_CASE(the_node_cannot_be_killed_and_says_so) {
  watched_harbour h;
  BOOST_TEST(!h.actor("node").killable);
  BOOST_TEST(h.actor("node/shard_owner").killable);
  BOOST_TEST(h.kill("node") == "the node cannot be killed: it ends with the process");
  BOOST_TEST(h.kill("node/nobody") == "no actor at node/nobody; `admin actor list` shows the paths");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::simulation
