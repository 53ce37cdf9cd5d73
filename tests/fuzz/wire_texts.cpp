#include "target.hpp"

#include "messages/wire_text.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"
#include "uber/cadence/api/v1/service_domain.pb.h"
#include "uber/cadence/api/v1/service_worker.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <google/protobuf/stubs/logging.h>

using namespace cadenza;
namespace api = uber::cadence::api::v1;

namespace {

/// Nothing is left to mend in what has been mended; whether it is a message after all, its parser says.
template <class Message> void mend(std::string_view bytes) {
  const auto mended = with_readable_text(bytes, *Message::descriptor());
  if (!mended)
    return;
  Message message;
  (void)message.ParseFromString(*mended);
  REQUIRE(!with_readable_text(*mended, *Message::descriptor()));
}

} // namespace

FUZZ_TARGET(wire_texts) {
  const google::protobuf::LogSilencer quiet;
  mend<api::RespondDecisionTaskCompletedRequest>(input);
  mend<api::SignalWithStartWorkflowExecutionRequest>(input);
  mend<api::UpdateDomainRequest>(input);
  mend<uber::cadence::admin::v1::UpdateTaskListPartitionConfigRequest>(input);
}
