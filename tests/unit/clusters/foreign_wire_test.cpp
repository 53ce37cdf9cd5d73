#include "actors/replication/foreign_wire.hpp"

#include <boost/test/unit_test.hpp>

/// What clusters tell each other of runs, there and back.
namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

std::shared_ptr<api::History> events(std::int64_t first, std::int64_t count) {
  auto out = std::make_shared<api::History>();
  for (std::int64_t i = 0; i < count; ++i) {
    auto& e = *out->add_events();
    e.set_event_id(first + i);
    e.set_version(11);
    e.mutable_workflow_execution_signaled_event_attributes()->set_signal_name("s");
  }
  return out;
}

replication::foreign_batch batch() {
  replication::foreign_batch out;
  out.key = {uuid::v4(1, 2), "order", uuid::v4(3, 4)};
  auto& items = out.items;
  items.mutable_branch()->set_tree_id("of the teller");
  auto& item = *items.add_items();
  item.set_event_id(6);
  item.set_version(11);
  out.events = events(5, 2);
  out.new_run_events = events(1, 1);
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(foreign_wire)

BOOST_AUTO_TEST_CASE(a_batch_arrives_as_it_was_told_but_for_its_place_in_the_store) {
  const auto told = batch();
  const auto wire = to_wire(told);
  const auto back = from_wire(wire);
  BOOST_REQUIRE(bool(back));
  BOOST_TEST((back->key == told.key));
  BOOST_TEST(back->events->SerializeAsString() == told.events->SerializeAsString());
  BOOST_TEST(back->new_run_events->SerializeAsString() == told.new_run_events->SerializeAsString());
  BOOST_TEST(back->items.items(0).event_id() == 6);
  BOOST_TEST(!back->items.has_branch());
  BOOST_TEST(to_wire(*back).SerializeAsString() == wire.SerializeAsString());
}

BOOST_AUTO_TEST_CASE(an_activity_arrives_as_it_was_told) {
  replication::foreign_activity told;
  told.key = batch().key;
  told.items = batch().items;
  auto& state = told.state;
  state.schedule_id = 5;
  state.version = 11;
  state.scheduled_ns = 1;
  state.schedule_to_close_base_ns = 2;
  state.started_id = -124;
  state.started_ns = 3;
  state.last_heartbeat_ns = 4;
  state.details = "";
  state.attempt = 6;
  state.last_failure_reason = "why";
  state.last_failure_details = "what";
  state.last_worker_identity = "who";
  const auto wire = to_wire(told);
  const auto back = from_wire(wire);
  BOOST_REQUIRE(bool(back));
  BOOST_TEST(to_wire(*back).SerializeAsString() == wire.SerializeAsString());
  BOOST_TEST((back->state.details == std::optional<std::string>("")));
  BOOST_TEST(back->state.started_id == -124);
  told.state.details.reset();
  const auto without = from_wire(to_wire(told));
  BOOST_TEST((without->state.details == std::nullopt));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_refused) {
  auto wire = to_wire(batch());
  wire.set_events("\xff\xff\xff");
  BOOST_TEST((from_wire(wire).error().kind == error_kind::bad_request));
  wire = to_wire(batch());
  wire.clear_events();
  BOOST_TEST((from_wire(wire).error().kind == error_kind::bad_request));
  wire = to_wire(batch());
  wire.set_run_id("short");
  BOOST_TEST((from_wire(wire).error().kind == error_kind::bad_request));
  wire::v1::FeedItem item;
  BOOST_TEST((workflow_of(item).error().kind == error_kind::bad_request));
  *item.mutable_batch() = to_wire(batch());
  BOOST_TEST((*workflow_of(item) == workflow_key{batch().key.domain_id, "order"}));
}

BOOST_AUTO_TEST_CASE(a_range_of_events_keeps_its_open_ends) {
  replication::event_range range;
  range.after.emplace().set_event_id(3);
  const auto back = range_of(to_wire(batch().key, range));
  BOOST_REQUIRE(back.after.has_value());
  BOOST_TEST(back.after->event_id() == 3);
  BOOST_TEST(!back.before.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
