#include "server/serve_shards.hpp"

#include "messages/base64.hpp"
#include "messages/uuid.hpp"
#include "server/serve_parts.hpp"

#include "cadenza/record/v1/task.pb.h"

#include <charconv>
#include <chrono>
#include <optional>
#include <variant>

namespace cadenza {
namespace {

using bridge::http_error;
using bridge::http_request;
using bridge::http_response;
using nlohmann::json;

constexpr int page_max = 10'000;
constexpr std::int64_t range_id_max = 1 << 22; ///< task ids are range_id << 40

/// Nothing when it is there but no number.
std::optional<std::int64_t> number(const http_request& from, const std::string& name, std::int64_t otherwise) {
  const auto found = from.parameters.find(name);
  if (found == from.parameters.end())
    return otherwise;
  std::int64_t value = 0;
  const auto* end = found->second.data() + found->second.size();
  const auto read = std::from_chars(found->second.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end)
    return std::nullopt;
  return value;
}

/// The shard that a request names, or why it names none.
outcome<int> shard_of(const open_store& stores, const http_request& request) {
  const auto shard = number(request, "shard", -1);
  if (!shard || *shard < 0 || *shard >= stores.shard_count)
    return bad_request("shard must be a number from 0 to " + std::to_string(stores.shard_count - 1));
  return static_cast<int>(*shard);
}

using row_or_error = std::variant<record::v1::Shard, http_response>;

row_or_error read_row(open_store& stores, int shard) {
  const auto read = wait_for<storage::read_result<std::string>>(
      [&](auto done) { stores.store->shards().read_shard(shard, std::move(done)); });
  if (read.outcome != storage::status::committed)
    return http_error(503, "the store cannot read right now: " + read.message);
  record::v1::Shard row;
  if (!read.value)
    return http_error(404, "shard " + std::to_string(shard) + " does not exist");
  if (!row.ParseFromString(*read.value))
    return http_error(500, "the record of shard " + std::to_string(shard) + " is damaged");
  return row;
}

json to_json(int shard, const record::v1::Shard& row) {
  return {{"shard_id", shard},
          {"range_id", row.range_id()},
          {"owner", row.owner()},
          {"stolen_since_renew", row.stolen_since_renew()},
          {"updated_ns", row.updated_ns()},
          {"transfer_ack_level", row.transfer_ack()},
          {"timer_ack_ns", row.timer_ack_ns()},
          {"domain_notification_version", row.domain_notification_version()}};
}

http_response show_row(open_store& stores, int shard, const http_request&) {
  auto row = read_row(stores, shard);
  if (auto* problem = std::get_if<http_response>(&row))
    return std::move(*problem);
  return json_reply(to_json(shard, std::get<record::v1::Shard>(row)));
}

http_response show_timers(open_store& stores, int shard, const http_request& request) {
  const auto from_ns = number(request, "from_ns", 0);
  const auto from_id = number(request, "from_id", 0);
  const auto to_ns = number(request, "to_ns", INT64_MAX);
  const auto limit = number(request, "limit", 1000);
  if (!from_ns || !from_id || !to_ns || !limit || *limit < 1 || *limit > page_max)
    return http_error(400,
                      "from_ns, from_id and to_ns must be numbers, limit one from 1 to " + std::to_string(page_max));
  const auto page = wait_for<storage::page<timer_row>>([&](auto done) {
    stores.store->shards().scan_timers(shard, *from_ns, *from_id, *to_ns, static_cast<int>(*limit), std::move(done));
  });
  if (page.outcome != storage::status::committed)
    return http_error(503, "the store cannot read right now: " + page.message);
  json timers = json::array();
  for (const auto& stored : page.rows) {
    record::v1::TimerTask task;
    if (!task.ParseFromString(stored.value)) {
      timers.push_back({{"fire_ns", stored.fire_ns}, {"task_id", stored.task_id}, {"damaged", true}});
      continue;
    }
    timers.push_back({{"fire_ns", stored.fire_ns},
                      {"task_id", stored.task_id},
                      {"domain_id", uuid::from_raw(task.domain_id()).str()},
                      {"workflow_id", task.workflow_id()},
                      {"run_id", uuid::from_raw(task.run_id()).str()},
                      {"task_type", static_cast<int>(task.type())},
                      {"timeout_type", task.timeout_type()},
                      {"event_id", task.event_id()},
                      {"attempt", task.attempt()},
                      {"version", task.version()}});
  }
  json out{{"timers", std::move(timers)}};
  if (!page.next.empty() && !page.rows.empty())
    out["next"] = {{"fire_ns", page.rows.back().fire_ns}, {"task_id", page.rows.back().task_id + 1}};
  return json_reply(out);
}

http_response show_history(open_store& stores, int shard, const http_request& request) {
  const auto text = [&](const char* name) {
    const auto found = request.parameters.find(name);
    return found == request.parameters.end() ? std::string() : found->second;
  };
  const auto tree = uuid::parse(text("tree"));
  const auto branch = uuid::parse(text("branch"));
  const auto from = number(request, "from", 1);
  const auto to = number(request, "to", INT64_MAX);
  storage::history_query query;
  if (!tree || !branch || !from || !to || !from_base64(text("page"), query.page))
    return http_error(400, "tree and branch must be ids, from and to numbers, page what an answer gave");
  query.tree_id = *tree;
  query.branch_id = *branch;
  query.from = *from;
  query.to = *to;
  const auto page = wait_for<storage::page<storage::history_node>>(
      [&](auto done) { stores.store->shards().read_history(shard, query, std::move(done)); });
  if (page.outcome != storage::status::committed)
    return http_error(503, "the store cannot read right now: " + page.message);
  json batches = json::array();
  for (const auto& node : page.rows)
    batches.push_back(
        {{"first_event_id", node.first_event_id}, {"transaction_id", node.txn_id}, {"batch", to_base64(node.batch)}});
  return json_reply({{"batches", std::move(batches)}, {"next", to_base64(page.next)}});
}

http_response raise_range(open_store& stores, int shard, const http_request& request) {
  auto read = read_row(stores, shard);
  if (auto* problem = std::get_if<http_response>(&read))
    return std::move(*problem);
  auto& row = std::get<record::v1::Shard>(read);
  const auto wanted = number(request, "range_id", 0);
  const auto before = row.range_id();
  if (!wanted || *wanted <= before || *wanted >= range_id_max)
    return http_error(400, "range_id must be a number above " + std::to_string(before) +
                               ", the present one (under a lower one task ids would come twice), and below " +
                               std::to_string(range_id_max));
  row.set_range_id(*wanted);
  row.set_stolen_since_renew(row.stolen_since_renew() + 1);
  row.clear_owner();
  row.set_updated_ns(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
  storage::shard_update update;
  update.shard = shard;
  update.expected_range_id = before;
  update.new_range_id = *wanted;
  update.value = row.SerializeAsString();
  const auto written = wait_for<storage::commit_result>(
      [&](auto done) { stores.store->shards().update_shard(std::move(update), std::move(done)); });
  if (written.outcome == storage::status::condition_failed)
    return http_error(409, "the shard was taken meanwhile; try again");
  if (written.outcome != storage::status::committed)
    return http_error(503, "not written: " + written.message);
  return json_reply({{"shard_id", shard}, {"previous_range_id", before}, {"range_id", *wanted}});
}

} // namespace

void add_shard_routes(bridge::http_server& to, open_store& stores) {
  const auto add = [&](const char* method, const char* path, auto answer) {
    to.add_route(method, path, [&stores, answer](const http_request& request) {
      const auto shard = shard_of(stores, request);
      return shard ? answer(stores, *shard, request) : http_error(400, shard.error().message);
    });
  };
  add("GET", "/admin/shards/row", show_row);
  add("GET", "/admin/shards/timers", show_timers);
  add("GET", "/admin/shards/history", show_history);
  add("POST", "/admin/shards/range", raise_range);
}

} // namespace cadenza
