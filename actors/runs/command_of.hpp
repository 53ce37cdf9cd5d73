#pragma once

#include "actors/runs/run_command.hpp"
#include "actors/runs/workflow_run.hpp"

#include <optional>
#include <string_view>
#include <utility>

namespace cadenza::actors {

/// A command made of two functions: `act(transaction&) → outcome<bool>` (true: something changed) and
/// `finish(workflow_run&)`. Both see the same captured state; `act` may run more than once.
template <class Act, class Finish> class command_of final : public run_command {
public:
  command_of(const char* name, workflow_key workflow, std::optional<uuid> run, call_ptr asker, bool wants_open, Act act,
             Finish finish)
    : run_command(std::move(workflow), run, std::move(asker)), name_(name), wants_open_(wants_open),
      act_(std::move(act)), finish_(std::move(finish)) {}

  outcome<void> act(workflow::transaction& tx) override {
    outcome<bool> result = act_(tx);
    if (!result)
      return result.error();
    changed_ = *result;
    return {};
  }
  bool changed() const override { return changed_; }
  void finished(workflow_run& run) override { finish_(run); }
  bool wants_open_run() const override { return wants_open_; }
  const char* name() const override { return name_; }

private:
  const char* name_;
  const bool wants_open_;
  bool changed_ = false;
  Act act_;
  Finish finish_;
};

template <class Act, class Finish>
[[nodiscard]] run_command_ptr make_command(const char* name, workflow_key workflow, std::optional<uuid> run,
                                           call_ptr call, bool wants_open, Act act, Finish finish) {
  return std::make_shared<command_of<Act, Finish>>(name, std::move(workflow), run, std::move(call), wants_open,
                                                   std::move(act), std::move(finish));
}

/// A finish function that answers with an empty response of the given type.
template <class Response> [[nodiscard]] auto answer_empty(call_ptr call) {
  return [call = std::move(call)](workflow_run&) {
    if (call)
      call->reply(Response());
  };
}

/// Turns an outcome without a value into "something changed".
[[nodiscard]] inline outcome<bool> changed_if_ok(const outcome<void>& result) {
  if (!result)
    return result.error();
  return true;
}

/// The run that a text names; nothing for "", which stands for the current one. Text that is no id names a run that
/// nobody has.
[[nodiscard]] inline std::optional<uuid> named_run(std::string_view text) {
  if (text.empty())
    return std::nullopt;
  return uuid::parse(text).value_or(uuid{});
}

/// The run an RPC names: nothing when it gives no run id.
template <class Execution> [[nodiscard]] std::optional<uuid> run_of(const Execution& execution) {
  return named_run(execution.run_id());
}

} // namespace cadenza::actors
