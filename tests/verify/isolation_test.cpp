#include "harbour.hpp"

#include "actors/base/call.hpp"

#include <optional>

using namespace cadenza;
using namespace cadenza::simulation;

namespace {

/// A call from an isolation group.
template <class Response> class call_from final : public actors::call {
public:
  explicit call_from(const std::string& group) : call(INT64_MAX) { caller_.isolation_group = group; }
  ~call_from() override { lost(); }
  [[nodiscard]] const actors::caller_info& caller() const override { return caller_; }

  std::optional<outcome<Response>> result;

protected:
  void send(const google::protobuf::MessageLite& response) override { result = static_cast<const Response&>(response); }
  void send_bytes(std::string bytes) override {
    Response response;
    BOOST_REQUIRE(response.ParseFromString(bytes));
    result = std::move(response);
  }
  void fail(const error& reason) override { result = reason; }

private:
  actors::caller_info caller_;
};

/// An engine where group "south" is drained for everybody and tasks stay with their group.
struct divided {
  divided() {
    port.in.live().groups_kept = true;
    port.in.live().drained_group = "south";
  }

  template <class Response, class Send> std::string from(const std::string& group, Send&& send) {
    const auto call = std::make_shared<call_from<Response>>(group);
    send(port.in.domain(domain_name), call);
    port.in.run_until(
        "an answer", [&] { return call->result.has_value(); }, harbour::minute);
    return *call->result ? "" : call->result->error().message;
  }
  std::string start_from(const std::string& group, const std::string& workflow_id) {
    return from<api::StartWorkflowExecutionResponse>(group, [&](auto domain, auto call) {
      auto request = std::make_shared<api::StartWorkflowExecutionRequest>();
      fill(*request, workflow_id);
      port.in.engine().start(domain, request, call);
    });
  }
  std::string signal_with_start_from(const std::string& group, const std::string& workflow_id) {
    return from<api::StartWorkflowExecutionResponse>(group, [&](auto domain, auto call) {
      auto request = std::make_shared<api::SignalWithStartWorkflowExecutionRequest>();
      fill(*request->mutable_start_request(), workflow_id);
      request->set_signal_name("s");
      port.in.engine().signal_with_start(domain, request, call);
    });
  }
  std::string signal_from(const std::string& group, const std::string& workflow_id) {
    return from<api::SignalWorkflowExecutionResponse>(group, [&](auto domain, auto call) {
      auto request = std::make_shared<api::SignalWorkflowExecutionRequest>();
      request->mutable_workflow_execution()->set_workflow_id(workflow_id);
      request->set_signal_name("s");
      port.in.engine().signal(domain, request, call);
    });
  }
  std::string cancel_from(const std::string& group, const std::string& workflow_id) {
    return from<api::RequestCancelWorkflowExecutionResponse>(group, [&](auto domain, auto call) {
      auto request = std::make_shared<api::RequestCancelWorkflowExecutionRequest>();
      request->mutable_workflow_execution()->set_workflow_id(workflow_id);
      port.in.engine().request_cancel(domain, request, call);
    });
  }
  /// What the run keeps of where it was started from; "-" when nothing.
  std::string kept_group(const std::string& workflow_id) {
    const auto described = port.describe(workflow_id);
    BOOST_REQUIRE(described);
    const auto& kept = described->workflow_execution_info().partition_config();
    const auto group = kept.find("isolation-group");
    return group == kept.end() ? "-" : group->second;
  }

  void fill(api::StartWorkflowExecutionRequest& request, const std::string& workflow_id) {
    request.set_workflow_id(workflow_id);
    request.mutable_workflow_type()->set_name("type");
    request.mutable_task_list()->set_name(list_name);
    request.set_request_id(port.in.chance().new_uuid().str());
    workflow::set_seconds(*request.mutable_execution_start_to_close_timeout(), 3600);
    workflow::set_seconds(*request.mutable_task_start_to_close_timeout(), 10);
  }

  harbour port{7, 2};
};

const std::string refusal = std::string("Domain ") + domain_name + " is drained from isolation group south.";

} // namespace

BOOST_AUTO_TEST_CASE(starts_and_signals_from_a_drained_group_are_refused) {
  divided at;
  BOOST_TEST(at.start_from("north", "w") == "");
  BOOST_TEST(at.kept_group("w") == "north");
  BOOST_TEST(at.start_from("south", "v") == refusal);
  BOOST_TEST(!at.port.describe("v")); // nothing was started
  BOOST_TEST(at.signal_with_start_from("south", "v") == refusal);
  BOOST_TEST(!at.port.describe("v"));
  BOOST_TEST(at.signal_from("south", "w") == refusal);
  BOOST_TEST(at.signal_with_start_from("south", "w") == refusal);
  // Who says nothing of a group, or belongs to one that is not drained, is served; so is who wants less work.
  BOOST_TEST(at.signal_from("", "w") == "");
  BOOST_TEST(at.signal_from("east", "w") == "");
  BOOST_TEST(at.start_from("", "u") == "");
  BOOST_TEST(at.kept_group("u") == "-");
  BOOST_TEST(at.signal_with_start_from("east", "t") == "");
  BOOST_TEST(at.kept_group("t") == "east");
  BOOST_TEST(at.signal_with_start_from("west", "t") == "");
  BOOST_TEST(at.kept_group("t") == "east"); // a signal does not move the run
  BOOST_TEST(at.cancel_from("south", "w") == "");
}

BOOST_AUTO_TEST_CASE(groups_mean_nothing_where_tasks_are_not_isolated) {
  divided at;
  at.port.in.live().groups_kept = false;
  BOOST_TEST(at.start_from("south", "w") == "");
  BOOST_TEST(at.kept_group("w") == "-");
  BOOST_TEST(at.signal_from("south", "w") == "");
  at.port.in.live().groups_kept = true;
  BOOST_TEST(at.signal_from("south", "w") == refusal);
}
