#include "workflow/earlier_requests.hpp"

#include "messages/invariant.hpp"
#include "messages/shard_hash.hpp"
#include "messages/wire_time.hpp"
#include "workflow/run.hpp"

#include <algorithm>

namespace cadenza::workflow {
namespace {

/// Of longer payloads the length and this much of the beginning count: starts are frequent, and payloads may be large.
constexpr std::size_t payload_bytes_max = 16 << 10;

class fingerprint {
public:
  fingerprint& text(std::string_view part) {
    const auto size = part.size();
    bytes_.append(reinterpret_cast<const char*>(&size), sizeof size);
    bytes_.append(part.substr(0, payload_bytes_max));
    return *this;
  }
  fingerprint& number(std::int64_t part) {
    bytes_.append(reinterpret_cast<const char*>(&part), sizeof part);
    return *this;
  }
  [[nodiscard]] std::uint32_t value() const { return std::max(farm_fingerprint32(bytes_), 1U); }

private:
  std::string bytes_;
};

template <class Start> std::uint32_t content_of_start(const Start& start) {
  // What the started event tells as the request did: the two must have the same fingerprint.
  return fingerprint()
      .text(start.workflow_type().name())
      .text(start.task_list().name())
      .text(start.input().data())
      .text(start.identity())
      .text(start.cron_schedule())
      .number(seconds_of(start.execution_start_to_close_timeout()))
      .value();
}

/// Drops the oldest beyond the bounds.
void trim(earlier_requests& list) {
  int signals = 0;
  int others = 0;
  for (const auto& one : list)
    ++(one.kind() == rec::REQUEST_SIGNAL ? signals : others);
  if (signals <= earlier_signals_max && others <= earlier_others_max)
    return;
  earlier_requests kept;
  for (auto& one : list) {
    auto& left = one.kind() == rec::REQUEST_SIGNAL ? signals : others;
    const auto most = one.kind() == rec::REQUEST_SIGNAL ? earlier_signals_max : earlier_others_max;
    if (left-- <= most)
      kept.Add(std::move(one));
  }
  list.Swap(&kept);
  CADENZA_ASSERT(list.size() <= earlier_signals_max + earlier_others_max,
                 "a run hands on a bounded number of requests");
}

void add_signals(earlier_requests& to, const run& r) {
  std::vector<std::pair<std::int64_t, const std::string*>> newest;
  newest.reserve(r.signal_requests().size());
  for (const auto& [id, had] : r.signal_requests())
    if (had.content() != 0)
      newest.emplace_back(had.number(), &id);
  std::sort(newest.begin(), newest.end());
  const auto count = static_cast<std::ptrdiff_t>(newest.size());
  const auto skipped = std::max<std::ptrdiff_t>(count - earlier_signals_max, 0);
  for (auto i = newest.begin() + skipped; i != newest.end(); ++i)
    remember(to, rec::REQUEST_SIGNAL, *i->second, r.key().run_id, r.signal_requests().find(*i->second)->content());
}

} // namespace

std::uint32_t content_of(const api::StartWorkflowExecutionRequest& request) { return content_of_start(request); }
std::uint32_t content_of(const api::WorkflowExecutionStartedEventAttributes& started) {
  return content_of_start(started);
}
std::uint32_t content_of_signal(std::string_view name, std::string_view input) {
  return fingerprint().text(name).text(input).value();
}
std::uint32_t content_of_cancel(std::string_view cause) { return fingerprint().text(cause).value(); }
std::uint32_t content_of(const api::ResetWorkflowExecutionRequest& request) {
  return fingerprint()
      .text(request.workflow_execution().run_id())
      .text(request.reason())
      .number(request.decision_finish_event_id())
      .number(request.skip_signal_reapply() ? 1 : 0)
      .value();
}

std::optional<uuid> answered_before(const earlier_requests& among, rec::RequestKind kind, const std::string& request_id,
                                    std::uint32_t content) {
  if (request_id.empty())
    return std::nullopt;
  for (auto i = among.rbegin(); i != among.rend(); ++i)
    if (i->kind() == kind && i->content() == content && i->request_id() == request_id)
      return uuid::from_raw(i->run_id());
  return std::nullopt;
}

std::optional<uuid> signalled_before(const run& r, const std::string& request_id, std::uint32_t content) {
  if (!request_id.empty() && r.signal_requests().contains(request_id))
    return r.key().run_id;
  return answered_before(r.fixed().earlier_requests(), rec::REQUEST_SIGNAL, request_id, content);
}

void remember(earlier_requests& to, rec::RequestKind kind, const std::string& request_id, const uuid& run_id,
              std::uint32_t content) {
  if (request_id.empty())
    return;
  auto& one = *to.Add();
  one.set_kind(kind);
  one.set_request_id(request_id);
  one.set_run_id(run_id.raw());
  one.set_content(content);
}

earlier_requests requests_until_close(const run& r) {
  auto out = r.fixed().earlier_requests();
  add_signals(out, r);
  if (r.head().cancel_requested() && r.head().cancel_content() != 0)
    remember(out, rec::REQUEST_CANCEL, r.head().cancel_request_id(), r.key().run_id, r.head().cancel_content());
  trim(out);
  return out;
}

earlier_requests requests_after(const run& r) {
  auto out = requests_until_close(r);
  if (r.fixed().create_content() != 0)
    remember(out, rec::REQUEST_START, r.fixed().create_request_id(), r.key().run_id, r.fixed().create_content());
  trim(out);
  return out;
}

earlier_requests requests_after(const rec::CurrentRun& closed) {
  auto out = closed.earlier_requests();
  if (closed.create_content() != 0)
    remember(out, rec::REQUEST_START, closed.create_request_id(), uuid::from_raw(closed.run_id()),
             closed.create_content());
  trim(out);
  return out;
}

} // namespace cadenza::workflow
