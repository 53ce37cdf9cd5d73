#include "actors/base/actor_path.hpp"
#include "actors/base/supervised.hpp"
#include "actors/cluster/document_keeper.hpp"
#include "actors/engine/engine_state.hpp"
#include "actors/engine/node.hpp"
#include "actors/replication/cluster_link.hpp"
#include "actors/runs/run_commands.hpp"
#include "messages/paging.hpp"
#include "messages/shard_hash.hpp"

#include <caf/send.hpp>
#include <google/protobuf/empty.pb.h>

#include <charconv>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace cadenza::actors {

namespace admin = uber::cadence::admin::v1;

namespace {

constexpr std::string_view node_prefix = "node/";
constexpr std::int64_t listing_ns = 2 * ns_per_s; ///< an actor that answers later is shown without its mailbox
constexpr std::int64_t deaths_shown_ns = 60 * ns_per_s;

/// Gathers what the actors say of themselves; hands it over once: when the last has answered or is gone, or when
/// nobody waits for the rest any more.
class gathering : public std::enable_shared_from_this<gathering> {
public:
  gathering(const troubles& wrong, std::function<void(std::vector<actor_info>)> f)
    : wrong_(wrong), hand_over_(std::move(f)) {}
  ~gathering() { finish(); }

  void add(const std::string& path, std::string_view kind, const caf::actor& handle, bool killable = true) {
    {
      const std::lock_guard guard(mutex_);
      found_[path] = {path, std::string(kind), wrong_.count(path), -1, killable};
    }
    caf::anon_send(handle, mailbox_query{[all = shared_from_this(), path](std::int64_t waiting) {
                     const std::lock_guard guard(all->mutex_);
                     all->found_[path].mailbox = waiting;
                   }});
  }
  void finish() {
    std::vector<actor_info> out;
    {
      const std::lock_guard guard(mutex_);
      if (std::exchange(finished_, true))
        return;
      out.reserve(found_.size());
      for (const auto& [path, one] : found_)
        out.push_back(one);
    }
    hand_over_(std::move(out));
  }

private:
  const troubles& wrong_;
  std::mutex mutex_; // guards what follows
  std::map<std::string, actor_info> found_;
  bool finished_ = false;
  std::function<void(std::vector<actor_info>)> hand_over_;
};

class gathered_lists final : public list_census {
public:
  explicit gathered_lists(std::shared_ptr<gathering> all) : all_(std::move(all)) {}
  void add(const std::string& name, const caf::actor& list) override {
    all_->add(std::string(actor_path::list_prefix) + name, "task_list", list);
  }

private:
  const std::shared_ptr<gathering> all_;
};

std::optional<node_child> child_of(std::string_view path) {
  for (const auto which :
       {node_child::domain_registry, node_child::document_keeper, node_child::shard_owner, node_child::matching_owner,
        node_child::visibility_writer, node_child::system_worker, node_child::cluster_owner})
    if (path.starts_with(node_prefix) && path.substr(node_prefix.size()) == name_of(which))
      return which;
  return std::nullopt;
}

} // namespace

void local_engine::admin_describe_workflow(workflow::domain_ptr domain,
                                           body<admin::DescribeWorkflowExecutionRequest> request, call_ptr call) {
  send_to_run(state_->env, make_admin_describe(domain, std::move(request), std::move(call)));
}

void local_engine::change_document(document_change change) {
  const auto keeper = state_->routes.documents();
  if (!keeper)
    return change.call->reject(unavailable("the configuration is not available right now"));
  caf::anon_send(keeper, make_document_mail(std::move(change)));
}

void local_engine::close_shard(body<admin::CloseShardRequest> request, call_ptr call) {
  const int index = request->shard_id();
  if (const auto there = check_index(index, state_->options.shard_count, "shard"); !there)
    return call->reject(there.error());
  const auto shard = state_->routes.shard(index);
  if (!shard)
    return call->reject(unavailable("the shard is not available right now"));
  shard_query query;
  query.what = shard_query::kind::kill_self;
  query.answer = [call](auto) { call->reply(admin::CloseShardResponse()); };
  caf::anon_send(shard, make_shard_mail(std::move(query)));
}

void local_engine::describe_shards(body<admin::DescribeShardDistributionRequest> request, call_ptr call) {
  admin::DescribeShardDistributionResponse response;
  const int count = state_->options.shard_count;
  response.set_number_of_shards(count);
  const auto shown = page_of(request->page_id(), request->page_size(), count);
  if (!shown)
    return call->reject(shown.error());
  for (auto i = shown->first; i < shown->last; ++i)
    (*response.mutable_shards())[static_cast<int>(i)] = state_->options.settings.identity;
  call->reply(response);
}

void local_engine::describe_host(body<admin::DescribeHistoryHostRequest> request, call_ptr call) {
  if (request->describe_by_case() == admin::DescribeHistoryHostRequest::kShardId)
    if (const auto there = check_index(request->shard_id(), state_->options.shard_count, "shard"); !there)
      return call->reject(there.error());
  admin::DescribeHistoryHostResponse response;
  // Of one of several nodes those that it holds; on the only one they are all here, also one that is being made anew.
  for (int i = 0; i < state_->options.shard_count; ++i)
    if (state_->options.placement == nullptr || state_->routes.shard(i))
      response.add_shard_ids(i);
  response.set_number_of_shards(response.shard_ids_size());
  response.mutable_domain_cache()->set_num_of_items_in_cache_by_id(
      static_cast<std::int64_t>(state_->directory.get()->by_id.size()));
  response.mutable_domain_cache()->set_num_of_items_in_cache_by_name(
      static_cast<std::int64_t>(state_->directory.get()->by_name.size()));
  response.set_shard_controller_status("started");
  response.set_address(state_->options.settings.identity);
  call->reply(response);
}

engine_troubles local_engine::what_is_wrong() const {
  return {state_->wrong.deaths(deaths_shown_ns), state_->wrong.damages()};
}

void local_engine::list_actors(std::function<void(std::vector<actor_info>)> done) {
  auto all = std::make_shared<gathering>(state_->wrong, std::move(done));
  if (!state_->root)
    return;
  caf::anon_send(state_->root, children_query{[all](const std::vector<std::pair<std::string, caf::actor>>& children) {
                   for (const auto& [name, handle] : children)
                     all->add(std::string(node_prefix) + name, name, handle);
                 }});
  for (int i = 0; i < state_->options.shard_count; ++i) {
    const auto shard = state_->routes.shard(i);
    if (!shard)
      continue;
    const auto path = actor_path::of_shard(i);
    shard_query query;
    query.what = shard_query::kind::list_runs;
    query.runs = [all, path](const std::vector<std::pair<std::string, caf::actor>>& runs) {
      for (const auto& [run, handle] : runs)
        all->add(path + std::string(actor_path::run_part) + run, "workflow_run", handle);
    };
    caf::anon_send(shard, make_shard_mail(std::move(query)));
    all->add(path, "history_shard", shard); // last: a question of ours that waits behind it would be counted
  }
  if (const auto matching = state_->routes.matching()) {
    caf::anon_send(matching, make_matching_mail(show_lists{std::make_shared<gathered_lists>(all)}));
  }
  if (state_->env.clusters->any()) {
    auto clusters = std::make_shared<show_cluster_actors>();
    clusters->add = [all](const std::string& path, std::string_view kind, const caf::actor& handle) {
      all->add(path, kind, handle);
    };
    caf::anon_send(state_->root, std::move(clusters));
  }
  auto patience = std::make_shared<run_later>();
  patience->delay_ns = listing_ns;
  patience->what = [weak = std::weak_ptr(all)] {
    if (const auto still = weak.lock())
      still->finish();
  };
  caf::anon_send(state_->root, std::move(patience));
  constexpr bool killable = false;
  all->add("node", "node", state_->root, killable);
}

void local_engine::kill_actor(std::string path, std::function<void(outcome_text)> done) {
  if (!state_->options.settings.chaos)
    return done("killing actors needs chaos.enabled: true in the configuration");
  const auto answer_found = [done, path](bool found) { done(found ? "" : "no actor at " + path); };
  const auto kill_node_child = [&](node_child which) {
    auto kill = std::make_shared<kill_child>();
    kill->which = which;
    kill->answer = answer_found;
    caf::anon_send(state_->root, std::move(kill));
  };
  if (path == "node")
    return done("the node cannot be killed: it ends with the process");
  if (const auto child = child_of(path))
    return kill_node_child(*child);
  if (path.starts_with(actor_path::list_prefix)) {
    const auto matching = state_->routes.matching();
    if (!matching)
      return answer_found(false);
    kill_list kill{path.substr(actor_path::list_prefix.size()), nullptr};
    if (kill.name == "*")
      kill.name.clear();
    kill.call = std::make_shared<inner_call<google::protobuf::Empty>>(
        INT64_MAX,
        [answer_found](const google::protobuf::Empty* killed, const error*) { answer_found(killed != nullptr); });
    caf::anon_send(matching, make_matching_mail(std::move(kill)));
    return;
  }
  if (path.starts_with(cluster_link_prefix)) {
    auto kill = std::make_shared<kill_cluster_actor>();
    kill->path = path;
    kill->answer = answer_found;
    return caf::anon_send(state_->root, std::move(kill));
  }
  if (!path.starts_with(actor_path::shard_prefix))
    return done("no actor at " + path + "; `admin actor list` shows the paths");
  int index = -1;
  const auto* begin = path.data() + actor_path::shard_prefix.size();
  const auto [rest, problem] = std::from_chars(begin, path.data() + path.size(), index);
  if (problem != std::errc{} || index < 0 || index >= state_->options.shard_count)
    return answer_found(false);
  const auto shard = state_->routes.shard(index);
  if (!shard)
    return answer_found(false);
  const std::string_view tail(rest, static_cast<std::size_t>(path.data() + path.size() - rest));
  if (tail.empty()) {
    caf::anon_send_exit(shard, caf::exit_reason::kill);
    return answer_found(true);
  }
  const bool run = tail.starts_with(actor_path::run_part);
  if (!run && !tail.starts_with(actor_path::replica_part))
    return answer_found(false);
  shard_query query;
  query.what = run ? shard_query::kind::kill_run : shard_query::kind::kill_replica;
  query.text = tail.substr((run ? actor_path::run_part : actor_path::replica_part).size());
  if (query.text == "*")
    query.text.clear();
  query.answer = [answer_found](const auto& killed) { answer_found(!killed.empty()); };
  caf::anon_send(shard, make_shard_mail(std::move(query)));
}

} // namespace cadenza::actors
