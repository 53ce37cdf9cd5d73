#include "fleet.hpp"

#include <boost/test/unit_test.hpp>

namespace cadenza::actors {
namespace {

constexpr std::int64_t s = 1'000'000'000;

bool belongs(fleet::ship& one) { return one.views->get()->self_belongs(); }

struct three : fleet {
  three() : fleet(1, 3) {
    for (int i = 0; i < 3; ++i)
      launch(at(i));
    sail(3 * s);
  }
  int told(const std::string& text) {
    return static_cast<int>(
        std::count_if(log.begin(), log.end(), [&](const auto& line) { return line.find(text) != std::string::npos; }));
  }
};

/// A minute of bad weather, in which nodes die, come back, stand still and are told of each other's end.
void storm(fleet& at_sea) {
  auto& chance = at_sea.chance;
  at_sea.now = {static_cast<int>(chance.below(60)), static_cast<int>(chance.below(40)),
                static_cast<int>(chance.below(60)), false};
  for (int i = 0; i < 120; ++i) {
    auto& one = at_sea.at(static_cast<int>(chance.below(at_sea.size())));
    const auto what = chance.below(24);
    if (what == 0 && !one.dead) {
      const auto was = one.incarnation;
      at_sea.sink(one);
      auto& other = at_sea.at(static_cast<int>(chance.below(at_sea.size())));
      if (!other.dead && chance.permille(700))
        at_sea.send(other, peer_gone{one.name, was});
    } else if (what == 1 && !one.frozen) {
      one.frozen = !one.dead;
    } else if (what == 2 && !one.dead && !one.frozen) {
      one.skew_ns += chance.between(-20 * s, 20 * s); // somebody sets its clock
    } else if (what == 3) {
      at_sea.now.out = !at_sea.now.out;
    } else if (what == 4) {
      at_sea.send(one, look_now{});
    } else if (what < 8 && one.dead) {
      at_sea.launch(one);
    } else if (what < 12 && one.frozen) {
      at_sea.thaw(one);
    }
    at_sea.sail(chance.below(s));
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(membership_of_nodes)

BOOST_FIXTURE_TEST_CASE(nodes_find_each_other_and_agree, three) {
  BOOST_TEST(disagreement() == "");
  BOOST_TEST(rows().size() == 3U);
  const auto before = at(0).views_seen;
  sail(20 * s);
  BOOST_TEST(at(0).views_seen == before); // nothing is published while nothing changes
}

BOOST_FIXTURE_TEST_CASE(a_node_that_dies_is_dropped_when_its_lease_has_run_out, three) {
  const auto died = true_ns();
  sink(at(1));
  while (rows().contains("n1") && true_ns() < died + 20 * s)
    step();
  BOOST_TEST(true_ns() - died >= 4 * s);
  BOOST_TEST(true_ns() - died <= 7 * s);
  sail(2 * s);
  BOOST_TEST(disagreement() == "");
}

BOOST_FIXTURE_TEST_CASE(a_node_that_links_know_to_be_gone_is_dropped_at_once, three) {
  const auto died = true_ns();
  sink(at(1));
  send(at(0), peer_gone{"n1", at(1).incarnation});
  while (at(0).views->get()->find("n1") != nullptr && true_ns() < died + 20 * s)
    step();
  BOOST_TEST(true_ns() - died <= s / 10);
  send(at(2), look_now{});
  sail(s / 10);
  BOOST_TEST(disagreement() == "");
  // The same news again, when it lives anew, is about another life.
  launch(at(1));
  sail(2 * s);
  send(at(0), peer_gone{"n1", at(1).incarnation - 1});
  sail(2 * s);
  BOOST_TEST(disagreement() == "");
}

BOOST_FIXTURE_TEST_CASE(a_node_that_is_dropped_while_it_lives_steps_down_and_comes_back, three) {
  hints_lie = true;
  const auto before = at(2).views_seen;
  send(at(0), peer_gone{"n2", at(2).incarnation});
  sail(s / 2);
  BOOST_TEST(at(0).views->get()->find("n2") == nullptr);
  sail(3 * s);
  BOOST_TEST(at(2).views_seen >= before + 2); // without itself, and with itself again
  BOOST_TEST(told("its lease was taken away") == 1);
  BOOST_TEST(disagreement() == "");
}

BOOST_FIXTURE_TEST_CASE(a_node_that_cannot_renew_steps_down_before_its_lease_ends, three) {
  now.out = true;
  sail(3 * s);
  BOOST_TEST(belongs(at(0)));
  sail(3 * s);
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(!belongs(at(i)));
  now.out = false;
  sail(3 * s);
  BOOST_TEST(disagreement() == "");
}

BOOST_FIXTURE_TEST_CASE(a_node_that_stood_still_steps_down_before_it_does_anything_else, three) {
  at(0).frozen = true;
  sail(20 * s);
  BOOST_TEST(!rows().contains("n0"));
  thaw(at(0));
  while (at(0).woken)
    step();
  BOOST_TEST(!belongs(at(0)));
  sail(3 * s);
  BOOST_TEST(disagreement() == "");
}

BOOST_FIXTURE_TEST_CASE(who_stood_still_does_not_take_the_others_for_dead, three) {
  at(0).frozen = true;
  sail(60 * s);
  thaw(at(0));
  sail(4 * s);
  BOOST_TEST(told("n0: node n1 is no longer a member") == 0);
  BOOST_TEST(told("n0: node n2 is no longer a member") == 0);
  BOOST_TEST(disagreement() == "");
}

BOOST_FIXTURE_TEST_CASE(clocks_that_differ_by_hours_or_jump_change_nothing, three) {
  at(1).skew_ns = -7 * 3600 * s;
  sail(6 * s);
  at(2).skew_ns = 9 * 3600 * s;
  sail(6 * s);
  // Set forward, a clock says that the own lease has ended: the node steps down and comes back. Nobody else is dropped.
  BOOST_TEST(told("is no longer a member") == 0);
  BOOST_TEST(disagreement() == "");
}

BOOST_FIXTURE_TEST_CASE(a_clock_that_is_set_back_does_not_make_a_lease_longer, three) {
  now.out = true;
  at(0).skew_ns = -3600 * s;
  sail(6 * s);
  BOOST_TEST(!belongs(at(0)));
}

BOOST_FIXTURE_TEST_CASE(whoever_drains_is_given_nothing_and_leaves, three) {
  bool drained = false;
  bool left = false;
  send(at(1), drain_membership{[&] { drained = true; }});
  sail(s / 10);
  BOOST_TEST(drained);
  sail(2 * s);
  for (int shard = 0; shard < 16; ++shard)
    BOOST_TEST(at(0).views->get()->owner_of_shard(shard)->name != "n1");
  BOOST_TEST(disagreement() == "");
  send(at(1), leave_membership{[&] { left = true; }});
  sail(s / 10);
  BOOST_TEST(left);
  BOOST_TEST(!rows().contains("n1"));
  BOOST_TEST(!belongs(at(1)));
  sail(10 * s);
  BOOST_TEST(!rows().contains("n1"));
  BOOST_TEST(at(0).views->get()->members().size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_process_that_is_started_again_takes_its_lease_at_once, three) {
  sink(at(1));
  launch(at(1));
  const auto begun = true_ns();
  while (!belongs(at(1)) && true_ns() < begun + 20 * s)
    step();
  BOOST_TEST(true_ns() - begun <= s / 10);
}

BOOST_FIXTURE_TEST_CASE(an_actor_that_is_made_anew_keeps_what_its_process_has, three) {
  const auto before = at(1).views_seen;
  caf::anon_send_exit(at(1).actor, caf::exit_reason::kill);
  begin(at(1), {}, at(1).incarnation);
  bool always = true;
  for (const auto until = true_ns() + 3 * s; true_ns() < until;) {
    step();
    always = always && belongs(at(1));
  }
  BOOST_TEST(always);
  BOOST_TEST(at(1).views_seen <= before + 1);
  BOOST_TEST(disagreement() == "");
}

BOOST_FIXTURE_TEST_CASE(a_second_node_of_one_name_does_not_take_the_lease_of_the_first, three) {
  fleet::ship twin;
  twin.name = "n1";
  launch(twin, "elsewhere:1", 77);
  sail(20 * s);
  BOOST_TEST(!belongs(twin));
  BOOST_TEST(belongs(at(1)));
  BOOST_TEST(told("a node at n1:1 has the name n1 already") == 1);
  // When the first has gone for good the name is free.
  sink(at(1));
  sail(10 * s);
  BOOST_TEST(belongs(twin));
  sink(twin);
  sail(s);
}

BOOST_FIXTURE_TEST_CASE(a_node_that_speaks_no_common_protocol_does_not_join, three) {
  sink(at(2));
  tune = [](membership_options& options) { options.card.protocol_oldest = options.card.protocol_newest = 3; };
  launch(at(2));
  sail(3 * s);
  BOOST_TEST(!belongs(at(2)));
  BOOST_TEST(told("speaks no protocol that this one speaks") >= 1);
  sink(at(2));
  // A neighbour in versions does.
  tune = [](membership_options& options) { options.card.protocol_newest = 2; };
  launch(at(2));
  sail(3 * s);
  BOOST_TEST(disagreement() == "");
}

BOOST_AUTO_TEST_CASE(whatever_happens_nobody_believes_in_a_lease_that_is_gone_and_all_agree_in_the_end) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      fleet at_sea(seed, 2 + static_cast<int>(seed % 4));
      for (int i = 0; i < at_sea.size(); ++i) {
        at_sea.at(i).skew_ns = at_sea.chance.between(-3600 * s, 3600 * s);
        at_sea.at(i).drift_ppm = at_sea.chance.between(-5'000, 5'000);
        at_sea.launch(at_sea.at(i));
      }
      std::string wrong;
      try {
        storm(at_sea);
        at_sea.now = {};
        for (int i = 0; i < at_sea.size(); ++i)
          at_sea.thaw(at_sea.at(i));
        at_sea.sail(12 * s);
        wrong = at_sea.disagreement();
      } catch (const std::logic_error& violation) {
        wrong = violation.what();
      }
      BOOST_TEST(wrong == "");
      if (!wrong.empty())
        for (const auto& line : at_sea.log)
          BOOST_TEST_MESSAGE(line);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
