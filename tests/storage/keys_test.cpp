#include "storage/rocksdb/keys.hpp"
#include "storage/rocksdb/values.hpp"

#include "tests/storage/support.hpp"

#include <algorithm>
#include <cstdint>

namespace cadenza::storage::test {

namespace {

std::string text_key(const std::string& text) {
  std::string key;
  rocks::put_text(key, text);
  return key;
}

} // namespace

BOOST_AUTO_TEST_SUITE(keys)

BOOST_AUTO_TEST_CASE(numbers_sort_like_their_values_and_come_back) {
  std::string last;
  for (const std::int64_t value : {INT64_MIN, std::int64_t{-300}, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1},
                                   std::int64_t{255}, std::int64_t{256}, INT64_MAX}) {
    std::string key;
    rocks::put_number(key, value);
    BOOST_TEST((last.empty() || last < key));
    rocks::key_reader reader(key);
    std::int64_t back = 0;
    BOOST_TEST(reader.number(back));
    BOOST_TEST(back == value);
    BOOST_TEST(!reader.number(back));
    last = key;
  }
}

BOOST_AUTO_TEST_CASE(texts_sort_like_themselves_whatever_follows) {
  std::vector<std::string> texts{"",
                                 "a",
                                 "ab",
                                 "b",
                                 std::string("a\0", 2),
                                 std::string("a\0b", 3),
                                 std::string("a\0\0", 3),
                                 "a\x01",
                                 "\xff",
                                 std::string("\0\xff", 2)};
  std::sort(texts.begin(), texts.end());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto key = text_key(texts[i]) + '\xff';
    rocks::key_reader reader(key);
    std::string back;
    BOOST_TEST(reader.text(back));
    BOOST_TEST((back == texts[i]));
    BOOST_TEST(reader.rest() == "\xff");
    if (i > 0)
      BOOST_TEST((text_key(texts[i - 1]) + '\xff' < text_key(texts[i]) + '\0'));
  }
}

BOOST_AUTO_TEST_CASE(cut_keys_are_not_read) {
  std::string key;
  rocks::put_run_prefix(key, 7, run_of(3, std::string("w\0x", 3)));
  int shard = 0;
  run_key run;
  for (std::size_t size = 0; size < key.size(); ++size) {
    rocks::key_reader reader(std::string_view(key).substr(0, size));
    BOOST_TEST(!rocks::read_run_key(reader, shard, run));
  }
  rocks::key_reader reader(key);
  BOOST_TEST(rocks::read_run_key(reader, shard, run));
  BOOST_TEST(shard == 7);
  BOOST_TEST((run == run_of(3, std::string("w\0x", 3))));
}

BOOST_AUTO_TEST_CASE(pending_rows_of_no_known_kind_are_not_read) {
  for (const auto& suffix : {std::string(), std::string("\x00", 1), std::string("\x10"),
                             std::string("\x18"
                                         "12345678"),
                             std::string("\x11"
                                         "1234567"),
                             std::string("\x11"
                                         "123456789")})
    BOOST_TEST(!rocks::read_pending_suffix(suffix).has_value());
  const pending_row row{pending_kind::buffered, -5, "ignored", ""};
  std::string suffix;
  rocks::put_pending_suffix(suffix, row);
  BOOST_TEST(rocks::read_pending_suffix(suffix)->number == -5);
}

BOOST_AUTO_TEST_CASE(varints_come_back_and_cut_ones_do_not) {
  for (const std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, std::uint64_t{1} << 40, UINT64_MAX}) {
    std::string bytes;
    rocks::put_varint(bytes, value);
    std::string_view cut(bytes.data(), bytes.size() - 1);
    BOOST_TEST(!rocks::take_varint(cut).has_value());
    bytes += "rest";
    std::string_view all(bytes);
    BOOST_TEST(rocks::take_varint(all).value() == value);
    BOOST_TEST(all == "rest");
  }
  std::string_view endless("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
  BOOST_TEST(!rocks::take_varint(endless).has_value());
}

BOOST_AUTO_TEST_CASE(signed_numbers_come_back_and_small_ones_are_short) {
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{-24}, std::int64_t{63}, INT64_MIN, INT64_MAX}) {
    std::string bytes;
    rocks::put_signed(bytes, value);
    BOOST_TEST((bytes.size() == 1) == (value >= -64 && value < 64));
    std::string_view rest(bytes);
    BOOST_TEST(rocks::take_signed(rest).value() == value);
    BOOST_TEST(rest.empty());
  }
}

BOOST_AUTO_TEST_CASE(what_conditions_look_at_stands_before_the_record) {
  const current_row row{id(7), 2, -24, "record"};
  std::string bytes;
  rocks::put_current_head(bytes, row);
  BOOST_TEST(bytes.size() == 18U);
  BOOST_TEST((rocks::read_current_value(bytes + row.value) == row));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    BOOST_TEST(!rocks::read_current_value(bytes.substr(0, size)).has_value());

  bytes.clear();
  const auto branch = id(8);
  rocks::put_tree_head(bytes, 300, &branch);
  const auto tree = rocks::read_tree_value(id(9), bytes + "row").value();
  BOOST_TEST(tree.version == 300);
  BOOST_TEST((tree.first->branch_id == branch && tree.first->tree_id == id(9)));
  BOOST_TEST(tree.first->value == "row");
  BOOST_TEST(!rocks::read_tree_value(id(9), bytes.substr(0, 9)).has_value());
  BOOST_TEST(!rocks::read_tree_value(id(9), std::string(1, '\0')).has_value());
  bytes.clear();
  rocks::put_tree_head(bytes, 2, nullptr);
  BOOST_TEST(!rocks::read_tree_value(id(9), bytes)->first.has_value());
}

BOOST_AUTO_TEST_CASE(the_successor_of_a_prefix_is_beyond_all_its_keys) {
  std::string bound("a\xff\xff");
  BOOST_TEST(rocks::to_successor(bound));
  BOOST_TEST(bound == "b");
  bound = "\xff";
  BOOST_TEST(!rocks::to_successor(bound));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::storage::test
