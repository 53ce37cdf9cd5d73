#include "harness.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"
#include "uber/cadence/api/v1/error.pb.h"

#include <boost/test/unit_test.hpp>

namespace {

using namespace cadenza;
using namespace cadenza::tests;
namespace admin = uber::cadence::admin::v1;
namespace api = uber::cadence::api::v1;

constexpr const char* service = "/uber.cadence.admin.v1.AdminAPI/";

api::DataBlob json_blob(const std::string& text) {
  api::DataBlob out;
  out.set_encoding_type(api::ENCODING_TYPE_JSON);
  out.set_data(text);
  return out;
}

/// The calls of one of the two configurations, over gRPC.
template <class Get, class GetAnswer, class Update, class UpdateAnswer, class Restore, class RestoreAnswer, class List,
          class ListAnswer>
struct configuration {
  harness& h;
  std::string kind; ///< "" or "Operational"

  grpc::Status update(const std::string& key, const std::vector<std::pair<std::string, std::string>>& values) {
    Update request;
    request.set_config_name(key);
    for (const auto& [value, domain] : values) {
      auto& one = *request.add_config_values();
      *one.mutable_value() = json_blob(value);
      if (!domain.empty()) {
        auto& filter = *one.add_filters();
        filter.set_name("domainName");
        *filter.mutable_value() = json_blob('"' + domain + '"');
      }
    }
    return h.call<UpdateAnswer>(service + ("Update" + kind) + "DynamicConfig", request);
  }
  /// The value, or the error's message in brackets.
  std::string get(const std::string& key, const std::string& domain = {}) {
    Get request;
    request.set_config_name(key);
    if (!domain.empty()) {
      auto& filter = *request.add_filters();
      filter.set_name("domainName");
      *filter.mutable_value() = json_blob('"' + domain + '"');
    }
    GetAnswer answer;
    const auto status = h.call<GetAnswer>(service + ("Get" + kind) + "DynamicConfig", request, {}, &answer);
    return status.ok() ? answer.value().data() : "[" + status.error_message() + "]";
  }
  grpc::Status restore(const std::string& key, const std::string& domain = {}) {
    Restore request;
    request.set_config_name(key);
    if (!domain.empty()) {
      auto& filter = *request.add_filters();
      filter.set_name("domainName");
      *filter.mutable_value() = json_blob('"' + domain + '"');
    }
    return h.call<RestoreAnswer>(service + ("Restore" + kind) + "DynamicConfig", request);
  }
  ListAnswer list(const std::string& key = {}) {
    List request;
    request.set_config_name(key);
    ListAnswer answer;
    const auto status = h.call<ListAnswer>(service + ("List" + kind) + "DynamicConfig", request, {}, &answer);
    BOOST_TEST(status.ok(), status.error_message());
    return answer;
  }
};

#define CADENZA_CONFIGURATION(name, prefix)                                                                            \
  using name =                                                                                                         \
      configuration<admin::Get##prefix##DynamicConfigRequest, admin::Get##prefix##DynamicConfigResponse,               \
                    admin::Update##prefix##DynamicConfigRequest, admin::Update##prefix##DynamicConfigResponse,         \
                    admin::Restore##prefix##DynamicConfigRequest, admin::Restore##prefix##DynamicConfigResponse,       \
                    admin::List##prefix##DynamicConfigRequest, admin::List##prefix##DynamicConfigResponse>
CADENZA_CONFIGURATION(ordinary, );
CADENZA_CONFIGURATION(operational, Operational);

BOOST_AUTO_TEST_SUITE(dynamic_configuration_by_rpc)

BOOST_AUTO_TEST_CASE(values_are_set_read_listed_and_taken_back) {
  harness h;
  ordinary config{h, ""};
  BOOST_TEST(config.get("frontend.domainrps") == "2147483647"); // the default applies
  BOOST_TEST(config.list().entries_size() == 0);
  BOOST_TEST(config.update("frontend.domainrps", {{"7", ""}, {"5", "orders"}}).ok());
  BOOST_TEST(config.get("frontend.domainrps") == "7");
  BOOST_TEST(config.get("frontend.domainrps", "orders") == "5");
  BOOST_TEST(config.get("frontend.domainrps", "bills") == "7");
  BOOST_TEST(h.dynamic.current()->get(config::keys::frontend_domain_rps, {.domain = "orders"}) == 5);

  BOOST_TEST(config.update("frontend.rps", {{"9", ""}}).ok());
  const auto one = config.list("frontend.domainrps");
  BOOST_REQUIRE(one.entries_size() == 1);
  BOOST_TEST(one.entries(0).name() == "frontend.domainrps");
  BOOST_REQUIRE(one.entries(0).values_size() == 2);
  BOOST_TEST(one.entries(0).values(1).value().data() == "5");
  BOOST_TEST(one.entries(0).values(1).value().encoding_type() == api::ENCODING_TYPE_JSON);
  BOOST_TEST(one.entries(0).values(1).filters(0).name() == "domainName");
  BOOST_TEST(one.entries(0).values(1).filters(0).value().data() == "\"orders\"");
  BOOST_TEST(config.list("frontend.nothing").entries_size() == 2); // as in the reference system: everything

  BOOST_TEST(config.restore("frontend.domainrps").ok());
  BOOST_TEST(config.get("frontend.domainrps") == "2147483647");
  BOOST_TEST(config.get("frontend.domainrps", "orders") == "5");
  BOOST_TEST(config.restore("frontend.domainrps", "orders").ok());
  BOOST_TEST(config.get("frontend.domainrps", "orders") == "2147483647");
  BOOST_TEST(config.update("frontend.rps", {}).ok()); // no values: the key goes
  BOOST_TEST(config.list().entries_size() == 0);
}

BOOST_AUTO_TEST_CASE(unknown_keys_wrong_types_and_filters_are_refused_and_change_nothing) {
  harness h;
  ordinary config{h, ""};
  const auto refused = [&](const grpc::Status& status, const std::string& part) {
    BOOST_TEST(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    BOOST_TEST(status.error_message().find(part) != std::string::npos, status.error_message());
  };
  refused(config.update("frontend.rsp", {{"7", ""}}), "did you mean frontend.rps?");
  refused(config.update("", {{"7", ""}}), "ConfigName is not set");
  refused(config.update("frontend.rps", {{"\"7\"", ""}}), "expected a value of type int");
  refused(config.update("frontend.rps", {{"-7", ""}}), "at least 0");
  refused(config.update("frontend.rps", {{"7", "orders"}}), "its filters: none");
  refused(config.restore("frontend.rsp"), "did you mean frontend.rps?");
  BOOST_TEST(config.restore("frontend.rps").error_code() == grpc::StatusCode::NOT_FOUND);
  BOOST_TEST(config.get("frontend.rsp").find("invalid dynamic config key name") != std::string::npos);
  BOOST_TEST(config.list().entries_size() == 0);

  admin::UpdateDynamicConfigRequest other_encoding;
  other_encoding.set_config_name("frontend.rps");
  other_encoding.add_config_values()->mutable_value()->set_data("7");
  refused(h.call<admin::UpdateDynamicConfigResponse>(std::string(service) + "UpdateDynamicConfig", other_encoding),
          "unsupported blob encoding");

  admin::GetDynamicConfigRequest twice;
  twice.set_config_name("frontend.domainrps");
  for (int i = 0; i < 2; ++i) {
    auto& filter = *twice.add_filters();
    filter.set_name("domainName");
    *filter.mutable_value() = json_blob("\"a\"");
  }
  refused(h.call<admin::GetDynamicConfigResponse>(std::string(service) + "GetDynamicConfig", twice), "given twice");
}

BOOST_AUTO_TEST_CASE(keys_of_cadence_without_a_meaning_here_are_kept_and_told) {
  harness h;
  ordinary config{h, ""};
  BOOST_TEST(config.get("system.enableDomainAuditLogging") == "[unable to find key]");
  BOOST_TEST(config.update("system.enableDomainAuditLogging", {{"true", ""}}).ok());
  BOOST_TEST(config.get("system.enableDomainAuditLogging") == "true");
}

BOOST_AUTO_TEST_CASE(the_operational_configuration_is_one_of_its_own) {
  harness h;
  ordinary config{h, ""};
  operational other{h, "Operational"};
  BOOST_TEST(other.get("frontend.rps") == "[unable to find key]");
  BOOST_TEST(other.update("frontend.domainrps", {{"7", ""}, {"5", "orders"}}).ok());
  BOOST_TEST(other.get("frontend.domainrps") == "7");
  BOOST_TEST(other.get("frontend.domainrps", "orders") == "5");
  BOOST_TEST(config.get("frontend.domainrps") == "2147483647");
  BOOST_TEST(config.list().entries_size() == 0);
  BOOST_TEST(other.list().entries_size() == 1);
  BOOST_TEST(other.update("frontend.domainrps", {{"true", ""}}).error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  BOOST_TEST(other.restore("frontend.domainrps").ok());
  BOOST_TEST(other.get("frontend.domainrps") == "[unable to find key]");
  BOOST_TEST(other.restore("frontend.domainrps", "orders").ok());
  BOOST_TEST(other.list().entries_size() == 0);
}

BOOST_AUTO_TEST_CASE(stored_values_of_another_version_are_reported_and_the_rest_counts) {
  harness h;
  h.stored.take(actors::document_kind::dynamic_configuration,
                R"({"frontend.gone":[{"value":1}],"frontend.rps":[{"value":5}]})");
  BOOST_TEST(h.warnings.size() == 1u);
  BOOST_TEST(h.dynamic.current()->get(config::keys::frontend_rps) == 5);
  const auto version = h.dynamic.current()->version();
  h.stored.take(actors::document_kind::dynamic_configuration,
                R"({"frontend.gone":[{"value":1}],"frontend.rps":[{"value":5}]})");
  BOOST_TEST(h.dynamic.current()->version() == version);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
