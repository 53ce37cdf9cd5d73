#include "link_world.hpp"

#include <boost/test/unit_test.hpp>

namespace cadenza::actors {
namespace {

struct two_nodes : link_world {
  two_nodes() {
    add("a");
    add("b");
  }
  node& a() { return nodes.at("a"); }
  node& b() { return nodes.at("b"); }
  int count(const std::vector<link_event>& events, link_event::kind what) {
    return static_cast<int>(std::count_if(events.begin(), events.end(), [&](const auto& e) { return e.what == what; }));
  }
};

bool is_unavailable(const noted_call& call) { return call.failure && call.failure->kind == error_kind::unavailable; }

} // namespace

BOOST_FIXTURE_TEST_SUITE(links_between_nodes, two_nodes)

BOOST_AUTO_TEST_CASE(a_request_is_carried_out_there_and_its_answer_comes_back_as_it_is) {
  const auto to_b = link("a", "b");
  auto asked = std::make_shared<noted_call>(now_ns() + 2'000'000'000);
  asked->who.name = "worker-1";
  asked->who.isolation_group = "zone-a";
  asked->who.reads_raw_history = true;
  caf::anon_send(to_b, std::make_shared<link_request>(link_request{7, "question", false, asked}));
  run();
  BOOST_REQUIRE(b().asked.size() == 1U);
  BOOST_TEST(b().asked[0].first == "question");
  const auto& served = *b().asked[0].second;
  BOOST_TEST(served.caller().name == "worker-1");
  BOOST_TEST(served.caller().isolation_group == "zone-a");
  BOOST_TEST(served.caller().reads_raw_history);
  BOOST_TEST(!served.caller().takes_sticky_queries);
  BOOST_TEST((served.deadline_ns() > now_ns() && served.deadline_ns() <= now_ns() + 2'000'000'000));
  b().asked[0].second->reply_bytes(std::string("an\0swer", 7));
  run();
  BOOST_REQUIRE(asked->bytes);
  BOOST_TEST(*asked->bytes == std::string("an\0swer", 7));
}

BOOST_AUTO_TEST_CASE(a_failure_comes_back_with_its_details) {
  const auto to_b = link("a", "b");
  const auto asked = ask(to_b, "q");
  run();
  error_detail detail;
  detail.run_id = "run";
  detail.active_clusters = {"x", "y"};
  b().asked.at(0).second->reject({error_kind::workflow_already_started, "there it runs", detail});
  run();
  BOOST_REQUIRE(asked->failure);
  BOOST_TEST((asked->failure->kind == error_kind::workflow_already_started));
  BOOST_TEST(asked->failure->message == "there it runs");
  BOOST_REQUIRE(asked->failure->detail);
  BOOST_TEST(asked->failure->detail->run_id == "run");
  BOOST_TEST(asked->failure->detail->active_clusters.size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_is_dropped_there_is_unavailable_here) {
  const auto to_b = link("a", "b");
  const auto asked = ask(to_b, "q");
  run();
  b().asked.clear();
  run();
  BOOST_TEST(is_unavailable(*asked));
}

BOOST_AUTO_TEST_CASE(everything_pending_is_unavailable_at_once_when_the_other_side_dies) {
  const auto to_b = link("a", "b");
  std::vector<std::shared_ptr<noted_call>> all;
  for (int i = 0; i < 100; ++i)
    all.push_back(ask(to_b, "q", i % 2 == 0));
  run();
  BOOST_REQUIRE(b().asked.size() == 100U);
  const auto before = now_ns();
  break_connections();
  for (const auto& one : all)
    BOOST_TEST(is_unavailable(*one));
  BOOST_TEST(now_ns() == before);
  BOOST_TEST(count(a().events, link_event::kind::lost) == 1);
  // Whoever still works on them is told.
  for (const auto& [bytes, served] : b().asked)
    BOOST_TEST(served->cancelled());
}

BOOST_AUTO_TEST_CASE(a_link_that_was_lost_is_there_again_and_nothing_is_sent_twice) {
  const auto to_b = link("a", "b");
  const auto lost = ask(to_b, "lost");
  run();
  break_connections();
  BOOST_TEST(is_unavailable(*lost));
  const auto again = ask(to_b, "again");
  run();
  BOOST_REQUIRE(b().asked.size() == 2U);
  BOOST_TEST(b().asked[1].first == "again");
  b().asked[0].second->reply_bytes("too late");
  b().asked[1].second->reply_bytes("in time");
  run();
  BOOST_REQUIRE(again->bytes);
  BOOST_TEST(*again->bytes == "in time");
}

BOOST_AUTO_TEST_CASE(a_frame_that_comes_twice_is_taken_once) {
  copies = [](const auto&, const auto&) { return 2; };
  const auto to_b = link("a", "b");
  const auto asked = ask(to_b, "q");
  run();
  BOOST_TEST(b().asked.size() == 1U);
  b().asked.at(0).second->reply_bytes("a");
  run();
  BOOST_TEST(*asked->bytes == "a");
  BOOST_TEST(count(a().events, link_event::kind::lost) == 0);
}

BOOST_AUTO_TEST_CASE(a_frame_that_is_missing_ends_the_session) {
  const auto to_b = link("a", "b");
  bool lose_one = true;
  copies = [&](const auto&, const wire::v1::LinkHead& head) {
    return head.has_begin() && std::exchange(lose_one, false) ? 0 : 1;
  };
  const auto lost = ask(to_b, "lost");
  run();
  BOOST_TEST(!lost->answered());
  const auto next = ask(to_b, "next");
  run();
  // Nobody knows what the first did: both are refused, and nothing was carried out.
  BOOST_TEST(is_unavailable(*lost));
  BOOST_TEST(is_unavailable(*next));
  BOOST_TEST(b().asked.empty());
  const auto later = ask(to_b, "later");
  run();
  BOOST_TEST(b().asked.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_small_request_does_not_wait_for_a_large_one) {
  const auto to_b = link("a", "b");
  std::vector<std::string> order;
  b().handle = [&](const std::string&, std::uint32_t, std::string bytes, call_ptr call) {
    order.push_back(bytes.size() > 100 ? "large" : bytes);
    call->reply_bytes(std::to_string(bytes.size()));
  };
  std::size_t under_way = 0;
  std::size_t most = 0;
  copies = [&](const std::string&, const wire::v1::LinkHead& head) {
    if (head.has_more() || (head.has_begin() && head.begin().size() > 100))
      most = std::max(most, ++under_way);
    if (head.has_taken())
      under_way -= head.taken().bytes() / (64 << 10);
    return 1;
  };
  const auto large = ask(to_b, std::string(20 << 20, 'x'));
  const auto small = ask(to_b, "small");
  run();
  BOOST_REQUIRE(order.size() == 2U);
  BOOST_TEST(order[0] == "small");
  BOOST_TEST(*large->bytes == std::to_string(20 << 20));
  BOOST_TEST(*small->bytes == "5");
  BOOST_TEST(most <= 17U); // a mebibyte in parts of 64 KiB
}

BOOST_AUTO_TEST_CASE(large_answers_come_whole_beside_small_ones) {
  const auto to_b = link("a", "b");
  std::string content(5 << 20, ' ');
  for (std::size_t i = 0; i < content.size(); ++i)
    content[i] = static_cast<char>('a' + i % 23);
  b().handle = [&](const std::string&, std::uint32_t, std::string bytes, call_ptr call) {
    call->reply_bytes(std::string_view(bytes) == "much" ? content : "little");
  };
  const auto one = ask(to_b, "much");
  const auto two = ask(to_b, "much");
  const auto small = ask(to_b, "q");
  run();
  BOOST_TEST((one->bytes && *one->bytes == content));
  BOOST_TEST((two->bytes && *two->bytes == content));
  BOOST_TEST(*small->bytes == "little");
}

BOOST_AUTO_TEST_CASE(a_full_window_refuses_and_says_so) {
  nodes.at("a").options.bounds.window_requests = 3;
  nodes.at("a").options.bounds.window_waiting = 2;
  nodes.at("a").options.bounds.window_bytes = 1000;
  const auto to_b = link("a", "b");
  std::vector<std::shared_ptr<noted_call>> calls;
  for (int i = 0; i < 4; ++i)
    calls.push_back(ask(to_b, "q"));
  for (int i = 0; i < 3; ++i)
    calls.push_back(ask(to_b, "poll", true));
  run();
  BOOST_TEST(b().asked.size() == 5U);
  for (const std::size_t full : {3U, 6U}) {
    BOOST_REQUIRE(calls[full]->failure);
    BOOST_TEST((calls[full]->failure->kind == error_kind::service_busy));
    BOOST_TEST(calls[full]->failure->message == "too much waits for node b");
  }
  // An answer makes room.
  b().asked[0].second->reply_bytes("a");
  run();
  const auto heavy = ask(to_b, std::string(995, 'x'));
  run();
  BOOST_TEST((heavy->failure && heavy->failure->kind == error_kind::service_busy));
  const auto light = ask(to_b, "q");
  run();
  BOOST_TEST(!light->answered());
}

BOOST_AUTO_TEST_CASE(whoever_goes_away_is_worked_for_no_longer) {
  const auto to_b = link("a", "b");
  const auto poll = ask(to_b, "poll", true);
  run();
  bool told = false;
  b().asked.at(0).second->on_cancel([&] { told = true; });
  poll->leave();
  run();
  BOOST_TEST(told);
  BOOST_TEST(b().asked[0].second->cancelled());
}

BOOST_AUTO_TEST_CASE(a_request_without_an_answer_in_time_ends_here_and_there) {
  const auto to_b = link("a", "b");
  const auto asked = ask(to_b, "q", false, now_ns() + 1'000'000'000);
  run();
  pass(2);
  BOOST_TEST(is_unavailable(*asked));
  BOOST_TEST(b().asked.at(0).second->cancelled());
  const auto late = ask(to_b, "q", false, now_ns() - 1);
  run();
  BOOST_TEST(is_unavailable(*late));
  BOOST_TEST(b().asked.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_side_that_is_silent_is_given_up) {
  const auto to_b = link("a", "b");
  pass(20); // signs of life keep a quiet link
  BOOST_TEST(count(a().events, link_event::kind::lost) == 0);
  const auto asked = ask(to_b, "q");
  run();
  copies = [](const auto&, const auto&) { return 0; };
  cut = true;
  pass(4);
  BOOST_TEST(!asked->answered());
  pass(2);
  BOOST_TEST(is_unavailable(*asked));
  pass(2);
  BOOST_TEST(b().asked.at(0).second->cancelled());
  const auto meanwhile = ask(to_b, "q");
  run();
  BOOST_TEST(is_unavailable(*meanwhile)); // at once, not after a time-out
  copies = [](const auto&, const auto&) { return 1; };
  cut = false;
  pass(3);
  const auto after = ask(to_b, "q");
  run();
  BOOST_TEST(b().asked.size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_is_told_needs_no_answer_and_may_be_lost) {
  const auto to_b = link("a", "b");
  caf::anon_send(to_b, std::make_shared<link_request>(link_request{3, "news", false, nullptr}));
  run();
  BOOST_TEST(b().told.size() == 1U);
  cut = true;
  break_connections();
  caf::anon_send(to_b, std::make_shared<link_request>(link_request{3, "lost", false, nullptr}));
  run();
  BOOST_TEST(b().told.size() == 1U);
}

BOOST_AUTO_TEST_CASE(requests_wait_for_the_first_connection_only) {
  refusing = true;
  const auto to_b = link("a", "b");
  const auto asked = ask(to_b, "q");
  run();
  BOOST_TEST(is_unavailable(*asked));
  BOOST_TEST(count(a().events, link_event::kind::refused) >= 1);
  refusing = false;
  pass(2);
  const auto next = ask(to_b, "q");
  run();
  BOOST_TEST(b().asked.size() == 1U);
}

BOOST_AUTO_TEST_CASE(neighbours_in_versions_work_together_and_others_refuse) {
  const auto open = [&](int oldest_a, int newest_a, int oldest_b, int newest_b) {
    const auto name_a = "a" + std::to_string(nodes.size());
    const auto name_b = "b" + std::to_string(nodes.size());
    add(name_a, [&](link_options& o) {
      o.protocol_oldest = oldest_a;
      o.protocol_newest = newest_a;
    });
    add(name_b, [&](link_options& o) {
      o.protocol_oldest = oldest_b;
      o.protocol_newest = newest_b;
    });
    int spoken = 0;
    copies = [&](const auto&, const wire::v1::LinkHead& head) {
      if (head.has_welcome())
        spoken = head.welcome().protocol();
      return 1;
    };
    const auto made = link(name_a, name_b);
    const auto asked = ask(made, "q");
    run();
    BOOST_TEST(nodes.at(name_b).asked.size() == (spoken == 0 ? 0U : 1U));
    BOOST_TEST(is_unavailable(*asked) == (spoken == 0));
    end(made);
    run();
    return spoken;
  };
  BOOST_TEST(open(1, 2, 1, 2) == 2);
  BOOST_TEST(open(1, 2, 2, 3) == 2); // N−1 dials N
  BOOST_TEST(open(2, 3, 1, 2) == 2); // N dials N−1
  BOOST_TEST(open(1, 1, 2, 3) == 0);
  BOOST_TEST(open(3, 4, 1, 2) == 0);
}

BOOST_AUTO_TEST_CASE(a_node_of_another_cluster_or_name_is_refused) {
  add("stranger", [](link_options& o) { o.cluster = "production"; });
  const auto asked = ask(link("stranger", "b"), "q");
  run();
  BOOST_TEST(is_unavailable(*asked));
  BOOST_TEST(asked->failure->message.find("this is cluster test") != std::string::npos);
  // Another node has taken the address.
  nodes.at("b").options.self = "c";
  const auto misled = ask(link("a", "b"), "q");
  run();
  BOOST_TEST(is_unavailable(*misled));
  BOOST_TEST(misled->failure->message.find("this is node c") != std::string::npos);
  BOOST_TEST(b().asked.empty());
}

BOOST_AUTO_TEST_CASE(another_life_of_a_node_is_noticed) {
  nodes.at("b").options.incarnation = 2;
  link("a", "b", 1);
  BOOST_REQUIRE(count(a().events, link_event::kind::refused) == 1);
  for (const auto& event : a().events)
    if (event.what == link_event::kind::refused)
      BOOST_TEST(event.incarnation == 1);
  BOOST_TEST(count(b().events, link_event::kind::met) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
