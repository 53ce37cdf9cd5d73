#include "actors/cluster/domain_feed.hpp"
#include "actors/cluster/domain_handover.hpp"
#include "actors/cluster/domain_registry.hpp"

#include "messages/constants.hpp"
#include "messages/invariant.hpp"
#include "replication/clusters.hpp"
#include "workflow/domain_versions.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

/// What the registry tells other clusters of its domains.
namespace cadenza::actors {
namespace {

constexpr std::int64_t longest_wait_ns = 10 * ns_per_s;
constexpr int rows_most = 500;
constexpr std::size_t bytes_most = 4 << 20;

} // namespace

void serve_domains(const actor_context& env, const std::string& from, const std::string& bytes, call_ptr call) {
  wire::v1::DomainsRequest request;
  const auto& clusters = env.clusters->group().clusters();
  const bool known = std::any_of(clusters.begin(), clusters.end(), [&](const auto& one) { return one.name == from; });
  if (!known || !request.ParseFromString(bytes))
    return call->reject(bad_request("not a request for domains of a cluster of this group: " + from));
  const auto registry = env.routes->domains();
  if (!registry)
    return call->reject(unavailable("the domains are not available right now"));
  caf::anon_send(registry,
                 std::make_shared<domain_mail>(domains_asked{from, request.after_version(), std::move(call), 0}));
}

void domain_registry::handle(domains_asked& asked) {
  asked.until_ns = env_.time->now_ns() + longest_wait_ns;
  if (loaded_ && answer(asked))
    return;
  const auto from = asked.from;
  // One that asks anew has given up on what it asked before.
  asked_.insert_or_assign(from, std::move(asked));
  delayed_send(this, std::chrono::nanoseconds(longest_wait_ns), std::make_shared<domain_mail>(domains_asked_tick{}));
}

void domain_registry::handle(domains_asked_tick&) {
  if (loaded_)
    serve_asked();
}

void domain_registry::serve_asked() {
  std::erase_if(asked_, [this](const auto& one) { return answer(one.second); });
}

/// False: there is nothing to tell yet.
bool domain_registry::answer(const domains_asked& asked) {
  CADENZA_ASSERT(loaded_ && asked.call, "who asks for domains is answered when they have been read");
  // A table that has fewer changes than the asker knows of is another one, from a backup.
  const auto after = asked.after_version > version_ ? -1 : asked.after_version;
  std::vector<const record::v1::DomainRow*> rows;
  for (const auto& [name, row] : rows_)
    if (row.notification_version() >= after && row.domain().is_global_domain() &&
        workflow::lives_in(row.domain(), asked.from))
      rows.push_back(&row);
  if (rows.empty() && after >= 0 && env_.time->now_ns() < asked.until_ns)
    return false;
  std::ranges::sort(rows, {}, [](const auto* row) { return row->notification_version(); });
  wire::v1::DomainsPage page;
  page.set_version(version_);
  std::size_t bytes = 0;
  for (const auto* row : rows) {
    if (page.rows_size() == rows_most || bytes > bytes_most) {
      page.set_version(row->notification_version());
      break;
    }
    *page.add_rows() = *row;
    bytes += row->ByteSizeLong();
  }
  asked.call->reply(page);
  return true;
}

void domain_registry::start_feeds() {
  if (std::exchange(feeds_, true) || !env_.clusters->any())
    return;
  const auto& group = env_.clusters->group();
  for (const auto& cluster : group.clusters())
    if (cluster.name != group.self())
      spawn<domain_feed, caf::linked>(env_, cluster.name, me());
  handover_ = spawn<domain_handover, caf::linked>(env_, me());
}

} // namespace cadenza::actors
