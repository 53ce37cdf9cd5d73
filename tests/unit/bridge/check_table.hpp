#pragma once

#include "bridge/checks/checks.hpp"

#include "uber/cadence/api/v1/domain.pb.h"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <vector>

/// Requests that are good, and each way to spoil them.
namespace cadenza::tests {

namespace api = uber::cadence::api::v1;
using bridge::checks;

inline workflow::domain_ptr make_domain(const std::string& name, api::DomainStatus status) {
  auto domain = std::make_shared<workflow::domain_view>();
  domain->id = uuid::v4(1, std::hash<std::string>{}(name));
  domain->name = name;
  domain->row.mutable_domain()->set_status(status);
  return domain;
}

struct rules {
  rules() {
    add(make_domain("orders", api::DOMAIN_STATUS_REGISTERED));
    add(make_domain("old", api::DOMAIN_STATUS_DEPRECATED));
    hooks = bridge::default_validators();
  }
  void add(const workflow::domain_ptr& domain) { domains.put(domain); }
  [[nodiscard]] checks view() const { return {max, hooks, domains, 0}; }

  bridge::limits max;
  bridge::validators hooks;
  workflow::domain_directory domains;
};

/// "" when the request is good, else the error's name and message.
template <class Outcome> std::string verdict(const Outcome& outcome) {
  return outcome ? "" : std::string(name_of(outcome.error().kind)) + ": " + outcome.error().message;
}

template <class Request> struct bad_case {
  const char* expected;
  std::function<void(Request&)> spoil;
};

template <class Request> void check_table(const Request& good, const std::vector<bad_case<Request>>& cases) {
  const rules r;
  auto request = good;
  BOOST_TEST(verdict(check(r.view(), request)) == "");
  for (const auto& one : cases) {
    request = good;
    one.spoil(request);
    BOOST_TEST(verdict(check(r.view(), request)) == one.expected);
  }
}

} // namespace cadenza::tests
