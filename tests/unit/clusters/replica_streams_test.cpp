#include "actors/replication/replica_streams.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

/// What another cluster has told and is not applied yet: order within a workflow id, and none between them.
namespace cadenza::actors {
namespace {

workflow_key key(const std::string& id) { return {uuid::v4(1, 2), id}; }

replica_streams::item item(std::int64_t id) {
  auto out = std::make_shared<wire::v1::FeedItem>();
  out->set_task_id(id);
  out->set_created_ns(id * 10);
  return out;
}

std::string ids(const std::optional<replica_streams::piece>& piece) {
  std::string out = piece ? piece->key.workflow_id + ":" : "none";
  if (piece)
    for (const auto& each : piece->items)
      out += " " + std::to_string(each->task_id());
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(streams_of_workflow_ids)

BOOST_AUTO_TEST_CASE(one_piece_of_a_workflow_id_is_under_way_at_a_time) {
  replica_streams streams;
  streams.add(key("a"), item(1));
  streams.add(key("b"), item(2));
  streams.add(key("a"), item(3));
  BOOST_TEST(ids(streams.take(0)) == "a: 1 3");
  streams.add(key("a"), item(4));
  BOOST_TEST(ids(streams.take(0)) == "b: 2");
  BOOST_TEST(ids(streams.take(0)) == "none");
  BOOST_TEST(streams.done(key("a")) == 2U);
  BOOST_TEST(ids(streams.take(0)) == "a: 4");
  BOOST_TEST(streams.oldest()->task_id() == 2);
}

BOOST_AUTO_TEST_CASE(what_failed_comes_again_in_order_after_a_growing_pause_and_holds_up_nothing_else) {
  replica_streams streams;
  streams.add(key("a"), item(1));
  BOOST_TEST(ids(streams.take(0)) == "a: 1");
  streams.add(key("a"), item(2));
  BOOST_TEST(streams.failed(key("a"), 0) == 1U);
  streams.add(key("b"), item(3));
  BOOST_TEST(ids(streams.take(0)) == "b: 3");
  BOOST_TEST(streams.done(key("b")) == 1U);
  BOOST_TEST(streams.oldest()->task_id() == 1);
  BOOST_TEST(streams.next_due() == replica_streams::first_pause_ns);
  BOOST_TEST(ids(streams.take(replica_streams::first_pause_ns - 1)) == "none");
  BOOST_TEST(ids(streams.take(replica_streams::first_pause_ns)) == "a: 1 2");
  const auto later = replica_streams::first_pause_ns;
  BOOST_TEST(streams.failed(key("a"), later) == 2U);
  BOOST_TEST(streams.next_due() == later + 2 * replica_streams::first_pause_ns);
  for (int i = 0; i < 40; ++i) {
    const auto due = streams.next_due();
    BOOST_TEST(ids(streams.take(due)) == "a: 1 2");
    streams.failed(key("a"), due);
    BOOST_TEST(streams.next_due() - due <= replica_streams::longest_pause_ns);
  }
}

BOOST_AUTO_TEST_CASE(everything_below_the_oldest_open_task_is_over) {
  replica_streams streams;
  BOOST_TEST((streams.oldest() == nullptr));
  for (std::int64_t i = 1; i <= 200; ++i)
    streams.add(key("a"), item(i));
  BOOST_TEST(streams.size() == 200U);
  BOOST_TEST(streams.bytes() > 0U);
  auto piece = streams.take(0);
  BOOST_TEST(piece->items.size() == replica_streams::piece_items);
  BOOST_TEST(streams.done(key("a")) == replica_streams::piece_items);
  BOOST_TEST(streams.oldest()->task_id() == static_cast<std::int64_t>(replica_streams::piece_items) + 1);
  while ((piece = streams.take(0)))
    streams.done(piece->key);
  BOOST_TEST((streams.oldest() == nullptr));
  BOOST_TEST(streams.size() == 0U);
  BOOST_TEST(streams.bytes() == 0U);
  BOOST_TEST(streams.next_due() == INT64_MAX);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
