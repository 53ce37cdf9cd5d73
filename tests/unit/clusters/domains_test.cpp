#include "two_clusters.hpp"

#include "messages/constants.hpp"

#include "cadenza/record/v1/replication_message.pb.h"

#include <cstdlib>
#include <random>

/// What two clusters tell each other of their domains.
namespace cadenza::actors {

namespace {

/// Two clusters whose domains may change as often as one likes.
struct world : two_clusters {
  world() {
    tells_domains = true;
    BOOST_REQUIRE(bool(dynamic.update("frontend.failoverCoolDown", R"([{"value":"0s"}])")));
    for (auto* one : {&dc1(), &dc2()}) {
      one->tune = [this](engine_options& options) { options.live = std::make_shared<simulation::settings>(dynamic); };
      kill(*one);
      begin(*one);
    }
  }

  asked ask_for(const std::function<void(call_ptr)>& what) {
    auto call = std::make_shared<noted_call>();
    what(call);
    run();
    return call;
  }

  asked make(side& in, const std::string& name, const std::vector<std::string>& clusters = {"dc1", "dc2"}) {
    auto request = std::make_shared<api::RegisterDomainRequest>();
    request->set_name(name);
    request->set_is_global_domain(true);
    request->set_description("first");
    request->mutable_workflow_execution_retention_period()->set_seconds(86'400);
    for (const auto& one : clusters)
      request->add_clusters()->set_cluster_name(one);
    return ask_for([&](call_ptr call) { in.engine->register_domain(request, std::move(call)); });
  }

  asked describe_as(side& in, const std::string& name, const std::string& description) {
    auto request = std::make_shared<api::UpdateDomainRequest>();
    request->set_name(name);
    request->set_description(description);
    request->mutable_update_mask()->add_paths("description");
    return ask_for([&](call_ptr call) { in.engine->update_domain(request, std::move(call)); });
  }

  asked move(side& in, const std::string& name, const std::string& cluster, int graceful_s = 0) {
    auto request = std::make_shared<api::FailoverDomainRequest>();
    request->set_domain_name(name);
    request->set_domain_active_cluster_name(cluster);
    if (graceful_s > 0)
      request->mutable_failover_timeout()->set_seconds(graceful_s);
    return ask_for([&](call_ptr call) { in.engine->failover_domain(request, std::move(call)); });
  }

  /// "dc2 v2 c0 first", or "none".
  static std::string seen(side& in, const std::string& name) {
    const auto found = domain(in, name);
    if (!found)
      return "none";
    const auto& row = found->row;
    return row.domain().active_cluster_name() + " v" + std::to_string(row.failover_version()) + " c" +
           std::to_string(row.config_version()) + " " + row.domain().description();
  }

  bool both(const std::string& name, const std::string& expected) {
    return until([&] { return seen(dc1(), name) == expected && seen(dc2(), name) == expected; });
  }

  config::dynamic_config dynamic;

  std::int64_t asked_of_domains() {
    return requests[{"dc1", cluster_kind::domains}] + requests[{"dc2", cluster_kind::domains}];
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(domains_of_two_clusters, world)

BOOST_AUTO_TEST_CASE(a_domain_that_is_registered_appears_in_the_other_cluster) {
  BOOST_TEST(problem_of(make(dc1(), "orders")) == "");
  BOOST_TEST(both("orders", "dc1 v1 c0 first"));
  BOOST_TEST(domain(dc1(), "orders")->id.str() == domain(dc2(), "orders")->id.str());
  BOOST_TEST(problem_of(make(dc2(), "bills")) ==
             "Cluster is not primary cluster, cannot do domain registration or domain update.");
  // One that lives in one cluster is its own affair.
  BOOST_TEST(problem_of(make(dc1(), "own", {"dc1"})) == "");
  pass(30);
  BOOST_TEST(seen(dc2(), "own") == "none");
}

BOOST_AUTO_TEST_CASE(settings_and_failovers_are_told_either_way) {
  BOOST_TEST(problem_of(make(dc1(), "orders")) == "");
  BOOST_TEST(problem_of(describe_as(dc1(), "orders", "second")) == "");
  BOOST_TEST(both("orders", "dc1 v1 c1 second"));
  BOOST_TEST(problem_of(describe_as(dc2(), "orders", "third")) ==
             "Cluster is not primary cluster, cannot do domain registration or domain update.");
  BOOST_TEST(problem_of(move(dc2(), "orders", "dc2")) == "");
  BOOST_TEST(both("orders", "dc2 v2 c1 second"));
  BOOST_TEST(problem_of(move(dc2(), "orders", "dc1")) == "");
  BOOST_TEST(both("orders", "dc1 v11 c1 second"));
  BOOST_TEST(problem_of(move(dc1(), "orders", "dc2")) == "");
  BOOST_TEST(both("orders", "dc2 v12 c1 second"));
  const auto history = domain(dc1(), "orders")->row.domain().data().at("FailoverHistory");
  BOOST_TEST(history == domain(dc2(), "orders")->row.domain().data().at("FailoverHistory"));
  BOOST_TEST(history.find("\"toCluster\":\"dc1\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(clusters_that_could_not_speak_agree_when_they_can) {
  BOOST_TEST(problem_of(make(dc1(), "orders")) == "");
  BOOST_TEST(both("orders", "dc1 v1 c0 first"));
  cut();
  BOOST_TEST(problem_of(move(dc1(), "orders", "dc1")) == "");
  BOOST_TEST(problem_of(move(dc2(), "orders", "dc2")) == "");
  BOOST_TEST(problem_of(describe_as(dc1(), "orders", "second")) == "");
  pass(60);
  BOOST_TEST(seen(dc1(), "orders") == "dc1 v1 c1 second");
  BOOST_TEST(seen(dc2(), "orders") == "dc2 v2 c0 first");
  heal();
  BOOST_TEST(both("orders", "dc2 v2 c1 second"));
  // At the same moment in both: the higher version wins.
  cut();
  BOOST_TEST(problem_of(move(dc1(), "orders", "dc1")) == "");
  BOOST_TEST(problem_of(move(dc2(), "orders", "dc1")) == "");
  BOOST_TEST(problem_of(move(dc2(), "orders", "dc2")) == "");
  heal();
  BOOST_TEST(both("orders", "dc2 v12 c1 second"));
}

BOOST_AUTO_TEST_CASE(a_cluster_that_was_away_is_told_everything_and_idle_ones_ask_seldom) {
  kill(dc2());
  for (int i = 0; i < 30; ++i)
    BOOST_TEST(problem_of(make(dc1(), "d" + std::to_string(i))) == "");
  begin(dc2());
  for (int i = 0; i < 30; ++i)
    BOOST_TEST(both("d" + std::to_string(i), "dc1 v1 c0 first"));
  pass(5);
  const auto before = asked_of_domains();
  pass(100);
  BOOST_TEST(asked_of_domains() - before <= 24); // twice, each ten seconds
  kill(dc1());
  begin(dc1());
  BOOST_TEST(problem_of(move(dc1(), "d7", "dc2")) == "");
  BOOST_TEST(both("d7", "dc2 v2 c0 first"));
}

BOOST_AUTO_TEST_CASE(a_name_that_is_taken_does_not_hold_up_the_others) {
  cut();
  BOOST_TEST(problem_of(make(dc1(), "orders")) == "");
  auto local = std::make_shared<api::RegisterDomainRequest>();
  local->set_name("orders");
  local->set_description("own");
  local->mutable_workflow_execution_retention_period()->set_seconds(86'400);
  BOOST_TEST(problem_of(ask_for([&](call_ptr call) { dc2().engine->register_domain(local, std::move(call)); })) == "");
  heal();
  BOOST_TEST(problem_of(make(dc1(), "bills")) == "");
  BOOST_TEST(both("bills", "dc1 v1 c0 first"));
  BOOST_TEST(seen(dc2(), "orders") == "dc2 v-24 c0 own");
  int letters = 0;
  const auto count = [&] {
    dc2().store.cluster().read_queue(
        -1, 0, 100, [&](storage::page<storage::queue_row> rows) { letters = static_cast<int>(rows.rows.size()); });
    run();
  };
  count();
  BOOST_TEST(letters == 1);
  kill(dc2());
  begin(dc2());
  pass(60);
  count();
  BOOST_TEST(letters == 1);
}

BOOST_AUTO_TEST_CASE(a_domain_that_was_deleted_stays_deleted) {
  BOOST_TEST(problem_of(make(dc1(), "orders")) == "");
  BOOST_TEST(both("orders", "dc1 v1 c0 first"));
  auto retired = std::make_shared<api::DeprecateDomainRequest>();
  retired->set_name("orders");
  BOOST_TEST(problem_of(ask_for([&](call_ptr call) { dc1().engine->deprecate_domain(retired, std::move(call)); })) ==
             "");
  BOOST_TEST(until([&] { return !domain(dc2(), "orders")->registered(); }));
  pass(5);
  auto request = std::make_shared<api::DeleteDomainRequest>();
  request->set_name("orders");
  BOOST_TEST(problem_of(ask_for([&](call_ptr call) { dc2().engine->delete_domain(request, std::move(call)); })) == "");
  kill(dc2());
  begin(dc2());
  pass(60);
  BOOST_TEST(seen(dc2(), "orders") == "none");
  BOOST_TEST(seen(dc1(), "orders") != "none");
}

BOOST_AUTO_TEST_CASE(a_graceful_failover_waits_until_the_other_cluster_has_nothing_more_to_tell) {
  BOOST_TEST(problem_of(make(dc1(), "orders")) == "");
  BOOST_TEST(both("orders", "dc1 v1 c0 first"));
  BOOST_TEST(problem_of(move(dc1(), "orders", "dc2", 60)) ==
             "Cannot start the graceful failover from a to-be-passive cluster.");
  cut();
  BOOST_TEST(problem_of(move(dc2(), "orders", "dc2", 60)) == "");
  BOOST_TEST(seen(dc2(), "orders") == "dc2 v2 c0 first");
  const auto pending = [this](side& in) { return domain(in, "orders")->row.failover_end_ns() > 0; };
  auto request = std::make_shared<api::DescribeDomainRequest>();
  request->set_name("orders");
  const auto described = [&] {
    const auto call = ask_for([&](call_ptr to) { dc2().engine->describe_domain(request, std::move(to)); });
    api::DescribeDomainResponse out;
    BOOST_REQUIRE(call->bytes && out.ParseFromString(*call->bytes));
    return out.domain();
  };
  BOOST_TEST(described().failover_info().failover_version() == 2);
  BOOST_TEST(described().failover_info().failover_expire_timestamp().seconds() > now_ns() / ns_per_s);
  pass(20);
  BOOST_TEST(pending(dc2())); // nobody has heard of it
  heal();
  BOOST_TEST(both("orders", "dc2 v2 c0 first"));
  BOOST_TEST(!pending(dc1()));
  BOOST_TEST(until([&] { return !pending(dc2()); }, 8));
  BOOST_TEST(!described().has_failover_info());
  BOOST_TEST(domain(dc1(), "orders")->row.previous_failover_version() == local_version);
  BOOST_TEST(described().data().at("FailoverHistory").find("Grace") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_graceful_failover_loses_nothing_of_what_is_under_way) {
  BOOST_TEST(problem_of(make(dc1(), "orders")) == "");
  BOOST_TEST(both("orders", "dc1 v1 c0 first"));
  for (int i = 0; i < 5; ++i)
    BOOST_TEST(problem_of(start(dc1(), "orders", "order-" + std::to_string(i))) == "");
  const auto task = poll(dc1(), "orders");
  BOOST_REQUIRE(task);
  // What dc1 writes waits while the domains are told.
  passes = [](const auto&, const auto&, std::uint32_t kind, const auto&) { return kind == cluster_kind::domains; };
  BOOST_TEST(decide(dc1(), "orders", *task, {activity("pack")}) == "");
  for (int i = 0; i < 5; ++i)
    BOOST_TEST(problem_of(signal(dc1(), "orders", "order-" + std::to_string(i), "paid", "r1")) == "");
  BOOST_TEST(problem_of(move(dc2(), "orders", "dc2", 120)) == "");
  BOOST_TEST(both("orders", "dc2 v2 c0 first"));
  const auto pending = [this] { return domain(dc2(), "orders")->row.failover_end_ns() > 0; };
  pass(20);
  BOOST_TEST(pending());
  BOOST_TEST(problem_of(signal(dc1(), "orders", "order-0", "late", "r2")).find("is active in cluster: dc2") !=
             std::string::npos);
  BOOST_TEST(problem_of(signal(dc2(), "orders", "order-0", "early", "r3")).find("is pending active") !=
             std::string::npos);
  passes = {};
  BOOST_TEST(until([&] { return !pending(); }, 40)); // long before its time
  for (int i = 0; i < 5; ++i) {
    const auto id = "order-" + std::to_string(i);
    BOOST_TEST(told(dc2(), "orders", id).find("v1 workflow_execution_signaled") != std::string::npos, id);
    BOOST_TEST(problem_of(signal(dc2(), "orders", id, "on", "r4")) == "");
    BOOST_TEST(until([&] { return told(dc1(), "orders", id) == told(dc2(), "orders", id); }), id);
  }
}

BOOST_AUTO_TEST_CASE(a_graceful_failover_ends_with_its_time) {
  BOOST_TEST(problem_of(make(dc1(), "orders")) == "");
  BOOST_TEST(both("orders", "dc1 v1 c0 first"));
  // What dc1 writes never comes to dc2.
  passes = [](const auto&, const auto&, std::uint32_t kind, const auto&) { return kind == cluster_kind::domains; };
  BOOST_TEST(problem_of(start(dc1(), "orders", "order-1")) == "");
  BOOST_TEST(problem_of(move(dc2(), "orders", "dc2", 30)) == "");
  BOOST_TEST(both("orders", "dc2 v2 c0 first"));
  const auto pending = [this] { return domain(dc2(), "orders")->row.failover_end_ns() > 0; };
  pass(25);
  BOOST_TEST(pending());
  kill(dc2());
  begin(dc2());
  BOOST_TEST(pending());
  BOOST_TEST(until([&] { return !pending(); }, 8));
  BOOST_TEST(seen(dc2(), "orders") == "dc2 v2 c0 first");
}

BOOST_AUTO_TEST_CASE(a_forced_failover_ends_a_graceful_one) {
  BOOST_TEST(problem_of(make(dc1(), "orders")) == "");
  BOOST_TEST(both("orders", "dc1 v1 c0 first"));
  cut();
  BOOST_TEST(problem_of(move(dc2(), "orders", "dc2", 60)) == "");
  BOOST_TEST(problem_of(move(dc2(), "orders", "dc2", 60)) ==
             "Cannot start the graceful failover from an active cluster to an active cluster.");
  BOOST_TEST(problem_of(move(dc2(), "orders", "dc2")) == "");
  BOOST_TEST(domain(dc2(), "orders")->row.failover_end_ns() == 0);
  BOOST_TEST(seen(dc2(), "orders") == "dc2 v2 c0 first");
}

BOOST_AUTO_TEST_CASE(whatever_happens_both_end_with_the_same) {
  const char* seed = std::getenv("CADENZA_SEED");
  std::mt19937_64 random(seed == nullptr ? 20 : std::strtoull(seed, nullptr, 10));
  const auto below = [&](std::uint64_t n) { return static_cast<int>(random() % n); };
  BOOST_TEST(problem_of(make(dc1(), "orders")) == "");
  BOOST_TEST(both("orders", "dc1 v1 c0 first"));
  for (int step = 0; step < 300; ++step) {
    auto& in = below(2) == 0 ? dc1() : dc2();
    const auto* target = below(2) == 0 ? "dc1" : "dc2";
    switch (below(6)) {
    case 0:
    case 1:
      if (in.engine)
        move(in, "orders", target, below(3) == 0 ? 1 + below(30) : 0); // refused where it cannot be
      break;
    case 2:
      if (dc1().engine)
        describe_as(dc1(), "orders", "step " + std::to_string(step));
      break;
    case 3: below(2) == 0 ? cut() : heal(); break;
    case 4:
      if (in.engine)
        kill(in);
      else
        begin(in);
      break;
    default: pass(below(6));
    }
  }
  heal();
  for (auto* one : {&dc1(), &dc2()})
    if (!one->engine)
      begin(*one);
  const auto text = [](side& in) {
    const auto found = domain(in, "orders");
    const auto& data = found->row.domain().data();
    return seen(in, "orders") + " " + std::to_string(found->row.failover_end_ns()) + " " +
           (data.contains("FailoverHistory") ? data.at("FailoverHistory") : "");
  };
  BOOST_TEST(until([&] { return text(dc1()) == text(dc2()); }, 60));
  pass(60);
  BOOST_TEST(text(dc1()) == text(dc2()));
  BOOST_TEST(domain(dc1(), "orders")->version() > 20);
}

BOOST_AUTO_TEST_CASE(who_is_not_of_the_group_is_told_nothing) {
  wire::v1::DomainsRequest request;
  const auto stranger = ask_for([&](call_ptr call) {
    dc1().engine->serve_cluster("dc9", cluster_kind::domains, request.SerializeAsString(), std::move(call));
  });
  BOOST_TEST(problem_of(stranger).find("not a request for domains of a cluster of this group") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
