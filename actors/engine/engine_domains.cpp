#include "actors/cluster/domain_registry.hpp"
#include "actors/engine/engine_state.hpp"
#include "messages/paging.hpp"
#include "messages/wire_time.hpp"
#include "replication/domains.hpp"
#include "workflow/domain_rules.hpp"

#include <caf/send.hpp>

namespace cadenza::actors {

namespace admin = uber::cadence::admin::v1;
namespace api = uber::cadence::api::v1;

namespace {

constexpr int default_page = 100;
constexpr int page_max = 1000;

/// A domain as clients see it. What was never set of it is told as empty, not as missing.
api::Domain shown(const record::v1::DomainRow& row) {
  auto out = row.domain();
  out.set_failover_version(row.failover_version());
  if (row.failover_end_ns() > 0) {
    auto& pending = *out.mutable_failover_info();
    pending.set_failover_version(row.failover_version());
    workflow::set_time(*pending.mutable_failover_expire_timestamp(), row.failover_end_ns());
  }
  out.mutable_isolation_groups();
  out.mutable_async_workflow_config();
  // This version archives nothing, whatever an earlier one was asked to write down.
  out.set_history_archival_status(api::ARCHIVAL_STATUS_DISABLED);
  out.set_visibility_archival_status(api::ARCHIVAL_STATUS_DISABLED);
  return out;
}

/// Of several nodes another one may have changed a domain just now: whoever was told so finds it everywhere.
void look_first(const actor_context& env, std::function<void()> answer, const call_ptr& call) {
  const auto registry = env.routes->domains();
  if (!registry)
    return call->reject(unavailable("the domains are not available right now"));
  caf::anon_send(registry, std::make_shared<domain_mail>(domain_fresh{std::move(answer)}));
}

void describe_in(const workflow::domain_directory& directory, const api::DescribeDomainRequest& request, call& to) {
  workflow::domain_ptr domain;
  std::string asked;
  if (request.describe_by_case() == api::DescribeDomainRequest::kId) {
    asked = request.id();
    if (const auto id = uuid::parse(asked))
      domain = directory.find(*id);
  } else {
    asked = request.name();
    domain = directory.find(asked);
  }
  if (!domain)
    return to.reject(no_domain(asked));
  api::DescribeDomainResponse response;
  *response.mutable_domain() = shown(domain->row);
  to.reply(response);
}

void list_in(const workflow::domain_directory& directory, const api::ListDomainsRequest& request, call& to) {
  const int page = page_size(request.page_size(), default_page, page_max);
  api::ListDomainsResponse response;
  // The token is the last name given: domains that come and go between two pages do no harm.
  auto i = request.next_page_token().empty() ? directory.by_name.begin()
                                             : directory.by_name.upper_bound(request.next_page_token());
  for (; i != directory.by_name.end(); ++i) {
    if (response.domains_size() == page) {
      response.set_next_page_token(response.domains(page - 1).name());
      break;
    }
    *response.add_domains() = shown(i->second->row);
  }
  to.reply(response);
}

domain_world world_of(const actor_context& env, const std::string& domain) {
  const auto& s = env.settings;
  domain_world out;
  out.now_ns = env.time->now_ns();
  out.current_cluster = s.cluster;
  out.primary_cluster = s.primary_cluster;
  out.initial_failover_version = s.initial_failover_version;
  out.notification_version = env.domains->get()->notification_version;
  out.limits = env.live->limits_of_domain(domain);
  if (!env.clusters->any())
    return out;
  const auto& group = env.clusters->group();
  for (const auto& cluster : group.clusters())
    out.clusters.push_back(cluster.name);
  out.versions = replication::versions_of(group);
  return out;
}

void send_change(const actor_context& env, domain_change change) {
  const auto registry = env.routes->domains();
  if (!registry)
    return change.call->reject(unavailable("the domain registry is not available right now"));
  caf::anon_send(registry, std::make_shared<domain_mail>(std::move(change)));
}

} // namespace

void local_engine::register_domain(body<api::RegisterDomainRequest> request, call_ptr call) {
  domain_change change;
  change.operation = storage::domain_transaction::kind::create;
  change.name = request->name();
  const auto high = state_->env.chance->next();
  const auto id = uuid::v7(state_->env.time->now_ns(), high, state_->env.chance->next());
  change.plan = [this, request, id](const record::v1::DomainRow* old) -> outcome<record::v1::DomainRow> {
    if (old != nullptr)
      return error{error_kind::domain_already_exists, "Domain already exists."};
    return actors::register_domain(*request, id, world_of(state_->env, request->name()));
  };
  change.answer = [call](const record::v1::DomainRow&) { call->reply(api::RegisterDomainResponse()); };
  change.call = std::move(call);
  send_change(state_->env, std::move(change));
}

void local_engine::update_domain(body<api::UpdateDomainRequest> request, call_ptr call) {
  domain_change change;
  change.name = request->name();
  change.plan = [this, request](const record::v1::DomainRow* old) -> outcome<record::v1::DomainRow> {
    if (old == nullptr)
      return no_domain(request->name());
    return actors::update_domain(*old, *request, world_of(state_->env, request->name()));
  };
  change.answer = [call](const record::v1::DomainRow& row) {
    api::UpdateDomainResponse response;
    *response.mutable_domain() = shown(row);
    call->reply(response);
  };
  change.call = std::move(call);
  send_change(state_->env, std::move(change));
}

void local_engine::deprecate_domain(body<api::DeprecateDomainRequest> request, call_ptr call) {
  domain_change change;
  change.name = request->name();
  change.plan = [this, request](const record::v1::DomainRow* old) -> outcome<record::v1::DomainRow> {
    if (old == nullptr)
      return no_domain(request->name());
    return actors::deprecate_domain(*old, world_of(state_->env, request->name()));
  };
  change.answer = [call](const record::v1::DomainRow&) { call->reply(api::DeprecateDomainResponse()); };
  change.call = std::move(call);
  send_change(state_->env, std::move(change));
}

void local_engine::failover_domain(body<api::FailoverDomainRequest> request, call_ptr call) {
  domain_change change;
  change.name = request->domain_name();
  change.plan = [this, request](const record::v1::DomainRow* old) -> outcome<record::v1::DomainRow> {
    if (old == nullptr)
      return no_domain(request->domain_name());
    return actors::fail_over_domain(*old, *request, world_of(state_->env, request->domain_name()));
  };
  change.answer = [call](const record::v1::DomainRow& row) {
    api::FailoverDomainResponse response;
    *response.mutable_domain() = shown(row);
    call->reply(response);
  };
  change.call = std::move(call);
  send_change(state_->env, std::move(change));
}

void local_engine::update_isolation_groups(body<admin::UpdateDomainIsolationGroupsRequest> request, call_ptr call) {
  domain_change change;
  change.name = request->domain();
  change.plan = [this, request](const record::v1::DomainRow* old) -> outcome<record::v1::DomainRow> {
    if (old == nullptr)
      return no_domain(request->domain());
    return actors::set_isolation_groups(*old, request->isolation_groups(), world_of(state_->env, request->domain()));
  };
  change.answer = [call](const auto&) { call->reply(admin::UpdateDomainIsolationGroupsResponse()); };
  change.call = std::move(call);
  send_change(state_->env, std::move(change));
}

void local_engine::update_async_workflow(body<admin::UpdateDomainAsyncWorkflowConfiguratonRequest> request,
                                         call_ptr call) {
  domain_change change;
  change.name = request->domain();
  change.plan = [this, request](const record::v1::DomainRow* old) -> outcome<record::v1::DomainRow> {
    if (old == nullptr)
      return no_domain(request->domain());
    return actors::set_async_workflow(*old, request->has_configuration() ? &request->configuration() : nullptr,
                                      world_of(state_->env, request->domain()));
  };
  change.answer = [call](const auto&) { call->reply(admin::UpdateDomainAsyncWorkflowConfiguratonResponse()); };
  change.call = std::move(call);
  send_change(state_->env, std::move(change));
}

void local_engine::make_system_domains(std::function<void()> done) {
  // The last request that is answered, or refused, lets go of it.
  const std::shared_ptr<void> over(nullptr, [done = std::move(done)](void*) { done(); });
  for (const auto& one : system_domains) {
    if (state_->directory.get()->find(one.name))
      continue;
    domain_change change;
    change.operation = storage::domain_transaction::kind::create;
    change.name = one.name;
    change.plan = [this, &one](const record::v1::DomainRow* old) -> outcome<record::v1::DomainRow> {
      if (old != nullptr)
        return error{error_kind::domain_already_exists, "Domain already exists."};
      return make_system_domain(one, world_of(state_->env, one.name));
    };
    auto request = std::make_shared<inner_call<api::RegisterDomainResponse>>(
        INT64_MAX, [env = &state_->env, name = one.name, over](const auto*, const error* reason) {
          if (reason != nullptr && reason->kind != error_kind::domain_already_exists)
            env->log(log::level::warn, {field::domain(name), field::error(reason->message)},
                     "domain {domain} could not be created: {error}");
        });
    change.answer = [request](const auto&) { request->reply(api::RegisterDomainResponse()); };
    change.call = std::move(request);
    send_change(state_->env, std::move(change));
  }
}

/// Deleting needs a deprecated domain without runs in the lists: an empty first page of either list says so.
void local_engine::delete_domain(body<api::DeleteDomainRequest> request, call_ptr call) {
  const auto domain = state_->directory.get()->find(request->name());
  if (!domain)
    return call->reject(no_domain(request->name()));
  if (domain->registered())
    return call->reject(bad_request("Domain is not in a deprecated state."));
  auto count = std::make_shared<api::CountWorkflowExecutionsRequest>();
  count->set_domain(request->name());
  auto counted = std::make_shared<inner_call<api::CountWorkflowExecutionsResponse>>(
      INT64_MAX,
      [s = state_.get(), request, call](const api::CountWorkflowExecutionsResponse* response, const error* reason) {
        if (reason != nullptr)
          return call->reject(*reason);
        if (response->count() != 0)
          return call->reject(bad_request("Domain still have workflow execution history."));
        domain_change change;
        change.operation = storage::domain_transaction::kind::remove;
        change.name = request->name();
        change.plan = [name = request->name()](const record::v1::DomainRow* old) -> outcome<record::v1::DomainRow> {
          if (old == nullptr)
            return no_domain(name);
          return *old;
        };
        change.answer = [call](const record::v1::DomainRow&) { call->reply(api::DeleteDomainResponse()); };
        change.call = call;
        send_change(s->env, std::move(change));
      });
  count_by_query(domain, std::move(count), std::move(counted));
}

void local_engine::describe_domain(body<api::DescribeDomainRequest> request, call_ptr call) {
  if (state_->env.others->write())
    look_first(
        state_->env, [s = state_, request, call] { describe_in(*s->directory.get(), *request, *call); }, call);
  else
    describe_in(*state_->directory.get(), *request, *call);
}

void local_engine::list_domains(body<api::ListDomainsRequest> request, call_ptr call) {
  if (state_->env.others->write())
    look_first(
        state_->env, [s = state_, request, call] { list_in(*s->directory.get(), *request, *call); }, call);
  else
    list_in(*state_->directory.get(), *request, *call);
}

} // namespace cadenza::actors
