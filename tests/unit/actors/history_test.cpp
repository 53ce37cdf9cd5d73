#include "actors/history/history_reader.hpp"
#include "actors/history/history_token.hpp"
#include "storage/memory/memory_store.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>

namespace cadenza::actors {
namespace {

using uber::cadence::api::v1::History;

/// Events [first, next).
std::shared_ptr<const History> batch(std::int64_t first, std::int64_t next, std::int64_t version = 0) {
  auto out = std::make_shared<History>();
  for (auto id = first; id < next; ++id) {
    auto& event = *out->add_events();
    event.set_event_id(id);
    event.set_version(version);
    event.mutable_marker_recorded_event_attributes()->set_marker_name("marker");
  }
  return out;
}

void append(history_cache& cache, std::int64_t first, std::int64_t next) {
  auto events = batch(first, next);
  cache.append(events->SerializeAsString(), events, first, next);
}

std::vector<std::int64_t> ids_of(const std::string& bytes) {
  History history;
  BOOST_REQUIRE(history.ParseFromString(bytes));
  std::vector<std::int64_t> out;
  for (const auto& event : history.events())
    out.push_back(event.event_id());
  return out;
}

std::vector<std::int64_t> range(std::int64_t from, std::int64_t to) {
  std::vector<std::int64_t> out;
  for (; from < to; ++from)
    out.push_back(from);
  return out;
}

constexpr int shard = 3;
const uuid tree = uuid::v4(1, 1);
const uuid trunk = uuid::v4(1, 2);
const uuid fork_of_trunk = uuid::v4(1, 3);

/// A store with the branches of one tree.
struct shelf {
  shelf() {
    storage::shard_update take;
    take.shard = shard;
    take.new_range_id = 1;
    store.shards().update_shard(
        take, [](const storage::commit_result& r) { BOOST_REQUIRE(r.outcome == storage::status::committed); });
  }

  void put(const uuid& branch, std::int64_t first, std::string bytes, std::int64_t txn = 1) {
    storage::shard_transaction tx;
    tx.shard = shard;
    tx.range_id = 1;
    tx.history.push_back({tree, branch, first, txn, std::move(bytes)});
    store.shards().commit(
        std::move(tx), [](const storage::commit_result& r) { BOOST_REQUIRE(r.outcome == storage::status::committed); });
  }
  void put(const uuid& branch, std::int64_t first, std::int64_t next, std::int64_t txn = 1) {
    put(branch, first, batch(first, next, txn)->SerializeAsString(), txn);
  }

  outcome<history_slice> read(const record::v1::HistoryBranch& branch, std::int64_t from, std::int64_t to,
                              int max_batches = 100, std::int64_t max_bytes = 1 << 20) {
    std::optional<outcome<history_slice>> result;
    read_branch(store, shard, branch, from, to, max_batches, max_bytes,
                [&](outcome<history_slice> slice) { result.emplace(std::move(slice)); });
    BOOST_REQUIRE(result.has_value());
    return *std::move(result);
  }

  storage::memory_options options() {
    storage::memory_options out;
    out.fault_hook = [this](const storage::fault_point& point) {
      return storage::fault{!point.commit && blind ? storage::fault::kind::unavailable : storage::fault::kind::none, 0};
    };
    return out;
  }

  bool blind = false;
  storage::memory_store store{options()};
};

record::v1::HistoryBranch branch_of(const uuid& id) {
  record::v1::HistoryBranch out;
  out.set_tree_id(tree.raw());
  out.set_branch_id(id.raw());
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(history_caches)

BOOST_AUTO_TEST_CASE(covers_whole_batches_only) {
  history_cache cache(1 << 20);
  append(cache, 1, 3);
  append(cache, 3, 4);
  append(cache, 4, 8);
  BOOST_TEST(cache.covers(1, 8));
  BOOST_TEST(cache.covers(3, 5));
  BOOST_TEST(cache.covers(9, 9));
  BOOST_TEST(!cache.covers(2, 8));
  BOOST_TEST(!cache.covers(1, 9));
  BOOST_TEST(ids_of(cache.slice(3, 8, 10, 1 << 20).bytes) == range(3, 8), boost::test_tools::per_element());
  BOOST_TEST(cache.find(6)->event_id() == 6);
  BOOST_TEST(cache.find(8) == nullptr);
}

BOOST_AUTO_TEST_CASE(slices_end_after_so_many_batches_or_bytes) {
  history_cache cache(1 << 20);
  append(cache, 1, 3);
  append(cache, 3, 4);
  append(cache, 4, 8);
  const auto two = cache.slice(1, 8, 2, 1 << 20);
  BOOST_TEST(two.next_event_id == 4);
  BOOST_TEST(!two.at_end);
  BOOST_TEST(two.ends.size() == 2U);
  const auto one = cache.slice(1, 8, 10, 1);
  BOOST_TEST(one.next_event_id == 3);
  BOOST_TEST(!one.at_end);
  BOOST_TEST(cache.slice(4, 8, 1, 1).at_end);
}

BOOST_AUTO_TEST_CASE(drops_the_oldest_beyond_its_limit_but_never_the_last) {
  const auto size = batch(1, 3)->ByteSizeLong();
  history_cache cache(size * 2);
  append(cache, 1, 3);
  append(cache, 3, 5);
  append(cache, 5, 7);
  BOOST_TEST(!cache.covers(1, 3));
  BOOST_TEST(cache.covers(3, 7));
  BOOST_TEST(cache.bytes() <= size * 2);
  history_cache tiny(1);
  append(tiny, 1, 3);
  BOOST_TEST(tiny.covers(1, 3));
}

BOOST_AUTO_TEST_CASE(a_gap_empties_it) {
  history_cache cache(1 << 20);
  append(cache, 1, 3);
  append(cache, 5, 6);
  BOOST_TEST(cache.find(1) == nullptr);
  BOOST_TEST(cache.covers(5, 6));
  cache.clear();
  BOOST_TEST(cache.bytes() == 0U);
  BOOST_TEST(!cache.covers(5, 6));
}

BOOST_AUTO_TEST_CASE(keeps_a_few_fetched_batches) {
  history_cache cache(1 << 20);
  append(cache, 100, 101);
  for (std::int64_t first = 1; first < 41; first += 2)
    cache.keep(batch(first, first + 2));
  BOOST_TEST(cache.find(40)->event_id() == 40);
  BOOST_TEST(cache.find(1)->event_id() == 1); // a rule may need all of them at once
  cache.trim_kept();
  BOOST_TEST(cache.find(40)->event_id() == 40);
  BOOST_TEST(cache.find(1) == nullptr);
  BOOST_TEST(!cache.covers(39, 41));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(history_readers)

BOOST_AUTO_TEST_CASE(counts_events_without_parsing_them) {
  BOOST_TEST(count_events({}) == 0);
  BOOST_TEST(count_events(batch(1, 6)->SerializeAsString()) == 5);
  auto torn = batch(1, 6)->SerializeAsString();
  torn.pop_back();
  BOOST_TEST(count_events(torn) == -1);
  BOOST_TEST(count_events("\x10\x01") == -1);
}

BOOST_AUTO_TEST_CASE(reads_page_by_page) {
  shelf s;
  s.put(trunk, 1, 3);
  s.put(trunk, 3, 4);
  s.put(trunk, 4, 9);
  const auto all = s.read(branch_of(trunk), 1, 9);
  BOOST_REQUIRE(bool(all));
  BOOST_TEST(ids_of(all->bytes) == range(1, 9), boost::test_tools::per_element());
  BOOST_TEST(all->at_end);
  BOOST_TEST(all->next_event_id == 9);
  const auto first = s.read(branch_of(trunk), 1, 9, 2);
  BOOST_REQUIRE(bool(first));
  BOOST_TEST(first->next_event_id == 4);
  BOOST_TEST(!first->at_end);
  const auto rest = s.read(branch_of(trunk), first->next_event_id, 9, 2);
  BOOST_REQUIRE(bool(rest));
  BOOST_TEST(ids_of(rest->bytes) == range(4, 9), boost::test_tools::per_element());
  const auto small = s.read(branch_of(trunk), 1, 9, 100, 1);
  BOOST_REQUIRE(bool(small));
  BOOST_TEST(small->next_event_id == 3);
  const auto parsed = parse_batches(*all);
  BOOST_REQUIRE(bool(parsed));
  BOOST_TEST(parsed->size() == 3U);
  BOOST_TEST((*parsed)[2]->events(0).event_id() == 4);
}

BOOST_AUTO_TEST_CASE(reads_a_long_history_at_once) {
  shelf s;
  constexpr std::int64_t last = 5000;
  for (std::int64_t id = 1; id <= last; ++id)
    s.put(trunk, id, id + 1);
  const auto all = s.read(branch_of(trunk), 1, last + 1, INT32_MAX, INT64_MAX);
  BOOST_REQUIRE(bool(all));
  BOOST_TEST(all->ends.size() == static_cast<std::size_t>(last));
  BOOST_TEST(all->next_event_id == last + 1);
}

BOOST_AUTO_TEST_CASE(of_several_writes_of_a_batch_the_newest_counts) {
  shelf s;
  s.put(trunk, 1, 3, 1);
  s.put(trunk, 3, 6, 2); // written, then given up
  s.put(trunk, 3, 5, 7);
  s.put(trunk, 5, 6, 8);
  const auto all = s.read(branch_of(trunk), 1, 6);
  BOOST_REQUIRE(bool(all));
  BOOST_TEST(ids_of(all->bytes) == range(1, 6), boost::test_tools::per_element());
  const auto batches = parse_batches(*all);
  BOOST_REQUIRE(bool(batches));
  BOOST_TEST((*batches)[1]->events(0).version() == 7);
}

BOOST_AUTO_TEST_CASE(follows_the_ancestors_of_a_branch) {
  shelf s;
  s.put(trunk, 1, 3);
  s.put(trunk, 3, 5);
  s.put(trunk, 5, 9); // after the fork: not of the new branch
  s.put(fork_of_trunk, 5, 6);
  s.put(fork_of_trunk, 6, 8);
  auto branch = branch_of(fork_of_trunk);
  auto& ancestor = *branch.add_ancestors();
  ancestor.set_branch_id(trunk.raw());
  ancestor.set_begin_node(1);
  ancestor.set_end_node(5);
  const auto all = s.read(branch, 1, 8);
  BOOST_REQUIRE(bool(all));
  BOOST_TEST(ids_of(all->bytes) == range(1, 8), boost::test_tools::per_element());
  BOOST_TEST(all->ends.size() == 4U);
  // A page may end at the seam.
  const auto page = s.read(branch, 1, 8, 2);
  BOOST_REQUIRE(bool(page));
  BOOST_TEST(page->next_event_id == 5);
  BOOST_TEST(!page->at_end);
  BOOST_TEST(ids_of(s.read(branch, 5, 8)->bytes) == range(5, 8), boost::test_tools::per_element());
  BOOST_TEST(ids_of(s.read(branch, 3, 6)->bytes) == range(3, 6), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(tells_gaps_damage_and_a_store_that_cannot_read) {
  shelf s;
  s.put(trunk, 1, 3);
  s.put(trunk, 4, 5);
  const auto gap = s.read(branch_of(trunk), 1, 5);
  BOOST_REQUIRE(!gap);
  BOOST_TEST((gap.error().kind == error_kind::internal_data_inconsistency));
  const auto tail = s.read(branch_of(trunk), 4, 8);
  BOOST_REQUIRE(!tail);
  BOOST_TEST((tail.error().kind == error_kind::internal_data_inconsistency));
  BOOST_TEST(tail.error().message.find("before event 5") != std::string::npos);
  s.put(fork_of_trunk, 1, std::string("\x0a\x7f"));
  const auto damage = s.read(branch_of(fork_of_trunk), 1, 5);
  BOOST_REQUIRE(!damage);
  BOOST_TEST((damage.error().kind == error_kind::internal_data_inconsistency));
  s.blind = true;
  const auto blind = s.read(branch_of(trunk), 1, 3);
  BOOST_REQUIRE(!blind);
  BOOST_TEST((blind.error().kind == error_kind::unavailable));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(history_tokens)

BOOST_AUTO_TEST_CASE(come_back_as_they_went) {
  for (std::size_t length = 0; length < 6; ++length) {
    history_token token;
    token.run_id = tree.str();
    token.first_event_id = 17;
    token.next_event_id = 4'000'000'000;
    token.running = length % 2 == 0;
    token.branch = std::string("\0\xff\x7f\"\\x", 6).substr(0, length);
    token.synthetic = batch(1, 3)->SerializeAsString();
    const auto back = decode_history_token(encode(token));
    BOOST_REQUIRE(bool(back));
    BOOST_TEST(back->run_id == token.run_id);
    BOOST_TEST(back->first_event_id == token.first_event_id);
    BOOST_TEST(back->next_event_id == token.next_event_id);
    BOOST_TEST(back->running == token.running);
    BOOST_TEST(back->branch == token.branch);
    BOOST_TEST(back->synthetic == token.synthetic);
  }
}

BOOST_AUTO_TEST_CASE(anything_else_is_a_bad_request) {
  const auto good = encode(history_token{tree.str(), 1, 2, true, "branch", {}});
  for (const auto& text : {std::string(), std::string("x"), std::string("{}"), good.substr(0, good.size() - 1),
                           good + "x", std::string(R"({"runId":"r","branchToken":"*"})")}) {
    const auto back = decode_history_token(text);
    BOOST_REQUIRE_MESSAGE(!back, text);
    BOOST_TEST((back.error().kind == error_kind::bad_request));
    BOOST_TEST(back.error().message == "Invalid NextPageToken.");
  }
}

BOOST_AUTO_TEST_CASE(a_token_that_was_changed_is_a_bad_request) {
  const history_token token{tree.str(), 17, 42, true, "branch", "events"};
  const auto good = encode(token);
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char other : {'0', '1', '7', 'A', 'z', '"', ',', '}', '\xFF'}) {
      auto text = good;
      text[i] = other;
      const auto back = decode_history_token(text);
      BOOST_TEST((!back || encode(*back) == good), text); // a number may be written in another way
    }
    BOOST_TEST(!decode_history_token(good.substr(0, i)));
  }
}

BOOST_AUTO_TEST_CASE(a_read_that_met_the_deletion_of_its_run_says_that_it_is_gone) {
  shelf s;
  const run_key run{uuid::v4(1, 7), "w", tree};
  const auto explained = [&](const error& why) {
    std::optional<error> out;
    explain_failed_read(s.store, shard, run, why, [&](const error& told) { out = told; });
    BOOST_REQUIRE(out.has_value());
    return out->kind;
  };
  const error missing{error_kind::internal_data_inconsistency, "events are missing"};
  BOOST_TEST((explained(missing) == error_kind::entity_not_exists));
  BOOST_TEST((explained(unavailable("not now")) == error_kind::unavailable));
  s.blind = true;
  BOOST_TEST((explained(missing) == error_kind::internal_data_inconsistency));
  s.blind = false;
  storage::shard_transaction tx;
  tx.shard = shard;
  tx.range_id = 1;
  run_mutation row;
  row.key = run;
  row.header = "header";
  tx.runs.push_back(std::move(row));
  s.store.shards().commit(
      std::move(tx), [](const storage::commit_result& r) { BOOST_REQUIRE(r.outcome == storage::status::committed); });
  BOOST_TEST((explained(missing) == error_kind::internal_data_inconsistency));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
