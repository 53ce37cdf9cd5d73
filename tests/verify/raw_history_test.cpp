#include "harbour.hpp"

#include "messages/thrift_history.hpp"

namespace cadenza::simulation {
namespace {

using page = api::GetWorkflowExecutionHistoryResponse;

/// A call of a client that may read raw histories.
class client_call final : public actors::call {
public:
  client_call(bool reads_raw, std::optional<outcome<page>>& into) : call(INT64_MAX), into_(into) {
    caller_.reads_raw_history = reads_raw;
  }
  ~client_call() override { lost(); }
  [[nodiscard]] const actors::caller_info& caller() const override { return caller_; }

protected:
  void send(const google::protobuf::MessageLite& response) override { into_ = static_cast<const page&>(response); }
  void send_bytes(std::string bytes) override {
    page response;
    BOOST_REQUIRE(response.ParseFromString(bytes));
    into_ = response;
  }
  void fail(const error& reason) override { into_ = reason; }

private:
  actors::caller_info caller_;
  std::optional<outcome<page>>& into_;
};

/// A closed workflow on an engine that may send raw histories.
struct told_story {
  explicit told_story(const std::string& program) {
    h.in.live().raw.insert(std::string(domain_name));
    (void)h.start(workflow_id, program);
    h.work_until_closed(workflow_id);
  }

  page read(bool reads_raw, int page_size = 0, const std::string& token = {},
            api::EventFilterType filter = api::EVENT_FILTER_TYPE_ALL_EVENT) {
    auto request = std::make_shared<api::GetWorkflowExecutionHistoryRequest>();
    request->mutable_workflow_execution()->set_workflow_id(workflow_id);
    request->set_page_size(page_size);
    request->set_next_page_token(token);
    request->set_history_event_filter_type(filter);
    std::optional<outcome<page>> answer;
    h.in.engine().get_history(h.in.domain(domain_name), request, std::make_shared<client_call>(reads_raw, answer));
    h.in.run_until(
        "a page", [&] { return answer.has_value(); }, harbour::minute);
    BOOST_REQUIRE_MESSAGE(*answer, (*answer ? std::string() : answer->error().message));
    return **answer;
  }

  const std::string workflow_id = "told";
  harbour h{7, 2};
};

api::History events_of(const page& from) {
  api::History out;
  for (const auto& blob : from.raw_history()) {
    BOOST_TEST(blob.encoding_type() == api::ENCODING_TYPE_THRIFTRW);
    const auto batch = from_thrift(blob.data());
    BOOST_REQUIRE(batch);
    BOOST_TEST(batch->events_size() > 0);
    out.MergeFrom(*batch);
  }
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(raw_histories)

BOOST_AUTO_TEST_CASE(histories_come_as_batches_where_the_domain_and_the_client_want_it) {
  told_story from("m m t1");
  const auto plain = from.read(false);
  BOOST_TEST(plain.raw_history().empty());
  const auto raw = from.read(true);
  BOOST_TEST(raw.history().events().empty());
  BOOST_TEST(raw.raw_history_size() > 3);
  BOOST_TEST(events_of(raw).SerializeAsString() == plain.history().SerializeAsString());
  from.h.in.live().raw.clear();
  BOOST_TEST(from.read(true).raw_history().empty());
}

BOOST_AUTO_TEST_CASE(raw_pages_follow_one_another) {
  told_story from("m m t1");
  api::History all;
  std::string token;
  do {
    const auto one = from.read(true, 2, token);
    BOOST_TEST(one.raw_history_size() <= 2);
    all.MergeFrom(events_of(one));
    token = one.next_page_token();
  } while (!token.empty());
  BOOST_TEST(all.SerializeAsString() == from.read(false).history().SerializeAsString());
}

BOOST_AUTO_TEST_CASE(the_last_raw_batch_holds_the_close_event) {
  told_story from("m");
  const auto closed = from.read(false, 0, {}, api::EVENT_FILTER_TYPE_CLOSE_EVENT);
  BOOST_REQUIRE(closed.history().events_size() == 1);
  const auto raw = from.read(true, 0, {}, api::EVENT_FILTER_TYPE_CLOSE_EVENT);
  BOOST_REQUIRE(raw.raw_history_size() == 1);
  const auto events = events_of(raw);
  BOOST_TEST(events.events(events.events_size() - 1).SerializeAsString() ==
             closed.history().events(0).SerializeAsString());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::simulation
