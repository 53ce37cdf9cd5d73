#include "messages/wire_text.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"
#include "uber/cadence/api/v1/service_domain.pb.h"
#include "uber/cadence/api/v1/service_worker.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <google/protobuf/unknown_field_set.h>

#include <boost/test/unit_test.hpp>

#include <string>

using namespace cadenza;
namespace api = uber::cadence::api::v1;

namespace {

const std::string cut_text = "reason in mid-letter: \xE4\xB8";
const std::string mended_text = "reason in mid-letter: \uFFFD";

/// What the mended wire form of `message` reads as. Messages can be made and written with any text, only not read.
template <class Message> Message mended(const Message& message) {
  const auto wire = with_readable_text(message.SerializeAsString(), *Message::descriptor());
  BOOST_TEST_REQUIRE(wire.has_value());
  Message out;
  BOOST_TEST_REQUIRE(out.ParseFromString(*wire));
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(wire_text_suite)

BOOST_AUTO_TEST_CASE(a_reason_cut_in_mid_letter_becomes_readable_and_its_details_stay) {
  api::RespondDecisionTaskCompletedRequest request;
  request.set_task_token("token \xFF");
  request.set_identity("worker");
  auto& failure = *request.add_decisions()->mutable_fail_workflow_execution_decision_attributes()->mutable_failure();
  failure.set_reason(cut_text);
  failure.set_details("details \xE4\xB8");
  const auto read = mended(request);
  failure.set_reason(mended_text);
  BOOST_TEST(read.SerializeAsString() == request.SerializeAsString());
}

BOOST_AUTO_TEST_CASE(maps_and_lists_of_text_are_mended_keys_included) {
  api::SignalWithStartWorkflowExecutionRequest request;
  auto& start = *request.mutable_start_request();
  start.set_workflow_id("\xFF");
  (*start.mutable_memo()->mutable_fields())["k\xC0\x80y"].set_data("\xC0\x80");
  (*start.mutable_header()->mutable_fields())["plain"].set_data("\xC0");
  const auto read = mended(request);
  BOOST_TEST(read.start_request().workflow_id() == "\uFFFD");
  BOOST_TEST(read.start_request().memo().fields().at("k\uFFFDy").data() == "\xC0\x80");
  BOOST_TEST(read.start_request().header().fields().at("plain").data() == "\xC0");
  api::UpdateDomainRequest update;
  update.mutable_update_mask()->add_paths("name");
  update.mutable_update_mask()->add_paths("\xED\xA0\x80");
  update.mutable_update_mask()->add_paths("data");
  (*update.mutable_data())["key"] = "value \xF5";
  const auto updated = mended(update);
  BOOST_TEST(updated.update_mask().paths(0) == "name");
  BOOST_TEST(updated.update_mask().paths(1) == "\uFFFD");
  BOOST_TEST(updated.update_mask().paths(2) == "data");
  BOOST_TEST(updated.data().at("key") == "value \uFFFD");
}

BOOST_AUTO_TEST_CASE(packed_numbers_and_unknown_fields_stay_byte_for_byte) {
  uber::cadence::admin::v1::GetCrossClusterTasksRequest request;
  for (const int shard : {0xC0, 0x80, 300, -1})
    request.add_shard_ids(shard);
  request.set_target_cluster("c\x80");
  auto& unknown = *request.GetReflection()->MutableUnknownFields(&request);
  unknown.AddLengthDelimited(7777, "\xFF\xFE no text");
  unknown.AddVarint(7778, 1ULL << 63);
  unknown.AddFixed32(7779, 5);
  unknown.AddGroup(7780)->AddLengthDelimited(1, "\x80");
  const auto read = mended(request);
  request.set_target_cluster("c\uFFFD");
  BOOST_TEST(read.SerializeAsString() == request.SerializeAsString());
}

BOOST_AUTO_TEST_CASE(long_text_grows_beyond_the_length_that_was_written) {
  api::SignalWorkflowExecutionRequest request;
  request.mutable_workflow_execution()->set_workflow_id(std::string(60, 'x') +
                                                        std::string(60, '\xFF')); // one byte of length
  const auto read = mended(request);
  BOOST_TEST(read.workflow_execution().workflow_id().size() == 60U + 3 * 60);
}

BOOST_AUTO_TEST_CASE(what_needs_no_mending_and_what_is_no_message_gives_nothing) {
  api::SignalWorkflowExecutionRequest request;
  request.set_domain("domain");
  request.mutable_signal_input()->set_data("\xFF");
  const auto& type = *api::SignalWorkflowExecutionRequest::descriptor();
  const auto wire = request.SerializeAsString();
  BOOST_TEST(!with_readable_text(wire, type));
  BOOST_TEST(!with_readable_text("", type));
  request.set_domain("\xFF");
  const auto bad = request.SerializeAsString();
  BOOST_TEST(with_readable_text(bad, type).has_value());
  for (std::size_t cut = 1; cut < bad.size(); ++cut) {
    api::SignalWorkflowExecutionRequest read;
    const auto part = with_readable_text(bad.substr(0, cut), type);
    BOOST_TEST((!part || read.ParseFromString(*part)));
  }
  BOOST_TEST(!with_readable_text(bad + '\0', type));
  BOOST_TEST(!with_readable_text(bad + "\x0A\xFF\xFF\xFF\xFF\x0F", type)); // a length beyond the end
}

BOOST_AUTO_TEST_CASE(a_hostile_depth_is_refused) {
  // Groups in groups, without an end.
  const std::string wire = "\x0A\x01\xFF" + std::string(100'000, '\x7B');
  BOOST_TEST(!with_readable_text(wire, *api::SignalWorkflowExecutionRequest::descriptor()));
}

BOOST_AUTO_TEST_SUITE_END()
