#include "link_world.hpp"

#include <boost/test/unit_test.hpp>

namespace cadenza::actors {
namespace {

struct keeper_world : link_world {
  keeper_world() {
    for (const auto* name : {"a", "b", "c"})
      add(name);
  }
};

bool is_unavailable(const noted_call& call) { return call.failure && call.failure->kind == error_kind::unavailable; }

} // namespace

BOOST_FIXTURE_TEST_SUITE(keeper_of_links, keeper_world)

BOOST_AUTO_TEST_CASE(the_keeper_holds_a_link_to_every_other_member) {
  cluster_views views("a", 4);
  node_links links;
  caf::actor hall;
  const auto keeper = system().spawn<link_keeper>(env, nodes.at("a").options, *this, views, links,
                                                  [&](caf::actor made) { hall = std::move(made); });
  const auto card = [](const std::string& name) {
    node_card out;
    out.name = name;
    out.link_address = name;
    out.incarnation = 1;
    out.lease_ns = 1;
    return out;
  };
  const auto members = [&](std::vector<node_card> all) {
    auto view = std::make_shared<const cluster_view>(1, "a", std::move(all), 4);
    views.publish(view);
    caf::anon_send(keeper, cluster_view_ptr(view));
    run();
  };
  run();
  BOOST_TEST(bool(hall));
  members({card("a"), card("b"), card("c")});
  BOOST_TEST(links.get()->size() == 2U);
  const auto asked = std::make_shared<noted_call>();
  links.ask("c", {1, "q", false, asked});
  links.tell_all(2, "news");
  const auto nobody = std::make_shared<noted_call>();
  links.ask("nobody", {1, "q", false, nobody});
  run();
  BOOST_TEST(nodes.at("c").asked.size() == 1U);
  BOOST_TEST((nodes.at("b").told.size() == 1U && nodes.at("c").told.size() == 1U));
  BOOST_TEST(is_unavailable(*nobody));
  // A link that dies is made anew; what it held is unavailable.
  end(links.get()->at("c"));
  run();
  pass(1);
  BOOST_TEST(is_unavailable(*asked));
  BOOST_TEST(links.get()->contains("c"));
  // So is the hall.
  const auto first = hall;
  end(first);
  run();
  pass(1);
  BOOST_TEST((hall != first));
  members({card("a"), card("b")});
  BOOST_TEST(links.get()->size() == 1U);
  end(keeper);
  hall = nullptr;
  run();
  BOOST_TEST(links.get()->empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
