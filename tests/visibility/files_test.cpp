#include "tests/visibility/fixture.hpp"

#include "storage/visibility/sqlite/sqlite.hpp"

#include <fstream>
#include <thread>

using namespace visibility_test;
using cadenza::error_kind;
using cadenza::storage::open_visibility_store;
using cadenza::storage::remove_visibility_files;

namespace {

std::optional<cadenza::error> failure_to_open(const std::string& path, bool verify = false) {
  visibility_options options;
  options.path = path;
  options.verify = verify;
  auto store = open_visibility_store(options);
  if (store)
    return std::nullopt;
  return store.error();
}

void fill(visibility_store& store, std::uint64_t count) {
  std::vector<visibility_change> changes;
  for (std::uint64_t n = 0; n < count; ++n)
    changes.push_back(
        with_attributes(started(n, static_cast<std::int64_t>(n)), {{"CustomIntField", std::to_string(n)}}));
  feed(store, changes);
}

void overwrite(const std::string& path, std::streamoff at, const std::string& bytes) {
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  file.seekp(at);
  file << bytes;
  BOOST_REQUIRE(file.good());
}

} // namespace

BOOST_AUTO_TEST_SUITE(files)

BOOST_AUTO_TEST_CASE(everything_is_there_after_reopening) {
  const temporary_folder folder;
  {
    const auto store = open_file(folder.file("v.db"));
    feed(*store, {with_attributes(started(1, 10, 5), {{"CustomIntField", "7"}}), closed(2, 20, 30), removed(3, 9)});
  }
  const auto store = open_file(folder.file("v.db"));
  CHECK_IDS(all_open(*store), {"wf-1"});
  CHECK_IDS(all_closed(*store), {"wf-2"});
  CHECK_IDS(all_matching(*store, "CustomIntField = 7"), {"wf-1"});
  BOOST_TEST(feed(*store, {started(1, 10, 4), started(3, 10, 1)}) == 0);
}

BOOST_AUTO_TEST_CASE(what_was_made_durable_survives_in_the_files_as_they_lie_there) {
  const temporary_folder folder;
  const auto store = open_file(folder.file("v.db"));
  fill(*store, 500);
  BOOST_TEST(bool{store->make_durable()});
  // The store is still open: a copy is what a crash would leave.
  std::filesystem::copy_file(folder.file("v.db"), folder.file("crashed.db"));
  std::filesystem::copy_file(folder.file("v.db-wal"), folder.file("crashed.db-wal"));
  const auto crashed = open_file(folder.file("crashed.db"));
  BOOST_TEST(all_open(*crashed).size() == 500u);
}

BOOST_AUTO_TEST_CASE(a_torn_end_of_the_log_costs_only_the_last_batch) {
  const temporary_folder folder;
  const auto store = open_file(folder.file("v.db"));
  fill(*store, 500);
  const auto durable = std::filesystem::file_size(folder.file("v.db-wal"));
  feed(*store, {started(9000, 9000)});
  std::filesystem::copy_file(folder.file("v.db"), folder.file("crashed.db"));
  std::filesystem::copy_file(folder.file("v.db-wal"), folder.file("crashed.db-wal"));
  std::filesystem::resize_file(folder.file("crashed.db-wal"), durable + 100);
  const auto crashed = open_file(folder.file("crashed.db"));
  BOOST_TEST(all_open(*crashed).size() == 500u);
  BOOST_TEST(feed(*crashed, {started(9000, 9000)}) == 1);
}

BOOST_AUTO_TEST_CASE(making_durable_twice_and_when_empty_is_harmless) {
  const temporary_folder folder;
  const auto store = open_file(folder.file("v.db"));
  BOOST_TEST(bool{store->make_durable()});
  feed(*store, {started(1, 1)});
  BOOST_TEST(bool{store->make_durable()});
  BOOST_TEST(bool{store->make_durable()});
  BOOST_TEST(bool{open_in_memory()->make_durable()});
}

BOOST_AUTO_TEST_CASE(a_second_view_follows_the_writer_from_another_thread) {
  const temporary_folder folder;
  const auto store = open_file(folder.file("v.db"));
  feed(*store, {started(1, 10)});
  auto reader = store->open_reader();
  BOOST_REQUIRE(reader);
  CHECK_IDS(all_open(**reader), {"wf-1"});
  feed(*store, {closed(1, 10, 20), started(2, 20)});
  ids seen;
  std::thread{[&] { seen = all_open(**reader); }}.join();
  CHECK_IDS(seen, {"wf-2"});
  BOOST_TEST(counted(**reader, "CloseStatus = 0") == 1);
  BOOST_TEST(bool{store->clear()});
  CHECK_IDS(all_open(**reader), {});
}

BOOST_AUTO_TEST_CASE(reading_and_writing_at_once_never_fails_and_never_shows_half_a_batch) {
  const temporary_folder folder;
  const auto store = open_file(folder.file("v.db"));
  feed(*store, {started(0, 0)});
  auto reader = store->open_reader();
  BOOST_REQUIRE(reader);
  constexpr std::uint64_t batches = 200;
  std::int64_t last = 0;
  std::int64_t torn = 0;
  std::thread watcher{[&] {
    while (last < static_cast<std::int64_t>(batches * 10 + 1)) {
      query_request request;
      request.domain_id = domain;
      const auto count = (*reader)->count_by_query(request);
      if (!count || *count < last || *count % 10 != 1) {
        ++torn;
        return;
      }
      last = *count;
    }
  }};
  for (std::uint64_t batch = 0; batch < batches; ++batch) {
    std::vector<visibility_change> changes;
    for (std::uint64_t i = 1; i <= 10; ++i)
      changes.push_back(started(batch * 10 + i, 5));
    feed(*store, changes);
  }
  watcher.join();
  BOOST_TEST(torn == 0);
}

BOOST_AUTO_TEST_CASE(a_store_in_memory_has_no_second_view) {
  const auto reader = open_in_memory()->open_reader();
  BOOST_REQUIRE(!reader);
  BOOST_TEST((reader.error().kind == error_kind::unavailable));
}

BOOST_AUTO_TEST_CASE(a_file_of_garbage_is_named_damaged_and_can_be_replaced) {
  const temporary_folder folder;
  const auto path = folder.file("v.db");
  std::ofstream{path} << std::string(8192, 'x');
  const auto failure = failure_to_open(path);
  BOOST_REQUIRE(failure);
  BOOST_TEST((failure->kind == error_kind::internal_data_inconsistency), failure->message);
  BOOST_TEST(failure->message.find("rebuilt") != std::string::npos, failure->message);
  BOOST_TEST(bool{remove_visibility_files(path)});
  BOOST_TEST(!failure_to_open(path));
}

BOOST_AUTO_TEST_CASE(a_file_cut_short_is_damaged) {
  const temporary_folder folder;
  const auto path = folder.file("v.db");
  fill(*open_file(path), 2000);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  const auto failure = failure_to_open(path);
  BOOST_REQUIRE(failure);
  BOOST_TEST((failure->kind == error_kind::internal_data_inconsistency), failure->message);
}

BOOST_AUTO_TEST_CASE(damage_in_the_middle_is_found_when_the_file_is_verified) {
  const temporary_folder folder;
  const auto path = folder.file("v.db");
  fill(*open_file(path), 5000);
  BOOST_TEST(!failure_to_open(path, true));
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(path));
  for (std::streamoff at = 4096 * 20; at + 4096 < size; at += 4096 * 10)
    overwrite(path, at, std::string(4096, '\x7f'));
  const auto failure = failure_to_open(path, true);
  BOOST_REQUIRE(failure);
  BOOST_TEST((failure->kind == error_kind::internal_data_inconsistency), failure->message);
}

BOOST_AUTO_TEST_CASE(damage_met_while_working_is_an_error_and_not_a_wrong_answer) {
  const temporary_folder folder;
  const auto path = folder.file("v.db");
  fill(*open_file(path), 5000);
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(path));
  for (std::streamoff at = 4096 * 24; at + 4096 <= size; at += 4096)
    overwrite(path, at, std::string(4096, '\x7f'));
  visibility_options options;
  options.path = path;
  const auto store = open_visibility_store(options);
  if (!store) {
    BOOST_TEST((store.error().kind == error_kind::internal_data_inconsistency), store.error().message);
    return;
  }
  list_request request;
  request.domain_id = domain;
  request.page_size = 10'000;
  const auto page = (*store)->list_open(request);
  BOOST_REQUIRE(!page);
  BOOST_TEST((page.error().kind == error_kind::internal_data_inconsistency), page.error().message);
}

BOOST_AUTO_TEST_CASE(another_version_and_another_database_are_refused) {
  namespace internal = cadenza::storage::visibility;
  const temporary_folder folder;
  {
    open_file(folder.file("newer.db"));
    auto newer = internal::connection::open(folder.file("newer.db"), internal::open_mode::read_write);
    BOOST_REQUIRE(newer && newer->execute("PRAGMA user_version = 99"));
    auto other = internal::connection::open(folder.file("other.db"), internal::open_mode::read_write);
    BOOST_REQUIRE(other && other->execute("CREATE TABLE songs (name TEXT)"));
  }
  for (const auto* name : {"newer.db", "other.db"}) {
    const auto failure = failure_to_open(folder.file(name));
    BOOST_REQUIRE(failure);
    BOOST_TEST((failure->kind == error_kind::internal_data_inconsistency), failure->message);
  }
}

BOOST_AUTO_TEST_CASE(a_folder_that_does_not_exist_is_no_damage) {
  const temporary_folder folder;
  const auto failure = failure_to_open(folder.file("missing/v.db"));
  BOOST_REQUIRE(failure);
  BOOST_TEST((failure->kind == error_kind::unavailable), failure->message);
}

BOOST_AUTO_TEST_SUITE_END()
