#include "actors/base/json_object.hpp"
#include "actors/history/branch_token.hpp"
#include "actors/history/history_reader.hpp"
#include "actors/history/thrift_batches.hpp"
#include "actors/history/token_check.hpp"
#include "actors/runs/command_of.hpp"
#include "actors/runs/run_commands.hpp"
#include "actors/runs/workflow_run.hpp"
#include "messages/base64.hpp"
#include "messages/invariant.hpp"
#include "messages/json_text.hpp"
#include "messages/paging.hpp"
#include "workflow/version_history.hpp"

#include <algorithm>
#include <optional>

/// GetWorkflowExecutionRawHistoryV2: the stored batches of a branch between two events, both exclusive, in Thrift.
namespace cadenza::actors {

namespace admin = uber::cadence::admin::v1;
namespace {

using request_body = admin::GetWorkflowExecutionRawHistoryV2Request;
constexpr std::int64_t page_bytes_max = 4 << 20;

/// What a reader comes back with. It reads what the run was when it first asked.
struct raw_token {
  std::string domain;
  std::string workflow_id;
  std::string run_id;
  record::v1::VersionItem start;  ///< exclusive
  record::v1::VersionItem end;    ///< exclusive
  std::int64_t next_event_id = 0; ///< where the next page begins
  record::v1::VersionHistories histories;
};

std::string unchecked(const raw_token& token) {
  std::string out = "{\"DomainName\":";
  append_json_string(out, token.domain);
  out += ",\"WorkflowID\":";
  append_json_string(out, token.workflow_id);
  out += ",\"RunID\":";
  append_json_string(out, token.run_id);
  out += ",\"StartEventID\":" + std::to_string(token.start.event_id()) +
         ",\"StartEventVersion\":" + std::to_string(token.start.version()) +
         ",\"EndEventID\":" + std::to_string(token.end.event_id()) +
         ",\"EndEventVersion\":" + std::to_string(token.end.version()) +
         ",\"NextEventID\":" + std::to_string(token.next_event_id) + ",\"VersionHistories\":";
  append_json_string(out, to_base64(token.histories.SerializeAsString()));
  return out;
}

std::string encode(const raw_token& token) { return with_check_sum(unchecked(token)); }

std::optional<raw_token> decode(const std::string& text) {
  raw_token token;
  std::string histories;
  std::int64_t sum = -1;
  json_object_reader in(text);
  const auto number = [&in] {
    std::int64_t value = 0;
    in.read(value);
    return value;
  };
  while (const auto key = in.next_key()) {
    if (*key == "DomainName")
      in.read(token.domain);
    else if (*key == "WorkflowID")
      in.read(token.workflow_id);
    else if (*key == "RunID")
      in.read(token.run_id);
    else if (*key == "StartEventID")
      token.start.set_event_id(number());
    else if (*key == "StartEventVersion")
      token.start.set_version(number());
    else if (*key == "EndEventID")
      token.end.set_event_id(number());
    else if (*key == "EndEventVersion")
      token.end.set_version(number());
    else if (*key == "NextEventID")
      token.next_event_id = number();
    else if (*key == "VersionHistories")
      in.read(histories);
    else if (*key == check_sum_member)
      sum = number();
    else
      in.skip();
  }
  std::string bytes;
  if (!in.complete() || !from_base64(histories, bytes) || !token.histories.ParseFromString(bytes) ||
      sum != check_sum(unchecked(token)))
    return std::nullopt;
  return token;
}

const record::v1::VersionBranch* find_branch(const record::v1::VersionHistories& all,
                                             const record::v1::VersionItem& item) {
  const auto found = std::find_if(all.branches().begin(), all.branches().end(),
                                  [&](const auto& branch) { return workflow::contains(branch, item); });
  return found == all.branches().end() ? nullptr : &*found;
}

error not_on_any_branch() { return bad_request("version histories does not contain given item."); }

struct range {
  record::v1::VersionItem start;
  record::v1::VersionItem end;
  const record::v1::VersionBranch* branch = nullptr;
};

/// Which branch is asked for and from where to where: everything unless the request says otherwise. A start on another
/// branch moves to where that branch and the one of the end part.
outcome<range> range_of(const request_body& request, const record::v1::VersionHistories& all) {
  const auto current = all.current();
  if (current < 0 || current >= all.branches_size() || all.branches(current).items().empty())
    return bad_request("Invalid version histories.");
  range out;
  out.branch = &all.branches(current);
  const auto& first = out.branch->items(0);
  const auto& last = out.branch->items(out.branch->items_size() - 1);
  out.start.set_event_id(request.has_start_event() ? request.start_event().event_id() : first_event_id - 1);
  out.start.set_version(request.has_start_event() ? request.start_event().version() : first.version());
  out.end.set_event_id(request.has_end_event() ? request.end_event().event_id() : last.event_id() + 1);
  out.end.set_version(request.has_end_event() ? request.end_event().version() : last.version());
  if (out.start.event_id() < 0)
    return bad_request("Invalid FirstEventID && NextEventID combination.");
  if (out.end.event_id() != last.event_id() + 1 || out.end.version() != last.version()) {
    out.branch = find_branch(all, out.end);
    if (out.branch == nullptr)
      return not_on_any_branch();
  }
  const bool whole = out.start.event_id() == first_event_id - 1 && out.start.version() == first.version();
  if (!whole && !workflow::contains(*out.branch, out.start)) {
    const auto* other = find_branch(all, out.start);
    if (other == nullptr)
      return not_on_any_branch();
    auto shared = workflow::lowest_common_ancestor(*out.branch, *other);
    if (!shared)
      return shared.error();
    out.start = *std::move(shared);
  }
  return out;
}

bool same(const record::v1::VersionItem& a, const record::v1::VersionItem& b) {
  return a.event_id() == b.event_id() && a.version() == b.version();
}

class raw_history final : public run_command, public std::enable_shared_from_this<raw_history> {
public:
  raw_history(workflow_key workflow, std::optional<uuid> run, engine::body<request_body> body,
              std::optional<raw_token> token, call_ptr asker)
    : run_command(std::move(workflow), run, std::move(asker)), body_(std::move(body)), token_(std::move(token)) {
    CADENZA_ASSERT(call, "who asks for a history waits for it");
    everywhere = true;
  }

  outcome<void> act(workflow::transaction&) override { return {}; }
  bool changed() const override { return false; }
  bool wants_open_run() const override { return false; }
  const char* name() const override { return "raw_history"; }

  void finished(workflow_run& run) override {
    const auto& all = token_ ? token_->histories : run.state().head().version_histories();
    auto wanted = range_of(*body_, all);
    if (!wanted)
      return call->reject(wanted.error());
    if (token_ && (!same(token_->start, wanted->start) || !same(token_->end, wanted->end)))
      return call->reject(bad_request("Invalid pagination token."));
    branch_ = *wanted->branch;
    if (token_ && !may_read(run.state(), branch_.branch(), token_->next_event_id, token_->end.event_id()))
      return call->reject(bad_request("Invalid pagination token."));
    if (!token_)
      begin(run, *wanted);
    if (token_->next_event_id >= token_->end.event_id())
      return answer({});
    const int most = run.env().live->history_page_max(*run.domain());
    auto self = shared_from_this();
    read_branch(
        *run.env().store, run.shard_index(), branch_.branch(), token_->next_event_id, token_->end.event_id(),
        page_size(body_->page_size(), most, most), page_bytes_max,
        [self, store = run.env().store, shard = run.shard_index(), key = run.key()](outcome<history_slice> slice) {
          if (!slice)
            return explain_failed_read(*store, shard, key, slice.error(),
                                       [self](const error& why) { self->call->reject(why); });
          self->token_->next_event_id = slice->next_event_id;
          self->answer(*slice);
        });
  }

private:
  void begin(workflow_run& run, const range& wanted) {
    token_.emplace();
    token_->domain = body_->domain();
    token_->workflow_id = body_->workflow_execution().workflow_id();
    token_->run_id = body_->workflow_execution().run_id();
    token_->start = wanted.start;
    token_->end = wanted.end;
    token_->next_event_id = wanted.start.event_id() + 1;
    token_->histories = run.state().head().version_histories();
  }

  void answer(const history_slice& slice) {
    admin::GetWorkflowExecutionRawHistoryV2Response response;
    if (const auto done = append_thrift_batches(slice, *response.mutable_history_batches()); !done)
      return call->reject(done.error());
    auto& history = *response.mutable_version_history();
    history.set_branch_token(branch_token(branch_.branch()));
    for (const auto& item : branch_.items()) {
      auto& out = *history.add_items();
      out.set_event_id(item.event_id());
      out.set_version(item.version());
    }
    if (token_->next_event_id < token_->end.event_id())
      response.set_next_page_token(encode(*token_));
    call->reply(response);
  }

  const engine::body<request_body> body_;
  std::optional<raw_token> token_;
  record::v1::VersionBranch branch_;
};

} // namespace

outcome<run_command_ptr> make_raw_history(const workflow::domain_ptr& domain, engine::body<request_body> body,
                                          call_ptr call) {
  const auto& execution = body->workflow_execution();
  std::optional<raw_token> token;
  if (!body->next_page_token().empty()) {
    token = decode(body->next_page_token());
    if (!token || token->domain != body->domain() || token->workflow_id != execution.workflow_id() ||
        token->run_id != execution.run_id())
      return bad_request("Invalid pagination token.");
  }
  workflow_key key{domain->id, execution.workflow_id()};
  const auto run = run_of(execution);
  return run_command_ptr(
      std::make_shared<raw_history>(std::move(key), run, std::move(body), std::move(token), std::move(call)));
}

} // namespace cadenza::actors
