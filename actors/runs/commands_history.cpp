#include "actors/history/history_reader.hpp"
#include "actors/history/history_token.hpp"
#include "actors/history/splice.hpp"
#include "actors/history/thrift_batches.hpp"
#include "actors/runs/command_of.hpp"
#include "actors/runs/run_commands.hpp"
#include "actors/runs/workflow_run.hpp"
#include "messages/invariant.hpp"
#include "messages/paging.hpp"

#include <algorithm>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

constexpr std::int64_t answer_margin_ns = 50 * ns_per_ms;
constexpr std::int64_t page_bytes_max = 4 << 20;

class get_history final : public run_command, public std::enable_shared_from_this<get_history> {
public:
  get_history(workflow_key workflow, std::optional<uuid> run,
              engine::body<api::GetWorkflowExecutionHistoryRequest> body, std::optional<history_token> token,
              call_ptr asker)
    : run_command(std::move(workflow), run, std::move(asker)), body_(std::move(body)), token_(std::move(token)) {
    CADENZA_ASSERT(call, "who asks for a history waits for it");
    everywhere = true;
  }

  outcome<void> act(workflow::transaction&) override { return {}; }
  bool changed() const override { return false; }
  bool wants_open_run() const override { return false; }
  const char* name() const override { return "get_history"; }

  void finished(workflow_run& run) override {
    raw_ = call->caller().reads_raw_history && run.env().live->sends_raw_history(*run.domain());
    const bool first = !token_;
    if (first) {
      token_.emplace();
      token_->run_id = run.key().run_id.str();
      look(run);
    } else if (!fits(run.state())) {
      return call->reject(bad_request("Invalid NextPageToken."));
    }
    if (only_close_event())
      return run.state().open() ? wait(run) : answer_close_event(run);
    // The first call of a reader never waits: it gets what is there.
    if (!first && token_->first_event_id >= token_->next_event_id && token_->running && body_->wait_for_new_event()) {
      if (run.state().open() && run.state().next_event_id() <= token_->next_event_id)
        return wait(run);
      look(run);
    }
    answer_page(run);
  }

private:
  [[nodiscard]] bool only_close_event() const {
    return body_->history_event_filter_type() == api::EVENT_FILTER_TYPE_CLOSE_EVENT;
  }

  /// Whether the token can be one that this run has given.
  [[nodiscard]] bool fits(const workflow::run& run) const {
    record::v1::HistoryBranch branch;
    api::History synthetic;
    return branch.ParseFromString(token_->branch) &&
           may_read(run, branch, token_->first_event_id, token_->next_event_id) &&
           synthetic.ParseFromString(token_->synthetic);
  }

  /// Takes the run as it is now for what the reader may see.
  void look(workflow_run& run) {
    token_->next_event_id = run.state().next_event_id();
    token_->running = run.state().open();
    token_->branch = run.state().current_branch().branch().SerializeAsString();
    token_->synthetic.clear();
  }

  void wait(workflow_run& run) {
    if (run.env().draining.load(std::memory_order_relaxed))
      return woken(run, false);
    const auto now = run.now();
    const auto until = std::min(now + run.env().live->history_poll_ns(*run.domain()),
                                call->deadline_ns() == INT64_MAX ? INT64_MAX : call->deadline_ns() - answer_margin_ns);
    if (until <= now)
      return call->reject({error_kind::deadline_exceeded, "too little time left to wait for new events"});
    history_waiter waiter;
    waiter.beyond_event_id = only_close_event() ? INT64_MAX : token_->next_event_id;
    waiter.deadline_ns = until;
    waiter.wake = [self = shared_from_this()](workflow_run& r, bool news) { self->woken(r, news); };
    run.wait_for_events(std::move(waiter));
  }

  void woken(workflow_run& run, bool news) {
    if (!news) {
      api::GetWorkflowExecutionHistoryResponse response;
      response.mutable_history();
      if (body_->wait_for_new_event())
        response.set_next_page_token(encode(*token_));
      return call->reply(response);
    }
    look(run);
    if (only_close_event())
      answer_close_event(run);
    else
      answer_page(run);
  }

  void answer_close_event(workflow_run& run) {
    const auto next = run.state().next_event_id();
    auto self = shared_from_this();
    run.read_events(
        run.state().head().completion_event_batch_id(), next, INT32_MAX, INT64_MAX,
        [self, store = run.env().store, shard = run.shard_index(), key = run.key()](outcome<history_slice> slice) {
          if (!slice)
            return explain_failed_read(*store, shard, key, slice.error(),
                                       [self](const error& why) { self->call->reject(why); });
          if (self->raw_)
            return self->answer_raw(*slice, {}, false);
          api::History events;
          if (!events.ParseFromString(slice->bytes) || events.events_size() == 0)
            return self->call->reject(internal_error("incomplete history: no close event"));
          api::GetWorkflowExecutionHistoryResponse response;
          *response.mutable_history()->add_events() = std::move(*events.mutable_events(events.events_size() - 1));
          self->call->reply(response);
        });
  }

  void answer_page(workflow_run& run) {
    if (token_->first_event_id >= token_->next_event_id)
      return answer({}, token_->first_event_id);
    const int most = run.env().live->history_page_max(*run.domain());
    const int batches = page_size(body_->page_size(), most, most);
    auto self = shared_from_this();
    auto take = [self, store = run.env().store, shard = run.shard_index(),
                 key = run.key()](outcome<history_slice> slice) {
      if (!slice)
        return explain_failed_read(*store, shard, key, slice.error(),
                                   [self](const error& why) { self->call->reject(why); });
      const auto next = slice->next_event_id;
      self->answer(*std::move(slice), next);
    };
    const bool same_branch = token_->branch == run.state().current_branch().branch().SerializeAsString();
    if (same_branch)
      return run.read_events(token_->first_event_id, token_->next_event_id, batches, page_bytes_max, std::move(take));
    record::v1::HistoryBranch branch;
    if (!branch.ParseFromString(token_->branch))
      return call->reject(bad_request("Invalid NextPageToken."));
    read_branch(*run.env().store, run.shard_index(), branch, token_->first_event_id, token_->next_event_id, batches,
                page_bytes_max, std::move(take));
  }

  /// `slice`: history up to, not including, `next`. On any thread.
  void answer(history_slice slice, std::int64_t next) {
    token_->first_event_id = next;
    const bool more = next < token_->next_event_id;
    std::string synthetic;
    if (!more)
      synthetic = std::exchange(token_->synthetic, {});
    const bool with_token = more || (token_->running && body_->wait_for_new_event());
    if (raw_)
      return answer_raw(slice, synthetic, with_token);
    api::GetWorkflowExecutionHistoryResponse response;
    if (with_token)
      response.set_next_page_token(encode(*token_));
    std::string bytes = response.SerializeAsString();
    slice.bytes += synthetic;
    append_field(bytes, api::GetWorkflowExecutionHistoryResponse::kHistoryFieldNumber, slice.bytes);
    call->reply_bytes(std::move(bytes));
  }

  void answer_raw(const history_slice& slice, const std::string& synthetic, bool with_token) {
    api::GetWorkflowExecutionHistoryResponse response;
    response.mutable_history(); // clients look here when there is no batch
    auto done = append_thrift_batches(slice, *response.mutable_raw_history());
    if (done && !synthetic.empty())
      done = append_thrift_batch(synthetic, *response.mutable_raw_history());
    if (!done)
      return call->reject(done.error());
    if (with_token)
      response.set_next_page_token(encode(*token_));
    call->reply(response);
  }

  engine::body<api::GetWorkflowExecutionHistoryRequest> body_;
  std::optional<history_token> token_;
  bool raw_ = false; ///< as batches in Thrift
};

} // namespace

outcome<run_command_ptr> make_get_history(const workflow::domain_ptr& domain,
                                          engine::body<api::GetWorkflowExecutionHistoryRequest> body, call_ptr call) {
  const auto& execution = body->workflow_execution();
  auto run = run_of(execution);
  std::optional<history_token> token;
  if (!body->next_page_token().empty()) {
    auto decoded = decode_history_token(body->next_page_token());
    if (!decoded)
      return decoded.error();
    token = *std::move(decoded);
    if (!execution.run_id().empty() && execution.run_id() != token->run_id)
      return bad_request("RunID in the request does not match the NextPageToken.");
    const auto named = uuid::parse(token->run_id);
    if (!named)
      return bad_request("Invalid NextPageToken.");
    run = named;
  }
  workflow_key key{domain->id, execution.workflow_id()};
  return run_command_ptr(
      std::make_shared<get_history>(std::move(key), run, std::move(body), std::move(token), std::move(call)));
}

} // namespace cadenza::actors
