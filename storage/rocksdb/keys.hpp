#pragma once

#include "storage/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The stored keys, as docs/storage-format.md lists them. Numbers are big-endian with the sign bit flipped, so that
/// bytes sort like values. Writers append to `out`, so that one buffer serves many keys.
namespace cadenza::storage::rocks {

/// Tags of the rows of one run; each follows the run's prefix.
inline constexpr char run_header_tag = 0x00;
inline constexpr char run_fixed_tag = 0x01;
inline constexpr char run_pending_tag = 0x10; ///< + pending_kind
inline constexpr char run_tag_end = '\x7f';   ///< greater than every tag

inline constexpr char queue_counter_tag = 0x00;
inline constexpr char queue_message_tag = 0x01;

inline constexpr char domain_version_tag = 0x00;
inline constexpr char domain_id_tag = 0x01;
inline constexpr char domain_name_tag = 0x02;

void put_number(std::string& out, std::int32_t value);
void put_number(std::string& out, std::int64_t value);
void put_uuid(std::string& out, const uuid& id);

/// A text in the middle of a key: a zero byte becomes 00 FF, and 00 01 ends it. Sorts like the text.
void put_text(std::string& out, std::string_view text);

void put_current_key(std::string& out, int shard, const workflow_key& key);
void put_run_prefix(std::string& out, int shard, const run_key& key);
/// Tag and key of a pending row, to follow the run's prefix.
void put_pending_suffix(std::string& out, const pending_row& row);
void put_tree_key(std::string& out, int shard, const uuid& tree_id);
void put_branch_prefix(std::string& out, int shard, const uuid& tree_id, const uuid& branch_id);
void put_request_key(std::string& out, int shard, const request_write& request);
/// Event id and inverted transaction id, to follow the branch's prefix: the newest transaction sorts first.
void put_node_suffix(std::string& out, std::int64_t first_event_id, std::int64_t txn_id);
void put_task_key(std::string& out, int shard, std::int64_t task_id); ///< transfer and replication
void put_timer_key(std::string& out, int shard, std::int64_t fire_ns, std::int64_t task_id);
void put_task_list_key(std::string& out, const task_list_key& key);
void put_queue_prefix(std::string& out, int queue, char tag);
/// The highest version of a document sorts first.
void put_document_key(std::string& out, int document, std::int64_t version);
void put_dead_letters_prefix(std::string& out, const dead_letters& at);
void put_ack_key(std::string& out, int queue, std::string_view cluster);
/// The newest entry of a domain sorts first.
void put_audit_key(std::string& out, const uuid& domain_id, std::int64_t at_ns, const uuid& id);

/// Reads a key from front to back; every step fails on bytes that are not there.
class key_reader {
public:
  explicit key_reader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool number(std::int32_t& value);
  [[nodiscard]] bool number(std::int64_t& value);
  [[nodiscard]] bool id(uuid& value);
  [[nodiscard]] bool text(std::string& value);
  [[nodiscard]] bool tag(char& value);
  [[nodiscard]] std::string_view rest() const { return rest_; }

private:
  std::string_view rest_;
};

[[nodiscard]] bool read_run_key(key_reader& key, int& shard, run_key& run);
/// `suffix`: what follows the run's prefix.
[[nodiscard]] std::optional<pending_row> read_pending_suffix(std::string_view suffix);
[[nodiscard]] bool read_task_list_key(key_reader& key, task_list_key& list);

/// Makes `bound` the first key after every key that starts with it; false when there is none.
bool to_successor(std::string& bound);

} // namespace cadenza::storage::rocks
