#include "actors/cluster/document_keeper.hpp"
#include "actors/engine/engine_state.hpp"
#include "actors/engine/node.hpp"
#include "actors/runs/run_commands.hpp"
#include "messages/shard_hash.hpp"

#include <caf/send.hpp>

#include <charconv>
#include <mutex>

namespace cadenza::actors {

namespace admin = uber::cadence::admin::v1;

namespace {

constexpr std::string_view owner_path = "node/shard_owner";
constexpr std::string_view shard_prefix = "node/shard_owner/history_shard:";
constexpr std::string_view run_part = "/workflow_run:";
constexpr std::string_view list_prefix = "node/matching_owner/task_list:";

/// Gathers what the actors say of themselves; hands it over when the last has answered or is gone.
struct gathering {
  explicit gathering(std::function<void(std::vector<actor_info>)> f) : hand_over(std::move(f)) {}
  ~gathering() { hand_over(std::move(found)); }
  void add(actor_info info) {
    const std::lock_guard guard(mutex);
    found.push_back(std::move(info));
  }
  std::mutex mutex;
  std::vector<actor_info> found;
  std::function<void(std::vector<actor_info>)> hand_over;
};

} // namespace

void local_engine::admin_describe_workflow(workflow::domain_ptr domain,
                                           body<admin::DescribeWorkflowExecutionRequest> request, call_ptr answer) {
  send_to_run(state_->env, make_admin_describe(domain, std::move(request), std::move(answer)));
}

void local_engine::change_document(document_change change) {
  const auto keeper = state_->routes.documents();
  if (!keeper)
    return change.request->reject(unavailable("the keeper of the configuration is not there at the moment"));
  caf::anon_send(keeper, make_document_mail(std::move(change)));
}

void local_engine::close_shard(body<admin::CloseShardRequest> request, call_ptr answer) {
  const int index = request->shard_id();
  if (index < 0 || index >= state_->options.shard_count)
    return answer->reject(bad_request("shard " + std::to_string(index) + " does not exist: there are " +
                                      std::to_string(state_->options.shard_count)));
  const auto shard = state_->routes.shard(index);
  if (!shard)
    return answer->reject(unavailable("the shard is not there at the moment"));
  shard_query query;
  query.what = shard_query::kind::kill_self;
  query.answer = [answer](auto) { answer->reply(admin::CloseShardResponse()); };
  caf::anon_send(shard, make_shard_mail(std::move(query)));
}

void local_engine::describe_shards(body<admin::DescribeShardDistributionRequest> request, call_ptr answer) {
  admin::DescribeShardDistributionResponse response;
  const int count = state_->options.shard_count;
  response.set_number_of_shards(count);
  const int page = request->page_size() > 0 ? request->page_size() : count;
  const int first = request->page_id() * page;
  for (int i = first; i < std::min(first + page, count); ++i)
    (*response.mutable_shards())[i] = state_->options.settings.identity;
  answer->reply(response);
}

void local_engine::describe_host(body<admin::DescribeHistoryHostRequest>, call_ptr answer) {
  admin::DescribeHistoryHostResponse response;
  response.set_number_of_shards(state_->options.shard_count);
  for (int i = 0; i < state_->options.shard_count; ++i)
    response.add_shard_ids(i);
  response.mutable_domain_cache()->set_num_of_items_in_cache_by_id(
      static_cast<std::int64_t>(state_->directory.get()->by_id.size()));
  response.mutable_domain_cache()->set_num_of_items_in_cache_by_name(
      static_cast<std::int64_t>(state_->directory.get()->by_name.size()));
  response.set_shard_controller_status("started");
  response.set_address(state_->options.settings.identity);
  answer->reply(response);
}

void local_engine::list_actors(std::function<void(std::vector<actor_info>)> done) {
  auto all = std::make_shared<gathering>(std::move(done));
  const auto& c = state_->counters;
  all->add({"node", "node", 0, 0});
  all->add({"node/domain_registry", "domain_registry", 0, 0});
  all->add({"node/document_keeper", "document_keeper", 0, 0});
  all->add({std::string(owner_path), "shard_owner", c.owner_restarts.load(), 0});
  all->add({"node/matching_owner", "matching_owner", 0, 0});
  all->add({"node/visibility_writer", "visibility_writer", 0, 0});
  if (state_->link)
    all->add({"node/system_worker", "system_worker", 0, 0});
  for (int i = 0; i < state_->options.shard_count; ++i) {
    const auto shard = state_->routes.shard(i);
    if (!shard)
      continue;
    const auto path = std::string(shard_prefix) + std::to_string(i);
    shard_query query;
    query.what = shard_query::kind::list_runs;
    query.answer = [all, path](const std::vector<std::pair<std::string, std::int64_t>>& runs) {
      all->add({path, "history_shard", 0, 0});
      for (const auto& [run, bytes] : runs)
        all->add({path + std::string(run_part) + run, "workflow_run", 0, 0});
    };
    caf::anon_send(shard, make_shard_mail(std::move(query)));
  }
  if (const auto matching = state_->routes.matching()) {
    matching_query query;
    query.answer = [all](const std::vector<std::string>& lists) {
      for (const auto& list : lists)
        all->add({std::string(list_prefix) + list, "task_list", 0, 0});
    };
    caf::anon_send(matching, make_matching_mail(std::move(query)));
  }
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
  if (path == "node/domain_registry")
    return kill_node_child(node_child::domain_registry);
  if (path == "node/document_keeper")
    return kill_node_child(node_child::document_keeper);
  if (path == owner_path)
    return kill_node_child(node_child::shard_owner);
  if (path == "node/matching_owner")
    return kill_node_child(node_child::matching_owner);
  if (path == "node/visibility_writer")
    return kill_node_child(node_child::visibility_writer);
  if (path == "node/system_worker")
    return kill_node_child(node_child::system_worker);
  if (path.starts_with(list_prefix)) {
    const auto matching = state_->routes.matching();
    if (!matching)
      return answer_found(false);
    matching_query query;
    query.what = matching_query::kind::kill;
    query.text = path.substr(list_prefix.size());
    if (query.text == "*")
      query.text.clear();
    query.answer = [answer_found](const std::vector<std::string>& killed) { answer_found(!killed.empty()); };
    caf::anon_send(matching, make_matching_mail(std::move(query)));
    return;
  }
  if (!path.starts_with(shard_prefix))
    return done("no actor at " + path + "; `admin actor list` shows the paths");
  int index = -1;
  const auto* begin = path.data() + shard_prefix.size();
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
  if (!tail.starts_with(run_part))
    return answer_found(false);
  shard_query query;
  query.what = shard_query::kind::kill_run;
  query.text = tail.substr(run_part.size());
  if (query.text == "*")
    query.text.clear();
  query.answer = [answer_found](const auto& killed) { answer_found(!killed.empty()); };
  caf::anon_send(shard, make_shard_mail(std::move(query)));
}

} // namespace cadenza::actors
