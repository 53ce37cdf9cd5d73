#include "link_world.hpp"

#include "actors/nodes/cluster_links.hpp"

#include <boost/test/unit_test.hpp>

namespace cadenza::actors {
namespace {

replication::cluster_group group_of(const std::string& self) {
  return *replication::cluster_group::make(10, {{"dc1", 1, {}}, {"dc2", 2, {}}, {"dc3", 3, {}}}, self);
}

/// Three clusters of which only the links are there; each answers with its name and what it was asked.
struct group_world : link_world {
  struct cluster {
    cluster(group_world& of, const std::string& name, std::int64_t incarnation)
      : links(
            of.system(), *const_cast<clock*>(of.env.time), of, of.env.log, group_of(name),
            [&] {
              cluster_links_options out;
              for (const auto* other : {"dc1", "dc2", "dc3"})
                if (other != name)
                  out.addresses[other] = other;
              out.incarnation = incarnation;
              return out;
            }(),
            [&of, name](caf::actor hall) { of.nodes[name].hall = std::move(hall); }) {
      links.begin([this, name](const std::string& from, std::uint32_t kind, std::string bytes, call_ptr call) {
        if (keeps)
          return kept.push_back(std::move(call));
        call->reply_bytes(name + " got " + bytes + " (" + std::to_string(kind) + ") of " + from);
      });
    }
    cluster_links links;
    bool keeps = false;
    std::vector<call_ptr> kept;
  };

  group_world() {
    for (const auto* name : {"dc1", "dc2", "dc3"})
      begin(name);
    pass(1);
  }
  ~group_world() override {
    for (auto& [name, one] : clusters) {
      one->kept.clear();
      one->links.stop();
    }
    run();
    pass(24 * 3600);
    clusters.clear();
    dead.clear();
  }
  void begin(const std::string& name) {
    clusters[name] = std::make_unique<cluster>(*this, name, ++lives);
    run();
  }
  /// Its process is killed.
  void kill(const std::string& name) {
    auto& one = clusters.at(name);
    one->links.stop();
    dead.push_back(std::move(one));
    clusters.erase(name);
    nodes.erase(name);
    break_connections();
  }
  std::shared_ptr<noted_call> ask(const std::string& from, const std::string& to, const std::string& bytes,
                                  bool waits = false) {
    auto made = std::make_shared<noted_call>();
    clusters.at(from)->links.ask(to, cluster_kind::feed, bytes, waits, made);
    run();
    return made;
  }

  std::map<std::string, std::unique_ptr<cluster>> clusters;
  std::vector<std::unique_ptr<cluster>> dead;
  std::int64_t lives = 0;
};

using reached = std::map<std::string, bool>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(links_between_clusters, group_world)

BOOST_AUTO_TEST_CASE(each_asks_each_and_gets_its_answer) {
  for (const std::string from : {"dc1", "dc2", "dc3"})
    for (const std::string to : {"dc1", "dc2", "dc3"}) {
      if (from == to)
        continue;
      const auto asked = ask(from, to, "a question");
      BOOST_REQUIRE_MESSAGE(asked->bytes.has_value(), from << " " << to);
      BOOST_TEST(*asked->bytes == to + " got a question (21) of " + from);
    }
  BOOST_TEST((clusters.at("dc1")->links.reached() == reached{{"dc2", true}, {"dc3", true}}));
}

BOOST_AUTO_TEST_CASE(a_cluster_that_is_not_there_is_unavailable_at_once_and_met_again_whatever_life_it_has) {
  clusters.at("dc2")->keeps = true;
  const auto waits = ask("dc1", "dc2", "what waits", true);
  BOOST_TEST(!waits->answered());
  kill("dc2");
  BOOST_REQUIRE(waits->failure.has_value());
  BOOST_TEST((waits->failure->kind == error_kind::unavailable));
  pass(1);
  BOOST_TEST((clusters.at("dc1")->links.reached() == reached{{"dc2", false}, {"dc3", true}}));
  const auto refused = ask("dc1", "dc2", "more");
  BOOST_REQUIRE(refused->failure.has_value());
  BOOST_TEST((refused->failure->kind == error_kind::unavailable));
  begin("dc2"); // another life
  pass(2);
  BOOST_TEST(ask("dc1", "dc2", "more")->bytes.value_or("") == "dc2 got more (21) of dc1");
  BOOST_TEST(ask("dc2", "dc1", "more")->bytes.value_or("") == "dc1 got more (21) of dc2");
}

BOOST_AUTO_TEST_CASE(a_cluster_that_hangs_is_noticed) {
  clusters.at("dc2")->keeps = true;
  const auto waits = ask("dc1", "dc2", "what waits", true);
  pass(8);
  BOOST_TEST(!waits->answered()); // it beats: it may take its time
  copies = [](const std::string& to, const wire::v1::LinkHead&) { return to == "dc2" ? 0 : 1; };
  pass(4);
  BOOST_TEST(!waits->answered());
  pass(2);
  BOOST_REQUIRE(waits->failure.has_value());
  BOOST_TEST(waits->failure->message.find("it was silent for") != std::string::npos, waits->failure->message);
  BOOST_TEST((clusters.at("dc1")->links.reached() == reached{{"dc2", false}, {"dc3", true}}));
  BOOST_TEST(ask("dc1", "dc3", "still")->bytes.has_value());
}

BOOST_AUTO_TEST_CASE(who_asked_goes_away_and_whoever_answers_hears_of_it) {
  clusters.at("dc2")->keeps = true;
  const auto waits = ask("dc1", "dc2", "what waits", true);
  BOOST_REQUIRE_EQUAL(clusters.at("dc2")->kept.size(), 1U);
  bool told = false;
  clusters.at("dc2")->kept[0]->on_cancel([&] { told = true; });
  kill("dc1");
  BOOST_TEST(told);
}

BOOST_AUTO_TEST_CASE(strangers_and_nodes_are_refused) {
  auto& stranger = add("dc9", [](link_options& options) { options.cluster = "a group of clusters"; });
  (void)stranger;
  const auto answer = link_world::ask(link("dc9", "dc1"), "may I?");
  run();
  BOOST_REQUIRE(answer->failure.has_value());
  BOOST_TEST((answer->failure->kind == error_kind::access_denied));
  BOOST_TEST(answer->failure->message == "cluster dc9 is none of the group of cluster dc1");
  add("node", {});
  const auto refused = link_world::ask(link("node", "dc1"), "may I?");
  pass(5);
  BOOST_REQUIRE(refused->failure.has_value());
  BOOST_TEST(refused->failure->message.find("this is cluster a group of clusters") != std::string::npos,
             refused->failure->message);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
