#include "two_clusters.hpp"

#include "actors/replication/cluster_owner.hpp"

#include <caf/all.hpp>

/// Who takes what another cluster tells is watched over; the actors that do take it are played.
namespace cadenza::actors {
namespace {

struct watched : link_world {
  class played_group final : public other_clusters {
  public:
    explicit played_group(watched& of) : of_(of) {}
    [[nodiscard]] bool any() const override { return true; }
    [[nodiscard]] const replication::cluster_group& group() const override { return here_; }
    void ask(const std::string& cluster, std::uint32_t kind, std::string, bool, call_ptr call) override {
      BOOST_TEST(kind == cluster_kind::greeting);
      ++of_.greetings;
      if (of_.away)
        return call->reject(unavailable("cluster " + cluster + " is away"));
      wire::v1::GreetingAnswer answer;
      answer.set_cluster(of_.called.empty() ? cluster : of_.called);
      answer.set_shard_count(of_.shards);
      answer.set_failover_version_increment(of_.increment);
      call->reply_bytes(answer.SerializeAsString());
    }

  private:
    watched& of_;
    const replication::cluster_group here_ =
        *replication::cluster_group::make(10, {{"dc1", 1, {}}, {"dc2", 2, {}}, {"dc22", 3, {}}}, "dc1");
  };

  watched() { env.clusters = &others_; }
  ~watched() override {
    end(owner);
    run();
    alive.clear();
  }

  caf::actor worker(caf::event_based_actor& by, const std::string& name) {
    ++made[name];
    auto out = by.spawn<caf::monitored>([](caf::event_based_actor* self) -> caf::behavior {
      return {[self](const std::string& why) { self->quit(caf::make_error(caf::sec::runtime_error, why)); }};
    });
    alive[name] = out;
    return out;
  }
  void begin() {
    owner = system().spawn<cluster_owner>(
        env, [this](caf::event_based_actor& by, const std::string& cluster, int shard, int count) {
          return worker(by, cluster + " " + std::to_string(shard) + " of " + std::to_string(count));
        });
    pass(1);
  }
  std::vector<std::string> shown() {
    std::vector<std::string> out;
    auto asked = std::make_shared<show_cluster_actors>();
    asked->add = [&](const std::string& path, std::string_view kind, const caf::actor&) {
      out.push_back(path.substr(path.find('/') + 1) + " " + std::string(kind));
    };
    caf::anon_send(owner, asked);
    run();
    std::sort(out.begin(), out.end());
    return out;
  }
  bool kill(const std::string& path) {
    bool found = false;
    auto asked = std::make_shared<kill_cluster_actor>();
    asked->path = path;
    asked->answer = [&](bool there) { found = there; };
    caf::anon_send(owner, asked);
    run();
    return found;
  }

  int greetings = 0;
  int shards = 2;
  std::int64_t increment = 10;
  std::string called; ///< how the other clusters call themselves; empty: as they are asked
  bool away = false;
  std::map<std::string, int> made;
  std::map<std::string, caf::actor> alive;
  caf::actor owner;

private:
  played_group others_{*this};
};

const std::map<std::string, int> once{{"dc2 0 of 2", 1}, {"dc2 1 of 2", 1}, {"dc22 0 of 2", 1}, {"dc22 1 of 2", 1}};

} // namespace

BOOST_FIXTURE_TEST_SUITE(what_other_clusters_tell_is_watched_over, watched)

BOOST_AUTO_TEST_CASE(an_actor_for_each_shard_of_each_cluster) {
  begin();
  BOOST_TEST((made == once));
  const std::vector<std::string> all{
      "cluster_owner/cluster_link:dc2 cluster_link",
      "cluster_owner/cluster_link:dc2/replica_shard:0 replica_shard",
      "cluster_owner/cluster_link:dc2/replica_shard:1 replica_shard",
      "cluster_owner/cluster_link:dc22 cluster_link",
      "cluster_owner/cluster_link:dc22/replica_shard:0 replica_shard",
      "cluster_owner/cluster_link:dc22/replica_shard:1 replica_shard",
  };
  const auto seen = shown();
  BOOST_TEST(seen == all, boost::test_tools::per_element());
  greetings = 0;
  pass(60);
  BOOST_TEST(greetings <= 14); // now and then
  BOOST_TEST((made == once));
}

BOOST_AUTO_TEST_CASE(what_dies_or_is_killed_is_made_anew) {
  begin();
  for (int i = 0; i < 3; ++i) {
    caf::anon_send(alive["dc2 1 of 2"], std::string("it cannot go on"));
    pass(1);
  }
  BOOST_TEST(made["dc2 1 of 2"] == 4);
  BOOST_TEST(made["dc2 0 of 2"] == 1);
  BOOST_TEST(kill("node/cluster_owner/cluster_link:dc22/replica_shard:1"));
  pass(1);
  BOOST_TEST(made["dc22 1 of 2"] == 2);
  BOOST_TEST(kill("node/cluster_owner/cluster_link:dc2"));
  pass(1);
  BOOST_TEST(made["dc2 0 of 2"] == 2);
  BOOST_TEST(made["dc22 0 of 2"] == 1);
  BOOST_TEST(!kill("node/cluster_owner/cluster_link:dc3"));
  BOOST_TEST(!kill("node/cluster_owner/cluster_link:dc2/replica_shard:2"));
  BOOST_TEST(shown().size() == 6U);
}

BOOST_AUTO_TEST_CASE(a_cluster_that_is_away_is_greeted_until_it_answers) {
  away = true;
  begin();
  BOOST_TEST(made.empty());
  pass(60);
  BOOST_TEST(greetings >= 2 * 10);
  BOOST_TEST(greetings <= 2 * 30);
  away = false;
  pass(6);
  BOOST_TEST((made == once));
  away = true; // what is there stays
  pass(60);
  BOOST_TEST((made == once));
  BOOST_TEST(shown().size() == 6U);
}

BOOST_AUTO_TEST_CASE(a_cluster_that_counts_otherwise_is_not_taken_from) {
  increment = 100;
  begin();
  pass(30);
  BOOST_TEST(made.empty());
  BOOST_REQUIRE_EQUAL(log.size(), 2U); // said once of each
  BOOST_TEST(log[0].find("its failoverVersionIncrement is 100, and 10 here") != std::string::npos, log[0]);
  increment = 10;
  called = "dc1";
  pass(30);
  BOOST_TEST(made.empty());
  BOOST_TEST(log.back().find("it says that it is cluster dc1") != std::string::npos, log.back());
  called.clear();
  pass(30);
  BOOST_TEST((made == once));
}

BOOST_AUTO_TEST_CASE(a_cluster_that_was_made_anew_with_other_shards_is_taken_from_by_their_number) {
  begin();
  shards = 3;
  pass(11);
  BOOST_TEST(made["dc2 2 of 3"] == 1);
  BOOST_TEST(shown().size() == 8U);
  shards = 2;
  called = "another";
  pass(11);
  BOOST_TEST(shown().size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(what_a_cluster_is_asked, two_clusters)

namespace {

std::shared_ptr<noted_call> asked_of(two_clusters::side& of, std::uint32_t kind, const std::string& bytes) {
  auto call = std::make_shared<noted_call>();
  of.engine->serve_cluster("dc2", kind, bytes, call);
  return call;
}

} // namespace

BOOST_AUTO_TEST_CASE(it_says_who_it_is) {
  const auto call = asked_of(dc1(), cluster_kind::greeting, {});
  wire::v1::GreetingAnswer answer;
  BOOST_REQUIRE((call->bytes && answer.ParseFromString(*call->bytes)));
  BOOST_TEST(answer.cluster() == "dc1");
  BOOST_TEST(answer.shard_count() == 4);
  BOOST_TEST(answer.failover_version_increment() == 10);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_asked_is_refused) {
  wire::v1::FeedRequest feed;
  feed.set_shard(4);
  BOOST_TEST((asked_of(dc1(), cluster_kind::feed, feed.SerializeAsString())->failure->kind == error_kind::bad_request));
  feed.set_shard(-1);
  BOOST_TEST((asked_of(dc1(), cluster_kind::feed, feed.SerializeAsString())->failure->kind == error_kind::bad_request));
  feed.set_shard(0);
  feed.set_shard_count(3);
  const auto wrong = asked_of(dc1(), cluster_kind::feed, feed.SerializeAsString());
  BOOST_TEST((wrong->failure->kind == error_kind::bad_request));
  BOOST_TEST(problem_of(wrong) == "cluster dc1 has 4 shards, not 3");
  BOOST_TEST((asked_of(dc1(), cluster_kind::feed, "no message")->failure->kind == error_kind::bad_request));
  BOOST_TEST((asked_of(dc1(), 99, {})->failure->kind == error_kind::unimplemented));
}

BOOST_AUTO_TEST_CASE(actors_that_take_what_is_told_are_seen_and_may_be_killed) {
  const auto paths = [&](two_clusters::side& of) {
    std::vector<std::string> out;
    of.engine->list_actors([&](const std::vector<actor_info>& all) {
      for (const auto& one : all)
        if (one.path.starts_with("node/cluster_owner"))
          out.push_back(one.path);
    });
    pass(3);
    return out;
  };
  put_domain("orders", "dc1");
  pass(1);
  const std::vector<std::string> expected{"node/cluster_owner",
                                          "node/cluster_owner/cluster_link:dc1",
                                          "node/cluster_owner/cluster_link:dc1/replica_shard:0",
                                          "node/cluster_owner/cluster_link:dc1/replica_shard:1",
                                          "node/cluster_owner/cluster_link:dc1/replica_shard:2",
                                          "node/cluster_owner/cluster_link:dc1/replica_shard:3"};
  BOOST_TEST(paths(dc2()) == expected, boost::test_tools::per_element());
  BOOST_TEST(problem_of(start(dc1(), "orders", "order")) == "");
  for (const auto& path : expected) {
    std::string answer = "none";
    dc2().engine->kill_actor(path, [&](const std::string& said) { answer = said; });
    run();
    BOOST_TEST(answer == "");
    BOOST_TEST(problem_of(signal(dc1(), "orders", "order", "paid", path)) == "");
    BOOST_TEST(until([&] { return told(dc1(), "orders", "order") == told(dc2(), "orders", "order"); }), path);
  }
  BOOST_TEST(paths(dc2()) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
