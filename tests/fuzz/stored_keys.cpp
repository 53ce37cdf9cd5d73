#include "target.hpp"

#include "storage/rocksdb/keys.hpp"
#include "storage/rocksdb/values.hpp"

using namespace cadenza;
using namespace cadenza::storage::rocks;

FUZZ_TARGET(stored_keys) {
  {
    key_reader key(input);
    int shard = 0;
    run_key run;
    if (read_run_key(key, shard, run)) {
      std::string again;
      put_run_prefix(again, shard, run);
      REQUIRE(input.starts_with(again));
    }
  }
  {
    key_reader key(input);
    storage::task_list_key list;
    if (read_task_list_key(key, list)) {
      std::string again;
      put_task_list_key(again, list);
      REQUIRE(input.starts_with(again));
    }
  }
  if (const auto row = read_pending_suffix(input)) {
    std::string again;
    put_pending_suffix(again, *row);
    REQUIRE(again == input);
  }
  auto rest = input;
  if (const auto number = take_varint(rest)) {
    std::string again;
    put_varint(again, *number);
    auto bytes = std::string_view(again);
    REQUIRE(take_varint(bytes) == number && bytes.empty());
  }
  rest = input;
  if (const auto number = take_signed(rest)) {
    std::string again;
    put_signed(again, *number);
    auto bytes = std::string_view(again);
    REQUIRE(take_signed(bytes) == number && bytes.empty());
  }
  if (const auto row = read_current_value(input)) {
    std::string again;
    put_current_head(again, *row);
    REQUIRE(read_current_value(again + row->value) == row);
  }
  if (const auto tree = read_tree_value({}, input)) {
    std::string again;
    put_tree_head(again, tree->version, tree->first ? &tree->first->branch_id : nullptr);
    if (tree->first)
      again += tree->first->value;
    const auto back = read_tree_value({}, again);
    REQUIRE(back && back->version == tree->version && back->first.has_value() == tree->first.has_value());
  }
  (void)read_lease("node", input);
  std::string bound(input);
  if (to_successor(bound))
    REQUIRE(bound > input);
  // A text in the middle of a key sorts like the text and comes back.
  std::string key;
  put_text(key, input);
  std::string back;
  key_reader reader(key);
  REQUIRE(reader.text(back) && back == input && reader.rest().empty());
}
