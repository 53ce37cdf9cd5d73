#include "checks.hpp"

#include "program.hpp"
#include "told_histories.hpp"

#include "cadenza/record/v1/run.pb.h"
#include "cadenza/record/v1/task.pb.h"
#include "uber/cadence/api/v1/service_visibility.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <algorithm>

namespace cadenza::simulation {
namespace {

constexpr std::int64_t patience_ns = 60 * ns_per_s;

/// Waits for the answer of a store.
template <class Result, class Ask> Result wait_for(world& in, const std::string& what, Ask&& ask) {
  std::optional<Result> result;
  ask([&result](Result r) { result = std::move(r); });
  in.run_until(
      what, [&] { return result.has_value(); }, patience_ns);
  if (result->outcome != storage::status::committed)
    throw violation(what + ": " + result->message);
  return *std::move(result);
}

template <class Response, class Ask> Response ask(world& in, const std::string& what, Ask&& send) {
  std::optional<outcome<Response>> result;
  send(in.call<Response>(what, [&result](const outcome<Response>& answer) { result = answer; }));
  in.run_until(
      what, [&] { return result.has_value(); }, patience_ns);
  if (!*result)
    throw violation(what + " failed: " + result->error().message);
  return **result;
}

api::History history_of(world& in, const run_key& key) {
  api::History out;
  std::string page;
  do {
    auto request = std::make_shared<api::GetWorkflowExecutionHistoryRequest>();
    request->set_domain(domain_name);
    request->mutable_workflow_execution()->set_workflow_id(key.workflow_id);
    request->mutable_workflow_execution()->set_run_id(key.run_id.str());
    request->set_page_size(static_cast<int>(in.chance().between(1, 30)));
    request->set_next_page_token(page);
    const auto answer =
        ask<api::GetWorkflowExecutionHistoryResponse>(in, "history of " + key.workflow_id, [&](actors::call_ptr call) {
          in.engine().get_history(in.domain(domain_name), request, std::move(call));
        });
    out.MergeFrom(answer.history());
    page = answer.next_page_token();
  } while (!page.empty());
  return out;
}

runs read_runs(world& in) {
  runs out;
  for (int shard = 0; shard < in.shards(); ++shard) {
    std::string page;
    do {
      using rows = storage::page<std::pair<run_key, run_rows>>;
      const auto found = wait_for<rows>(
          in, "runs of a shard", [&](auto done) { in.store().shards().scan_runs(shard, page, 100, std::move(done)); });
      for (const auto& [key, stored] : found.rows)
        out.emplace(key.run_id.str(), told_run{key.workflow_id, key.run_id.str(), history_of(in, key)});
      page = found.next;
    } while (!page.empty());
  }
  return out;
}

void check_queues(world& in) {
  const auto drained = [&] {
    for (int shard = 0; shard < in.shards(); ++shard) {
      std::optional<storage::page<transfer_row>> found;
      in.store().shards().scan_transfer(shard, 0, INT64_MAX, 100, [&found](auto page) { found = std::move(page); });
      in.run_until(
          "transfer tasks", [&] { return found.has_value(); }, patience_ns);
      if (!found->rows.empty())
        return false;
    }
    return true;
  };
  for (int i = 0; !drained(); ++i) {
    if (i > 60) {
      std::string names;
      for (int shard = 0; shard < in.shards(); ++shard) {
        const auto found = wait_for<storage::page<transfer_row>>(in, "transfer tasks", [&](auto done) {
          in.store().shards().scan_transfer(shard, 0, INT64_MAX, 100, std::move(done));
        });
        for (const auto& row : found.rows) {
          record::v1::TransferTask task;
          task.ParseFromString(row.value);
          names += "\nshard " + std::to_string(shard) + ": " + task.ShortDebugString();
        }
      }
      throw violation("transfer tasks are never done:" + names);
    }
    bool waited = false;
    in.later(ns_per_s, [&waited] { waited = true; });
    in.run_until(
        "cleanup", [&] { return waited; }, patience_ns);
  }
}

void check_lists(world& in, const runs& all) {
  auto open = std::make_shared<api::CountWorkflowExecutionsRequest>();
  open->set_query("CloseTime = missing");
  const auto still_open = ask<api::CountWorkflowExecutionsResponse>(in, "count of open runs", [&](auto call) {
    in.engine().count_by_query(in.domain(domain_name), open, std::move(call));
  });
  if (still_open.count() != 0)
    throw violation(std::to_string(still_open.count()) + " closed runs are listed as open");
  const auto every = ask<api::CountWorkflowExecutionsResponse>(in, "count of runs", [&](auto call) {
    in.engine().count_by_query(in.domain(domain_name), std::make_shared<api::CountWorkflowExecutionsRequest>(),
                               std::move(call));
  });
  if (every.count() != static_cast<std::int64_t>(all.size()))
    throw violation(std::to_string(every.count()) + " runs are listed of " + std::to_string(all.size()));
}

} // namespace

void check_everything(world& in, const ledger& book) {
  const auto all = read_runs(in);
  check_histories(all, book);
  check_queues(in);
  check_lists(in, all);
}

} // namespace cadenza::simulation
