#include "actors/matching_owner.hpp"

#include "actors/task_list.hpp"

#include <caf/all.hpp>

#include <atomic>
#include <mutex>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

/// The list a message is for; null: it is for the owner itself.
const storage::task_list_key* addressee(const matching_mail& mail) {
  return std::visit(
    [](const auto& content) -> const storage::task_list_key* {
      using T = std::decay_t<decltype(content)>;
      if constexpr (std::is_same_v<T, list_task_ptr> || std::is_same_v<T, list_poll_ptr>
                    || std::is_same_v<T, list_query_ptr> || std::is_same_v<T, std::shared_ptr<query_answer>>
                    || std::is_same_v<T, std::shared_ptr<describe_list>>)
        return &content->list;
      else if constexpr (std::is_same_v<T, poll_gone>)
        return &content.list;
      else
        return nullptr;
    },
    mail);
}

api::TaskListKind kind_of(const matching_mail& mail) {
  return std::visit(
    [](const auto& content) {
      using T = std::decay_t<decltype(content)>;
      if constexpr (std::is_same_v<T, list_task_ptr> || std::is_same_v<T, list_poll_ptr>
                    || std::is_same_v<T, list_query_ptr> || std::is_same_v<T, std::shared_ptr<describe_list>>)
        return content->kind;
      else
        return api::TASK_LIST_KIND_NORMAL;
    },
    mail);
}

/// Collects the descriptions of all lists of a domain; answers when the last one is in or has failed.
struct collector {
  explicit collector(call_ptr a) : answer(std::move(a)) {}
  ~collector() { answer->reply(response); }
  std::mutex mutex;
  api::GetTaskListsByDomainResponse response;
  call_ptr answer;
};

} // namespace

matching_owner::matching_owner(caf::actor_config& cfg, const services& env) : caf::event_based_actor(cfg), env_(env) {}

void matching_owner::on_exit() {
  for (auto& [key, handle] : lists_)
    caf::anon_send_exit(handle, caf::exit_reason::kill);
  lists_.clear();
  by_address_.clear();
}

caf::behavior matching_owner::make_behavior() {
  set_down_handler([this](caf::down_msg& down) {
    const auto i = by_address_.find(caf::actor_cast<caf::actor_addr>(down.source));
    if (i == by_address_.end())
      return;
    env_.counters->task_list_restarts.fetch_add(1, std::memory_order_relaxed);
    lists_.erase(i->second);
    by_address_.erase(i);
  });
  set_exception_handler([this](caf::scheduled_actor*, std::exception_ptr& raised) -> caf::error {
    try {
      std::rethrow_exception(raised);
    } catch (const std::exception& e) {
      env_.log(3, std::string("matching owner died: ") + e.what());
      return caf::make_error(caf::sec::runtime_error, std::string(e.what()));
    }
  });
  return {[this](matching_mail_ptr& mail) { on_mail(mail); }};
}

void matching_owner::on_mail(matching_mail_ptr& mail) {
  if (const auto* key = addressee(*mail)) {
    if (std::holds_alternative<poll_gone>(*mail)) {
      const auto i = lists_.find(*key);
      if (i != lists_.end())
        send(i->second, std::move(mail));
      return;
    }
    const auto& handle = list(*key, kind_of(*mail));
    send(handle, std::move(mail));
    return;
  }
  if (auto* asked = std::get_if<std::shared_ptr<lists_of_domain>>(mail.get()))
    return describe_all(**asked);
  if (auto* idle = std::get_if<list_idle>(mail.get()))
    return forget(idle->list);
  if (auto* query = std::get_if<matching_query>(mail.get()))
    return on_query(*query);
}

const caf::actor& matching_owner::list(const storage::task_list_key& key, api::TaskListKind kind) {
  auto i = lists_.find(key);
  if (i == lists_.end()) {
    auto handle = spawn<task_list, caf::monitored>(env_, key, kind, caf::actor_cast<caf::actor>(this));
    by_address_.emplace(handle->address(), key);
    i = lists_.emplace(key, std::move(handle)).first;
  }
  return i->second;
}

void matching_owner::forget(const storage::task_list_key& key) {
  const auto i = lists_.find(key);
  if (i == lists_.end())
    return;
  send(i->second, make_matching_mail(list_quit{}));
  by_address_.erase(i->second->address());
  lists_.erase(i);
}

void matching_owner::describe_all(const lists_of_domain& asked) {
  auto all = std::make_shared<collector>(asked.answer);
  for (const auto& [key, handle] : lists_) {
    if (key.domain_id != asked.domain_id)
      continue;
    auto one = std::make_shared<describe_list>();
    one->list = key;
    one->answer = std::make_shared<inner_call<api::DescribeTaskListResponse>>(
      INT64_MAX, [all, name = key.name, type = key.type](const api::DescribeTaskListResponse* description, const error*) {
        if (description == nullptr || description->pollers_size() == 0)
          return;
        const std::lock_guard guard(all->mutex);
        auto& map = type == 0 ? *all->response.mutable_decision_task_list_map()
                              : *all->response.mutable_activity_task_list_map();
        map[name] = *description;
      });
    send(handle, make_matching_mail(std::move(one)));
  }
}

std::string matching_owner::path_of(const storage::task_list_key& key) const {
  const auto domain = env_.domains->get()->find(key.domain_id);
  return (domain ? domain->name : key.domain_id.str()) + "/" + (key.type == 0 ? "decision/" : "activity/") + key.name;
}

void matching_owner::on_query(matching_query& query) {
  std::vector<std::string> out;
  for (auto& [key, handle] : lists_) {
    if (query.what == matching_query::kind::list) {
      out.push_back(path_of(key));
      continue;
    }
    // An empty text means any list: what chaos asks for.
    if (query.text.empty() || path_of(key) == query.text) {
      out.push_back(path_of(key));
      caf::anon_send_exit(handle, caf::exit_reason::kill);
      break;
    }
  }
  if (query.answer)
    query.answer(std::move(out));
}

} // namespace cadenza::actors
