#include "actors/visibility/visibility_writer.hpp"

#include "actors/base/workload.hpp"
#include "actors/visibility/listed_changes.hpp"
#include "messages/invariant.hpp"
#include "messages/wire_time.hpp"
#include "workflow/search_attributes.hpp"

#include <caf/all.hpp>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

constexpr std::size_t batch_max = 2000;
constexpr std::size_t pending_max = 200'000;
// What a short run does within this time is one write: its end covers its start.
constexpr std::int64_t write_ns = 500 * ns_per_ms;
constexpr std::int64_t durable_ns = ns_per_s;
// Counting the open runs walks over them: no more often than this, and never more than a hundredth of the time.
constexpr std::int64_t count_ns = 15 * ns_per_s;
constexpr std::int64_t count_share = 100;

struct durable_tick {};

template <class Request> storage::list_request to_list(const workflow::domain_view& domain, const Request& request) {
  storage::list_request out;
  out.domain_id = domain.id;
  out.earliest_ns = workflow::ns_of(request.start_time_filter().earliest_time());
  out.latest_ns = workflow::ns_of(request.start_time_filter().latest_time());
  if (request.has_execution_filter()) {
    out.filter.what = storage::list_filter::by::workflow_id;
    out.filter.text = request.execution_filter().workflow_id();
  } else if (request.has_type_filter()) {
    out.filter.what = storage::list_filter::by::type;
    out.filter.text = request.type_filter().name();
  }
  if (request.page_size() > 0)
    out.page_size = request.page_size();
  out.page_token = request.next_page_token();
  return out;
}

template <class Request>
outcome<storage::query_request> to_query(const workflow::domain_view& domain, const Request& request,
                                         const workflow::attribute_types& attributes) {
  auto query = storage::visibility::read_query(request.query(), attributes);
  if (!query)
    return query.error();
  storage::query_request out;
  out.domain_id = domain.id;
  out.query = *std::move(query);
  if constexpr (requires { request.page_size(); }) {
    if (request.page_size() > 0)
      out.page_size = request.page_size();
    out.page_token = request.next_page_token();
  }
  return out;
}

/// The reason when the store is damaged and must be opened anew.
using damage = std::optional<error>;

damage reject(const call_ptr& call, const error& why) {
  call->reject(why);
  return why.kind == error_kind::internal_data_inconsistency ? damage(why) : std::nullopt;
}

template <class Response> damage reply_page(const call_ptr& call, outcome<storage::list_page> page) {
  if (!page)
    return reject(call, page.error());
  Response response;
  *response.mutable_executions() = std::move(page->executions);
  response.set_next_page_token(std::move(page->next_page_token));
  call->reply(response);
  return std::nullopt;
}

} // namespace
} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::durable_tick)

namespace cadenza::actors {

visibility_writer::visibility_writer(caf::actor_config& cfg, const actor_context& env, visibility_opener open)
  : supervised_actor(cfg), env_(env), open_(std::move(open)) {}

void visibility_writer::on_exit() {
  // Receipts that are not done make the shards send their tasks again.
  env_.counters->visibility_pending.fetch_sub(static_cast<std::int64_t>(pending_.size()), std::memory_order_relaxed);
  pending_.clear();
  pending_receipts_.clear();
  applied_.clear();
  store_.reset();
}

caf::behavior visibility_writer::make_behavior() {
  delayed_send(this, std::chrono::nanoseconds(write_ns), tick{});
  delayed_send(this, std::chrono::nanoseconds(durable_ns), durable_tick{});
  return with_common(caf::message_handler{
      [this](visibility_mail_ptr& mail) { on_mail(*mail); },
      [this](tick) {
        write();
        delayed_send(this, std::chrono::nanoseconds(write_ns), tick{});
      },
      [this](durable_tick) {
        make_durable();
        count_open();
        delayed_send(this, std::chrono::nanoseconds(durable_ns), durable_tick{});
      },
  });
}

void visibility_writer::on_mail(visibility_mail& mail) {
  if (auto* asked = std::get_if<visibility_list>(&mail)) {
    write();
    if (!pending_.empty()) // what the caller was told of may be missing
      return asked->call->reject(unavailable("the visibility store is not available at the moment"));
    return answer(*asked);
  }
  auto& tasks = std::get<std::vector<visibility_task>>(mail);
  if (pending_.size() > pending_max) {
    // The shards keep what is dropped here and send it again.
    for (const auto& task : tasks)
      task.receipt->broken();
    return;
  }
  for (auto& task : tasks) {
    CADENZA_ASSERT(task.receipt, "a change of the lists is a task that somebody keeps until it is written");
    pending_.push_back(change_of(std::move(task.task)));
    pending_receipts_.push_back(std::move(task.receipt));
  }
  env_.counters->visibility_pending.fetch_add(static_cast<std::int64_t>(tasks.size()), std::memory_order_relaxed);
  if (pending_.size() >= batch_max)
    write();
}

bool visibility_writer::ready() {
  if (store_)
    return true;
  if (pausing())
    return false;
  auto opened = open_();
  if (!opened) {
    failed("visibility store not opened: {error}", opened.error());
    return false;
  }
  store_ = *std::move(opened);
  CADENZA_ASSERT(store_, "a store of lists that was opened is one");
  return true;
}

bool visibility_writer::pausing() const {
  const auto now = env_.time->now_ns();
  return now < pause_until_ns_ && now >= paused_at_ns_; // else the pause is over, or the clock was set back
}

void visibility_writer::failed(log::sentence says, const error& why, std::int64_t changes) {
  env_.counters->visibility_failures.fetch_add(1, std::memory_order_relaxed);
  if (changes > 0)
    env_.log(log::level::error, {field::count(changes), field::error(why.message)}, says);
  else
    env_.log(log::level::error, {field::error(why.message)}, says);
  if (why.kind == error_kind::internal_data_inconsistency)
    store_.reset();
  paused_at_ns_ = env_.time->now_ns();
  pause_until_ns_ = paused_at_ns_ + pauses_.next(paused_at_ns_);
}

void visibility_writer::write() {
  if (pending_.empty() || pausing() || !ready())
    return;
  const auto count = static_cast<std::int64_t>(pending_.size());
  CADENZA_ASSERT(pending_.size() == pending_receipts_.size(), "each change of the lists has its receipt");
  const auto result = store_->apply(pending_);
  CADENZA_ASSERT(!result || result->applied + result->ignored == count,
                 "a change of the lists is applied, or is too old");
  const auto waited = env_.counters->visibility_pending.fetch_sub(count, std::memory_order_relaxed);
  CADENZA_ASSERT(waited >= count, "changes of the lists are counted when they come");
  pending_.clear();
  if (result) {
    std::move(pending_receipts_.begin(), pending_receipts_.end(), std::back_inserter(applied_));
    changed_ = true;
  } else {
    // The receipts go undone: the shards try again, after a while.
    for (const auto& receipt : pending_receipts_)
      receipt->broken();
    failed("visibility store refused {count} changes: {error}", result.error(), count);
  }
  pending_receipts_.clear();
}

void visibility_writer::make_durable() {
  write();
  if (applied_.empty() || !store_)
    return;
  auto* embedded = store_->embedded();
  const auto result = embedded == nullptr ? outcome<void>{} : embedded->make_durable();
  if (result) {
    for (const auto& receipt : applied_)
      receipt->done();
  } else {
    for (const auto& receipt : applied_)
      receipt->broken();
    failed("visibility store not made durable: {error}", result.error());
  }
  applied_.clear();
}

void visibility_writer::count_open() {
  const auto begun = env_.time->now_ns();
  const bool due = begun >= count_again_ns_ || begun < counted_ns_; // the clock was set back
  if (!changed_ || !due || pausing() || !ready())
    return;
  const auto query = storage::visibility::read_query("CloseTime = missing", workflow::default_attribute_types());
  CADENZA_ASSERT(query, "the query for open runs is one");
  std::map<std::string, std::int64_t> open;
  const auto directory = env_.domains->get();
  for (const auto& [name, domain] : directory->by_name) {
    storage::query_request asked;
    asked.domain_id = domain->id;
    asked.query = *query;
    const auto count = store_->count_by_query(asked);
    if (!count) {
      count_again_ns_ = begun + count_ns; // whoever lists is told why
      return;
    }
    if (open.size() < workload::domains_max)
      open[name] = *count;
    else
      open["other"] += *count;
  }
  counted_ns_ = env_.time->now_ns();
  count_again_ns_ = counted_ns_ + std::max(count_ns, count_share * std::max<std::int64_t>(0, counted_ns_ - begun));
  changed_ = env_.store->able_to().keeps_lists; // others write there, and do not tell
  env_.work->set_open(std::move(open));
}

void visibility_writer::answer(visibility_list& asked) {
  CADENZA_ASSERT(asked.domain && asked.call, "who asks for a list names a domain and waits for it");
  if (!ready())
    return asked.call->reject(unavailable("the visibility store is not available at the moment"));
  const auto& domain = *asked.domain;
  const auto configured = env_.live->attribute_types();
  const auto& attributes = *configured;
  const auto found = std::visit(
      [&](auto& request) -> damage {
        using T = std::decay_t<decltype(*request)>;
        if constexpr (std::is_same_v<T, api::ListOpenWorkflowExecutionsRequest>) {
          return reply_page<api::ListOpenWorkflowExecutionsResponse>(asked.call,
                                                                     store_->list_open(to_list(domain, *request)));
        } else if constexpr (std::is_same_v<T, api::ListClosedWorkflowExecutionsRequest>) {
          auto list = to_list(domain, *request);
          if (request->has_status_filter()) {
            list.filter.what = storage::list_filter::by::status;
            list.filter.status = request->status_filter().status();
          }
          return reply_page<api::ListClosedWorkflowExecutionsResponse>(asked.call, store_->list_closed(list));
        } else if constexpr (std::is_same_v<T, api::ListWorkflowExecutionsRequest>) {
          const auto query = to_query(domain, *request, attributes);
          if (!query)
            return reject(asked.call, query.error());
          return reply_page<api::ListWorkflowExecutionsResponse>(asked.call, store_->list_by_query(*query));
        } else if constexpr (std::is_same_v<T, api::ScanWorkflowExecutionsRequest>) {
          const auto query = to_query(domain, *request, attributes);
          if (!query)
            return reject(asked.call, query.error());
          return reply_page<api::ScanWorkflowExecutionsResponse>(asked.call, store_->scan_by_query(*query));
        } else {
          const auto query = to_query(domain, *request, attributes);
          if (!query)
            return reject(asked.call, query.error());
          const auto count = store_->count_by_query(*query);
          if (!count)
            return reject(asked.call, count.error());
          api::CountWorkflowExecutionsResponse response;
          response.set_count(*count);
          asked.call->reply(response);
          return std::nullopt;
        }
      },
      asked.request);
  if (found)
    failed("visibility store damaged; a new one is opened: {error}", *found);
}

} // namespace cadenza::actors
