#pragma once

#include "messages/uuid.hpp"

#include "cadenza/record/v1/run.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What a workflow id remembers of the requests its earlier runs have had.
///
/// A client that got no answer sends its request again, and the run that has carried it out may not be the current one
/// any more: it has continued as new, was reset, or was followed by another start. The run that is current then must
/// not take it for a request of its own: a signal would arrive twice, a start would end the very workflow it has begun.
/// So each run hands the newest ids on to the run after it. What counts as the same request is its kind, its id and a
/// fingerprint of what it asks for: an id that somebody uses again for something else is another request.
namespace cadenza::workflow {

namespace api = uber::cadence::api::v1;
namespace rec = record::v1;

class run;

using earlier_requests = google::protobuf::RepeatedPtrField<rec::EarlierRequest>;

/// Bounds of what is handed on: this many signals, and this many other requests, the newest of each.
inline constexpr int earlier_signals_max = 64;
inline constexpr int earlier_others_max = 16;

// --- fingerprints; never 0
[[nodiscard]] std::uint32_t content_of(const api::StartWorkflowExecutionRequest& request);
/// The same for the same start.
[[nodiscard]] std::uint32_t content_of(const api::WorkflowExecutionStartedEventAttributes& started);
[[nodiscard]] std::uint32_t content_of_signal(std::string_view name, std::string_view input);
[[nodiscard]] std::uint32_t content_of_cancel(std::string_view cause);
[[nodiscard]] std::uint32_t content_of(const api::ResetWorkflowExecutionRequest& request);

/// The run that has answered the request; nothing when none is known. An empty id is never known.
[[nodiscard]] std::optional<uuid> answered_before(const earlier_requests& among, rec::RequestKind kind,
                                                  const std::string& request_id, std::uint32_t content);

/// The same for a signal that goes to whatever run is current: of this run, or of one before it. As in the reference
/// system the run's own ids count whatever the signal says.
[[nodiscard]] std::optional<uuid> signalled_before(const run& r, const std::string& request_id, std::uint32_t content);

/// Adds one, unless its id is empty.
void remember(earlier_requests& to, rec::RequestKind kind, const std::string& request_id, const uuid& run_id,
              std::uint32_t content);

/// What a run leaves behind in its current-run row when it closes: everything but its start, which stands there anyway.
[[nodiscard]] earlier_requests requests_until_close(const run& r);

/// What the run after this one has to know.
[[nodiscard]] earlier_requests requests_after(const run& r);
[[nodiscard]] earlier_requests requests_after(const rec::CurrentRun& closed);

} // namespace cadenza::workflow
