#include "messages/wire_time.hpp"
#include "workflow/apply_events.hpp"

namespace cadenza::workflow::events {
namespace {

std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// What the request that comes of an event is known by. All clusters that a domain lives in must name it alike: whoever
/// takes over does not know whether it has been sent.
std::string request_id_of(const context& c) {
  const auto& domain = *c.tx.env().domain;
  if (!domain.global() || domain.row.domain().clusters_size() < 2)
    return c.tx.env().chance->new_uuid().str();
  std::uint64_t high = mixed(static_cast<std::uint64_t>(c.event.event_id()));
  std::uint64_t low = mixed(static_cast<std::uint64_t>(c.event.version()) + high);
  const auto run_id = c.tx.state().key().run_id.bytes;
  for (std::size_t i = 0; i < 8; ++i) {
    high = mixed(high + run_id[i]);
    low = mixed(low + run_id[i + 8]);
  }
  return uuid::v4(high, low).str();
}

} // namespace

void on(const context& c, const api::StartChildWorkflowExecutionInitiatedEventAttributes& a) {
  rec::PendingChild child;
  child.set_format(1);
  child.set_version(c.event.version());
  child.set_initiated_id(c.event.event_id());
  child.set_initiated_batch_id(c.batch_first_id);
  child.set_started_id(no_event_id);
  child.set_started_workflow_id(a.workflow_id());
  child.set_create_request_id(request_id_of(c));
  auto target = c.tx.state().key().domain_id;
  if (!a.domain().empty())
    if (const auto found = c.tx.env().domains->find(a.domain()))
      target = found->id;
  child.set_domain_id(target.raw());
  child.set_domain(a.domain());
  child.set_type(a.workflow_type().name());
  child.set_parent_close_policy(a.parent_close_policy());
  c.tx.children().put(c.event.event_id(), std::move(child));
}

void on(const context& c, const api::ChildWorkflowExecutionStartedEventAttributes& a) {
  auto* child = c.tx.children().edit(a.initiated_event_id());
  if (child == nullptr)
    return;
  child->set_started_id(c.event.event_id());
  child->set_started_workflow_id(a.workflow_execution().workflow_id());
  child->set_started_run_id(a.workflow_execution().run_id());
}

void on_child_over(const context& c, std::int64_t initiated_id) { c.tx.children().erase(initiated_id); }

void on(const context& c, const api::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes&) {
  rec::PendingCancelRequest request;
  request.set_format(1);
  request.set_version(c.event.version());
  request.set_initiated_id(c.event.event_id());
  request.set_initiated_batch_id(c.batch_first_id);
  request.set_cancel_request_id(request_id_of(c));
  c.tx.cancel_requests().put(c.event.event_id(), std::move(request));
}

void on_external_cancel_over(const context& c, std::int64_t initiated_id) {
  c.tx.cancel_requests().erase(initiated_id);
}

void on(const context& c, const api::SignalExternalWorkflowExecutionInitiatedEventAttributes& a) {
  rec::PendingSignal signal;
  signal.set_format(1);
  signal.set_version(c.event.version());
  signal.set_initiated_id(c.event.event_id());
  signal.set_initiated_batch_id(c.batch_first_id);
  signal.set_signal_request_id(request_id_of(c));
  signal.set_name(a.signal_name());
  signal.set_has_input(a.has_input());
  signal.set_input(a.input().data());
  signal.set_control(a.control());
  c.tx.signals().put(c.event.event_id(), std::move(signal));
}

void on_external_signal_over(const context& c, std::int64_t initiated_id) { c.tx.signals().erase(initiated_id); }

} // namespace cadenza::workflow::events
