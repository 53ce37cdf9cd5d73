#include "messages/thrift_calls.hpp"

#include "messages/thrift_fields.hpp"
#include "messages/thrift_reader.hpp"
#include "messages/thrift_writer.hpp"
#include "tests/unit/messages/thrift_peer.hpp"
#include "tests/unit/messages/thrift_random.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"
#include "uber/cadence/api/v1/service_domain.pb.h"
#include "uber/cadence/api/v1/service_visibility.pb.h"
#include "uber/cadence/api/v1/service_worker.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <boost/test/unit_test.hpp>
#include <google/protobuf/util/message_differencer.h>

#include <memory>

using namespace cadenza;
using namespace cadenza::tests;

namespace {

namespace api = uber::cadence::api::v1;
using google::protobuf::Message;

std::unique_ptr<Message> make(const thrift_plan& plan) {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(plan.message)->New());
}

std::string written(const Message& message, const thrift_plan& plan) {
  thrift_writer out{std::string()};
  out.structure(message, plan);
  return std::move(out).take();
}

template <class Request> Request call_of(const std::string& method, const std::string& bytes) {
  Request out;
  thrift_envelope around;
  bool mended = false;
  const auto good = read_thrift_call(thrift_method_named(method), bytes, out, around, mended);
  BOOST_REQUIRE_MESSAGE(good, (good ? std::string() : good.error().message));
  return out;
}

std::string bytes_of(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values)
    out += static_cast<char>(value);
  return out;
}

/// The arguments of a call with a request that begins so.
std::string with_request(const std::string& fields) { return bytes_of({12, 0, 1}) + fields + bytes_of({0, 0}); }

std::string refusal_of(const std::string& method, const std::string& bytes) {
  const auto& which = thrift_method_named(method);
  const auto request = make(*which.request);
  thrift_envelope around;
  bool mended = false;
  const auto good = read_thrift_call(which, bytes, *request, around, mended);
  BOOST_REQUIRE(!good);
  BOOST_TEST((good.error().kind == error_kind::bad_request));
  return good.error().message;
}

} // namespace

BOOST_AUTO_TEST_SUITE(thrift_calls)

BOOST_AUTO_TEST_CASE(what_a_struct_can_say_comes_back) {
  constexpr int rounds = 20;
  for (const auto* plan : all_thrift_plans()) {
    for (int round = 0; round < rounds; ++round) {
      const auto seed = static_cast<std::uint64_t>(round);
      const auto message = make(*plan);
      thrift_filler(seed).fill(*message, *plan);
      const auto bytes = written(*message, *plan);
      const auto back = make(*plan);
      thrift_reader in(bytes);
      in.structure(*back, *plan);
      BOOST_REQUIRE_MESSAGE(!in.failed(), plan->from->name << ", seed " << seed << ": " << in.wrong());
      BOOST_TEST(in.rest().empty());
      std::string difference;
      google::protobuf::util::MessageDifferencer differencer;
      differencer.ReportDifferencesToString(&difference);
      BOOST_TEST(differencer.Compare(*message, *back), plan->from->name << ", seed " << seed << ": " << difference);
    }
  }
}

BOOST_AUTO_TEST_CASE(damaged_structs_are_read_or_refused) {
  thrift_filler random(1);
  for (const auto* plan : all_thrift_plans()) {
    const auto message = make(*plan);
    random.fill(*message, *plan);
    const auto whole = written(*message, *plan);
    for (int round = 0; round < 50; ++round) {
      auto bytes = whole.substr(0, static_cast<std::size_t>(random.below(static_cast<std::int64_t>(whole.size()) + 1)));
      for (auto left = bytes.empty() ? 0 : random.below(4); left > 0; --left)
        bytes[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(bytes.size())))] =
            static_cast<char>(random.below(256));
      const auto back = make(*plan);
      thrift_reader in(bytes);
      in.structure(*back, *plan);
      if (bytes.size() < whole.size() && whole.starts_with(bytes))
        BOOST_TEST(in.failed(), plan->from->name);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_call_has_the_bytes_that_thrift_gives_it) {
  api::SignalWorkflowExecutionRequest request;
  request.set_domain("d");
  request.mutable_workflow_execution()->set_workflow_id("w");
  request.set_signal_name("s");
  request.mutable_signal_input()->set_data("x");
  const auto expected = with_request(bytes_of(
      {11, 0, 10, 0, 0, 0,   1,  'd', 12, 0, 20, 11, 0, 10,  0,  0, 0,  1, 'w', 11, 0, 20, 0, 0,  0, 0, 0, 11, 0,
       30, 0, 0,  0, 1, 's', 11, 0,   40, 0, 0,  0,  1, 'x', 11, 0, 50, 0, 0,   0,  0, 11, 0, 60, 0, 0, 0, 0}));
  BOOST_TEST(thrift_arguments(thrift_method_named("WorkflowService::SignalWorkflowExecution"), request) == expected);
  const auto back = call_of<api::SignalWorkflowExecutionRequest>("WorkflowService::SignalWorkflowExecution", expected);
  BOOST_TEST(google::protobuf::util::MessageDifferencer::Equals(request, back));
}

BOOST_AUTO_TEST_CASE(times_have_the_units_of_the_contract) {
  const auto start = call_of<api::StartWorkflowExecutionRequest>(
      "WorkflowService::StartWorkflowExecution",
      with_request(bytes_of({8,   0, 60, 0, 0, 0,  90, 8,   0, 70, 0, 0, 0,  0,   8,   0,
                             100, 0, 0,  0, 2, 10, 0,  180, 0, 0,  0, 0, 59, 154, 202, 1})));
  BOOST_TEST(start.execution_start_to_close_timeout().seconds() == 90);
  BOOST_TEST(start.has_task_start_to_close_timeout()); // a zero that is said is not an absence
  BOOST_TEST(!start.has_delay_start());
  BOOST_TEST(start.workflow_id_reuse_policy() == api::WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE);
  BOOST_TEST(start.first_run_at().seconds() == 1);
  BOOST_TEST(start.first_run_at().nanos() == 1);
  const auto domain = call_of<api::RegisterDomainRequest>("WorkflowService::RegisterDomain",
                                                          with_request(bytes_of({8, 0, 40, 0, 0, 0, 3})));
  BOOST_TEST(domain.workflow_execution_retention_period().seconds() == 3 * 86400);
}

BOOST_AUTO_TEST_CASE(an_update_says_what_it_changes) {
  // updatedInfo with an empty description, configuration with a retention, and emitMetric, which changes nothing
  const auto update = call_of<api::UpdateDomainRequest>(
      "WorkflowService::UpdateDomain",
      with_request(bytes_of({11, 0, 10, 0, 0,  0, 1, 'd', 12, 0, 20, 11, 0, 10, 0,  0, 0,
                             0,  0, 12, 0, 30, 8, 0, 10,  0,  0, 0,  2,  2, 0,  20, 1, 0})));
  const auto& mask = update.update_mask().paths();
  BOOST_TEST(std::vector<std::string>(mask.begin(), mask.end()) ==
                 (std::vector<std::string>{"description", "workflow_execution_retention_period"}),
             boost::test_tools::per_element());
  BOOST_TEST(update.workflow_execution_retention_period().seconds() == 2 * 86400);
  const auto nothing = call_of<api::UpdateDomainRequest>("WorkflowService::UpdateDomain", with_request(""));
  BOOST_TEST(nothing.has_update_mask()); // one that is absent would mean everything
}

BOOST_AUTO_TEST_CASE(a_domain_is_three_structs) {
  api::DescribeDomainResponse response;
  response.mutable_domain()->set_name("d");
  response.mutable_domain()->mutable_workflow_execution_retention_period()->set_seconds(86400);
  response.mutable_domain()->set_active_cluster_name("c");
  const auto bytes = write_thrift_result(thrift_method_named("WorkflowService::DescribeDomain"), {}, response);
  BOOST_TEST(bytes.find(bytes_of({8, 0, 10, 0, 0, 0, 1, 2, 0, 20, 1})) != std::string::npos); // a day; emitMetric
  api::DescribeDomainResponse back;
  const auto reply = read_thrift_reply(thrift_method_named("WorkflowService::DescribeDomain"), bytes, back);
  BOOST_TEST(reply.wrong == "");
  BOOST_TEST(google::protobuf::util::MessageDifferencer::Equals(response, back));
}

BOOST_AUTO_TEST_CASE(a_decision_is_of_the_kind_it_says) {
  const std::string method = "WorkflowService::RespondDecisionTaskCompleted";
  const auto with_decision = [](const std::string& fields) {
    return with_request(bytes_of({15, 0, 20, 12, 0, 0, 0, 1}) + fields + bytes_of({0}));
  };
  const auto kind_alone =
      call_of<api::RespondDecisionTaskCompletedRequest>(method, with_decision(bytes_of({8, 0, 10, 0, 0, 0, 2})));
  BOOST_TEST(kind_alone.decisions(0).has_start_timer_decision_attributes());
  const auto attributes_alone =
      call_of<api::RespondDecisionTaskCompletedRequest>(method, with_decision(bytes_of({12, 0, 50, 0})));
  BOOST_TEST(attributes_alone.decisions(0).has_cancel_timer_decision_attributes());
  BOOST_TEST(
      refusal_of(method, with_decision(bytes_of({8, 0, 10, 0, 0, 0, 2, 12, 0, 50, 0}))).starts_with("Only one of"));
}

BOOST_AUTO_TEST_CASE(filters_that_exclude_each_other_are_refused_in_the_words_of_the_reference_system) {
  BOOST_TEST(
      refusal_of("WorkflowService::ListOpenWorkflowExecutions", with_request(bytes_of({12, 0, 50, 0, 12, 0, 60, 0}))) ==
      "Only one of ExecutionFilter or TypeFilter is allowed");
  BOOST_TEST(refusal_of("WorkflowService::ListClosedWorkflowExecutions",
                        with_request(bytes_of({12, 0, 50, 0, 8, 0, 70, 0, 0, 0, 1}))) ==
             "Only one of ExecutionFilter, TypeFilter or StatusFilter is allowed");
}

BOOST_AUTO_TEST_CASE(a_domain_is_asked_for_by_name_or_id_and_an_empty_one_asks_for_nothing) {
  const std::string method = "WorkflowService::DescribeDomain";
  const auto text = [](int field, const std::string& value) {
    return bytes_of({11, 0, field, 0, 0, 0, static_cast<int>(value.size())}) + value;
  };
  const auto asked = [&](const std::string& fields) {
    return call_of<api::DescribeDomainRequest>(method, with_request(fields)).ShortDebugString();
  };
  BOOST_TEST(asked(text(10, "shop")) == "name: \"shop\"");
  BOOST_TEST(asked(text(20, "an-id")) == "id: \"an-id\"");
  BOOST_TEST(asked(text(10, "") + text(20, "an-id")) == "id: \"an-id\"");
  BOOST_TEST(asked(text(10, "shop") + text(20, "")) == "name: \"shop\"");
  BOOST_TEST(asked(text(20, "an-id") + text(10, "")) == "id: \"an-id\"");
  BOOST_TEST(refusal_of(method, with_request(text(10, "shop") + text(20, "an-id"))) ==
             "GetDomain operation failed.  Both ID and Name specified in request.");
}

BOOST_AUTO_TEST_CASE(what_is_no_call_is_refused_and_says_why) {
  const std::string method = "WorkflowService::StartWorkflowExecution";
  const auto said = [&](const std::string& bytes, const std::string& why) {
    const auto text = refusal_of(method, bytes);
    BOOST_TEST(text.find(why) != std::string::npos, text);
    BOOST_TEST(text.find(method) != std::string::npos, text);
  };
  said("", "ends too early");
  said(bytes_of({12, 0, 1, 0}), "ends too early");
  said(with_request("") + "x", "behind its end");
  said(with_request(bytes_of({8, 0, 10, 0, 0, 0, 1})), "has the type 8");
  said(with_request(bytes_of({11, 0, 10, 127, 255, 255, 255})), "beyond the end");
  said(with_request(bytes_of({8, 0, 100, 0, 0, 0, 9})), "no WorkflowIdReusePolicy 9");
  said(with_request(bytes_of({8, 0, 100, 255, 255, 255, 255})), "no WorkflowIdReusePolicy -1");
  said(bytes_of({0x80, 2, 0, 1}), "envelope");
}

BOOST_AUTO_TEST_CASE(elements_are_counted_before_there_are_any) {
  const auto over = thrift_reader::elements_max + 1;
  std::string list = bytes_of({15, 0, 20, 12, static_cast<int>(over >> 24), static_cast<int>(over >> 16 & 255),
                               static_cast<int>(over >> 8 & 255), static_cast<int>(over & 255)});
  list += std::string(over, '\0');
  BOOST_TEST(refusal_of("WorkflowService::RespondDecisionTaskCompleted", with_request(list)).find("elements") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(text_that_is_not_utf8_is_read_with_what_is_readable) {
  api::StartWorkflowExecutionRequest request;
  thrift_envelope around;
  bool mended = false;
  const auto& which = thrift_method_named("WorkflowService::StartWorkflowExecution");
  BOOST_REQUIRE(read_thrift_call(which,
                                 with_request(bytes_of({11, 0, 10, 0, 0, 0, 2, 'a', 255, 11, 0, 50, 0, 0, 0, 1, 255})),
                                 request, around, mended));
  BOOST_TEST(mended);
  BOOST_TEST(request.domain() == "a\uFFFD");
  BOOST_TEST(request.input().data() == "\xFF"); // bytes stay as they are
}

BOOST_AUTO_TEST_CASE(an_envelope_is_taken_and_given_back) {
  const auto& which = thrift_method_named("WorkflowService::GetClusterInfo");
  const auto answer = [&](const std::string& bytes) {
    api::GetClusterInfoRequest request;
    thrift_envelope around;
    bool mended = false;
    BOOST_REQUIRE(read_thrift_call(which, bytes, request, around, mended));
    return write_thrift_result(which, around, api::GetClusterInfoResponse());
  };
  const auto result = bytes_of({12, 0, 0, 0, 0});
  BOOST_TEST(answer(bytes_of({0})) == result);
  BOOST_TEST(answer(bytes_of({0x80, 1, 0, 1, 0, 0, 0, 1, 'm', 0, 0, 0, 7, 0})) ==
             bytes_of({0x80, 1, 0, 2, 0, 0, 0, 1, 'm', 0, 0, 0, 7}) + result);
  BOOST_TEST(answer(bytes_of({0, 0, 0, 1, 'm', 1, 0, 0, 0, 7, 0})) ==
             bytes_of({0, 0, 0, 1, 'm', 2, 0, 0, 0, 7}) + result);
}

BOOST_AUTO_TEST_CASE(failures_are_told_as_the_method_declares_them) {
  const auto& start = thrift_method_named("WorkflowService::StartWorkflowExecution");
  error_detail detail;
  detail.start_request_id = "r";
  detail.run_id = "n";
  const auto bytes = write_thrift_exception(start, {}, {error_kind::workflow_already_started, "m", detail});
  BOOST_REQUIRE(bytes);
  BOOST_TEST(*bytes == bytes_of({12, 0, 3, 11,  0,  10, 0,  0, 0, 1, 'm', 11,  0, 20, 0,
                                 0,  0, 1, 'r', 11, 0,  30, 0, 0, 0, 1,   'n', 0, 0}));
  // A list that the contract requires is there when it is empty.
  const auto missing = write_thrift_exception(start, {}, not_exists("m"));
  BOOST_REQUIRE(missing);
  BOOST_TEST(missing->ends_with(bytes_of({15, 0, 4, 11, 0, 0, 0, 0, 0, 0})));
  BOOST_TEST(!write_thrift_exception(start, {}, internal_error("m")));
  BOOST_TEST(!write_thrift_exception(start, {}, unavailable("m")));
  BOOST_TEST(write_thrift_exception(thrift_method_named("AdminService::DescribeCluster"), {}, internal_error("m"))
                 .has_value());
}

BOOST_AUTO_TEST_SUITE_END()
