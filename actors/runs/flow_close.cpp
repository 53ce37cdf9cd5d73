#include "actors/runs/run_flow.hpp"
#include "messages/invariant.hpp"
#include "workflow/close.hpp"

#include "cadenza/record/v1/run_message.pb.h"

#include <algorithm>

/// Tells the parent and the children of a closed run.
namespace cadenza::actors {
namespace {

using wire::v1::Refused;
using wire::v1::RunMessage;

/// reading ──► telling ──► over
///
/// Which of them have been told is known here only. What is not answered is sent again by the flow itself, so that a
/// run with many children does not begin anew with all of them because of one.
class close_flow final : public run_flow {
public:
  using run_flow::run_flow;

  outcome<bool> act(workflow::transaction& tx) override {
    auto report = workflow::report_close(tx);
    if (!report)
      return report.error();
    report_ = *std::move(report);
    return false;
  }

  verdict acted() override {
    CADENZA_ASSERT(step_ == step::reading, "a closed run is read once");
    step_ = step::telling;
    told_.assign((report_.notify_parent ? 1 : 0) + report_.children.size(), false);
    return tell_all();
  }

  verdict heard(const RunMessage& answer) override {
    const auto part = static_cast<std::size_t>(answer.part());
    if (part >= told_.size() || told_[part])
      return verdict::wait; // a second copy
    if (answer.refused().reason() != Refused::REASON_NOT_NOW || !answer.has_refused()) {
      told_[part] = true;
      return all_told() ? verdict::over : verdict::wait;
    }
    wait_until(std::min(due_ns(), now() + pause()));
    return verdict::wait;
  }

  verdict silence() override {
    ++rounds_;
    return tell_all();
  }

  const char* name() const override { return "close"; }

private:
  enum class step { reading, telling };

  static constexpr std::int64_t pause_ns = 1'000'000'000;
  static constexpr int doublings_max = 5;

  [[nodiscard]] std::int64_t pause() const { return pause_ns << std::min(rounds_, doublings_max); }
  [[nodiscard]] bool all_told() const {
    return std::all_of(told_.begin(), told_.end(), [](bool told) { return told; });
  }

  verdict tell_all() {
    if (all_told())
      return verdict::over;
    const std::size_t parents = report_.notify_parent ? 1 : 0;
    for (std::size_t part = 0; part < told_.size(); ++part) {
      if (told_[part])
        continue;
      if (part < parents)
        tell_parent();
      else
        end_child(static_cast<int>(part), report_.children[part - parents]);
    }
    if (rounds_ > 0)
      wait_until(due_ns() + pause());
    return verdict::wait;
  }

  void tell_parent() {
    const auto& parent = report_.parent;
    auto& closed = *ask(0, parent.domain_id, parent.workflow_id, raw_run(parent.run_id)).mutable_child_closed();
    closed.set_initiated_id(parent.initiated_id);
    *closed.mutable_close_event() = report_.close_event;
  }

  void end_child(int part, const workflow::close_report::child_action& child) {
    auto& end = *ask(part, child.domain_id, child.workflow_id, {}).mutable_end_child();
    end.set_terminate(child.terminate);
    end.set_first_run_id(child.first_run_id);
  }

  step step_ = step::reading;
  workflow::close_report report_;
  std::vector<bool> told_; ///< by part: the parent first, if it is to hear of it
  int rounds_ = 0;
};

} // namespace

run_flow_ptr make_close_flow(flow_place place, const record::v1::TransferTask& task, receipt_ptr receipt) {
  return std::make_unique<close_flow>(std::move(place), task, std::move(receipt));
}

} // namespace cadenza::actors
