#include "actors/base/request_gate.hpp"

#include "messages/constants.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::actors;

namespace {

workflow::domain_view domain_of(const std::string& name, std::uint64_t id) {
  workflow::domain_view out;
  out.id = uuid::v4(1, id);
  out.name = name;
  return out;
}

const auto orders = domain_of("orders", 1);
const auto bills = domain_of("bills", 2);

std::string verdict(request_gate& gate, const workflow::domain_view& domain, const std::string& id, bool by_id,
                    std::int64_t now_ns) {
  const auto admitted = gate.admit(domain, id, by_id, now_ns);
  if (admitted)
    return "";
  const auto& reason = admitted.error();
  return std::string(name_of(reason.kind)) + ": " + reason.message +
         (reason.detail && !reason.detail->reason.empty() ? " [" + reason.detail->reason + ']' : "");
}

} // namespace

BOOST_AUTO_TEST_SUITE(request_gate_suite)

BOOST_AUTO_TEST_CASE(nothing_is_limited_until_it_is_told_so) {
  request_gate gate;
  for (int i = 0; i < 1000; ++i)
    BOOST_TEST_REQUIRE(verdict(gate, orders, "w", true, 0) == "");
  BOOST_TEST(!gate.tasks_limited());
  gate.set({1, 0, 0});
  BOOST_TEST(verdict(gate, orders, "w", true, 0) == "");
  BOOST_TEST(verdict(gate, orders, "w", true, 0) == "service_busy: History host rps exceeded");
  BOOST_TEST(!gate.tasks_limited());
  gate.set({});
  for (int i = 0; i < 1000; ++i)
    BOOST_TEST_REQUIRE(verdict(gate, orders, "w", true, 0) == "");
}

BOOST_AUTO_TEST_CASE(each_workflow_id_has_its_own_tokens) {
  request_gate gate;
  gate.set({0, 2, 3});
  const std::string busy = "service_busy: Too many requests for the workflow ID [external-workflow-id-rate-limit]";
  BOOST_TEST(verdict(gate, orders, "w", true, 0) == "");
  BOOST_TEST(verdict(gate, orders, "w", true, 0) == "");
  BOOST_TEST(verdict(gate, orders, "w", true, 0) == busy);
  BOOST_TEST(verdict(gate, orders, "w", false, 0) == ""); // not a request that counts for the id
  BOOST_TEST(verdict(gate, orders, "v", true, 0) == "");
  BOOST_TEST(verdict(gate, bills, "w", true, 0) == "");
  BOOST_TEST(verdict(gate, orders, "w", true, ns_per_s / 2) == "");
  BOOST_TEST(verdict(gate, orders, "w", true, ns_per_s / 2) == busy);
  // Tasks have tokens of their own.
  BOOST_TEST(gate.tasks_limited());
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(gate.admit_task(orders, "w", ns_per_s / 2));
  BOOST_TEST(!gate.admit_task(orders, "w", ns_per_s / 2));
  BOOST_TEST(gate.admit_task(orders, "v", ns_per_s / 2));
  BOOST_TEST(gate.admit_task(orders, "w", ns_per_s));
}

BOOST_AUTO_TEST_CASE(a_refusal_for_the_id_uses_no_token_of_the_host) {
  request_gate gate;
  gate.set({2, 1, 0});
  BOOST_TEST(verdict(gate, orders, "w", true, 0) == "");
  for (int i = 0; i < 5; ++i)
    BOOST_TEST(verdict(gate, orders, "w", true, 0) != "");
  BOOST_TEST(verdict(gate, orders, "v", true, 0) == "");
  BOOST_TEST(verdict(gate, orders, "u", true, 0) == "service_busy: History host rps exceeded");
}

BOOST_AUTO_TEST_CASE(domains_may_have_rates_of_their_own) {
  request_gate gate;
  gate.set({0, 0, 0}, [](std::string_view domain) {
    return domain == "bills" ? request_rates{0, 1, 1} : request_rates{};
  });
  for (int i = 0; i < 10; ++i) {
    BOOST_TEST(verdict(gate, orders, "w", true, 0) == "");
    BOOST_TEST(gate.admit_task(orders, "w", 0));
  }
  BOOST_TEST(verdict(gate, bills, "w", true, 0) == "");
  BOOST_TEST(verdict(gate, bills, "w", true, 0) != "");
  BOOST_TEST(gate.admit_task(bills, "w", 0));
  BOOST_TEST(!gate.admit_task(bills, "w", 0));
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_set_back_does_not_lock_out) {
  request_gate gate;
  gate.set({1, 0, 0});
  BOOST_TEST(verdict(gate, orders, "w", true, 3600 * ns_per_s) == "");
  BOOST_TEST(verdict(gate, orders, "w", true, 0) != "");
  BOOST_TEST(verdict(gate, orders, "w", true, ns_per_s) == "");
}

BOOST_AUTO_TEST_CASE(memory_is_bounded_and_ids_at_rest_make_room) {
  request_gate gate;
  gate.set({0, 1, 0});
  for (int i = 0; i < 10'000; ++i)
    BOOST_TEST_REQUIRE(verdict(gate, orders, std::to_string(i), true, 0) == "");
  BOOST_TEST(verdict(gate, orders, "beyond", true, 0) == "");
  BOOST_TEST(verdict(gate, orders, "beyond", true, 0) == ""); // there is no bucket for it
  BOOST_TEST(verdict(gate, orders, "17", true, 0) != "");
  const auto later = 2 * ns_per_s;
  BOOST_TEST(verdict(gate, orders, "beyond", true, later) == "");
  BOOST_TEST(verdict(gate, orders, "beyond", true, later) != "");
}

BOOST_AUTO_TEST_SUITE_END()
