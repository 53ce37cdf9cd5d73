#include "messages/error.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace cadenza;

BOOST_AUTO_TEST_SUITE(error_suite)

BOOST_AUTO_TEST_CASE(no_failure_quotes_all_of_what_was_sent) {
  const std::string endless(1 << 20, 'x');
  BOOST_TEST(bad_request("short").message == "short");
  BOOST_TEST(bad_request(endless).message == endless.substr(0, error_bytes_max) + "…");
  BOOST_TEST(error(error_kind::domain_not_active, endless, error_detail{}).message.size() < 5000U);
  BOOST_TEST(no_domain(endless).message == "Domain " + endless.substr(0, 1000) + "… (1048576 bytes) does not exist.");
  BOOST_TEST(no_domain("\xFF").message == "Domain \uFFFD does not exist.");
}

BOOST_AUTO_TEST_CASE(an_absent_workflow_is_told_as_the_reference_system_does) {
  BOOST_TEST(no_workflow("wf").message == "Workflow execution not found.  WorkflowId: wf");
  BOOST_TEST(no_workflow("wf", uuid{}).message ==
             "Workflow execution not found.  WorkflowId: wf, RunId: 00000000-0000-0000-0000-000000000000");
  BOOST_TEST((no_workflow("wf").kind == error_kind::entity_not_exists));
}

BOOST_AUTO_TEST_SUITE_END()
