#pragma once

#include "actors/base/engine.hpp"
#include "actors/matching/matching_mail.hpp"
#include "actors/runs/decision_answer.hpp"
#include "actors/runs/run_command.hpp"

#include <utility>

namespace cadenza::actors {

/// Answers a poll with a query, and with the history of the run that is asked; nothing is written. Dropped, the poll
/// answers UNAVAILABLE by its call.
class query_delivery final : public run_command {
public:
  /// `token`: what the worker will answer with.
  query_delivery(query_token token, const list_query& query, list_poll_ptr poll)
    : run_command(query.workflow, query.run_id, poll->call), token_(std::move(token)), query_(query.query),
      sticky_(query.sticky), poll_(std::move(poll)) {
    everywhere = true;
  }

  outcome<void> act(workflow::transaction&) override { return {}; }
  bool changed() const override { return false; }
  void finished(workflow_run& run) override {
    make_query_answer(run, token_, query_, sticky_, [to = poll_->call](outcome<std::string> bytes) {
      if (bytes)
        to->reply_bytes(*std::move(bytes));
      else
        to->reject(bytes.error());
    });
  }
  bool wants_open_run() const override { return false; }
  const char* name() const override { return "query_delivery"; }

  [[nodiscard]] const query_token& token() const { return token_; }
  [[nodiscard]] const list_poll& poll() const { return *poll_; }

private:
  const query_token token_;
  const uber::cadence::api::v1::WorkflowQuery query_;
  const bool sticky_;
  const list_poll_ptr poll_;
};

} // namespace cadenza::actors
