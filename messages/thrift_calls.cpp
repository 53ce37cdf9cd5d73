#include "messages/thrift_calls.hpp"

#include "messages/thrift_reader.hpp"
#include "messages/thrift_writer.hpp"

namespace cadenza {
namespace {

constexpr std::uint16_t strict_version = 0x8001;
constexpr std::uint8_t call_type = 1;
constexpr std::uint8_t reply_type = 2;
constexpr std::int16_t request_field = 1;
constexpr std::int16_t result_field = 0;
constexpr std::size_t name_bytes_max = 256;

/// What the exceptions of the contract hold, in the order of their fields.
enum class says : std::uint8_t {
  text,
  start_request,
  run,
  domain,
  cluster,
  active_cluster,
  active_clusters,
  reason,
  feature,
  client,
  supported,
  flag
};

struct exception_field {
  std::int16_t id;
  says what;
};
struct exception {
  error_kind kind;
  std::string_view name;
  std::vector<exception_field> fields;
};

const std::vector<exception>& exceptions() {
  using k = error_kind;
  const std::vector<exception_field> text{{1, says::text}};
  static const std::vector<exception> all{
      {k::bad_request, "BadRequestError", text},
      {k::internal_service, "InternalServiceError", text},
      {k::internal_data_inconsistency, "InternalDataInconsistencyError", text},
      {k::domain_already_exists, "DomainAlreadyExistsError", text},
      {k::workflow_already_started,
       "WorkflowExecutionAlreadyStartedError",
       {{10, says::text}, {20, says::start_request}, {30, says::run}}},
      {k::workflow_already_completed, "WorkflowExecutionAlreadyCompletedError", text},
      {k::entity_not_exists,
       "EntityNotExistsError",
       {{1, says::text}, {2, says::cluster}, {3, says::active_cluster}, {4, says::active_clusters}}},
      {k::service_busy, "ServiceBusyError", {{1, says::text}, {2, says::reason}}},
      {k::cancellation_already_requested, "CancellationAlreadyRequestedError", text},
      {k::query_failed, "QueryFailedError", text},
      {k::domain_not_active,
       "DomainNotActiveError",
       {{1, says::text}, {2, says::domain}, {3, says::cluster}, {4, says::active_cluster}, {5, says::active_clusters}}},
      {k::limit_exceeded, "LimitExceededError", text},
      {k::access_denied, "AccessDeniedError", text},
      {k::client_version_not_supported,
       "ClientVersionNotSupportedError",
       {{1, says::feature}, {2, says::client}, {3, says::supported}}},
      {k::feature_not_enabled, "FeatureNotEnabledError", {{1, says::flag}}},
      {k::sticky_worker_unavailable, "StickyWorkerUnavailableError", text},
  };
  return all;
}

const exception* exception_of(error_kind kind) {
  for (const auto& one : exceptions()) {
    if (one.kind == kind)
      return &one;
  }
  return nullptr;
}

std::string_view text_of(const error& reason, const error_detail& detail, says what) {
  switch (what) {
  case says::text: return reason.message;
  case says::start_request: return detail.start_request_id;
  case says::run: return detail.run_id;
  case says::domain: return detail.domain;
  case says::cluster: return detail.current_cluster;
  case says::active_cluster: return detail.active_cluster;
  case says::reason: return detail.reason;
  case says::feature: return detail.feature_version;
  case says::client: return detail.client_impl;
  case says::supported: return detail.supported_versions;
  case says::flag: return detail.feature_flag;
  case says::active_clusters: break;
  }
  return {};
}

void write_fields(thrift_output& out, const exception& which, const error& reason) {
  static const error_detail nothing;
  const auto& detail = reason.detail ? *reason.detail : nothing;
  for (const auto& field : which.fields) {
    if (field.what != says::active_clusters) {
      out.field(thrift_type::bytes, field.id);
      out.bytes(text_of(reason, detail, field.what));
      continue;
    }
    out.field(thrift_type::list, field.id);
    out.type(thrift_type::bytes);
    out.number(static_cast<std::int32_t>(detail.active_clusters.size()));
    for (const auto& cluster : detail.active_clusters)
      out.bytes(cluster);
  }
  out.end();
}

std::string begin_of(const thrift_envelope& around) {
  thrift_output out{std::string()};
  if (around.how == thrift_envelope::form::strict) {
    out.number(strict_version);
    out.number(std::uint8_t{0});
    out.number(reply_type);
    out.bytes(around.name);
    out.number(around.sequence);
  } else if (around.how == thrift_envelope::form::old_style) {
    out.bytes(around.name);
    out.number(reply_type);
    out.number(around.sequence);
  }
  return std::move(out).take();
}

/// Arguments alone begin with a field or the end of the struct. An envelope begins with its version, or with the length
/// of a name, which has zeros first.
void read_envelope(thrift_reader& in, std::string_view body, thrift_envelope& around) {
  const bool strict = !body.empty() && static_cast<std::uint8_t>(body.front()) == strict_version >> 8;
  const bool old_style = body.size() > 1 && body.front() == 0;
  if (!strict && !old_style)
    return;
  around.how = strict ? thrift_envelope::form::strict : thrift_envelope::form::old_style;
  if (strict && (in.number<std::uint16_t>() != strict_version || in.number<std::uint8_t>() != 0 ||
                 in.number<std::uint8_t>() != call_type))
    return in.fail("its envelope is not that of a call");
  const auto name = in.bytes();
  if (name.size() > name_bytes_max)
    return in.fail("its envelope has too long a name");
  around.name = std::string(name);
  if (old_style && in.number<std::uint8_t>() != call_type)
    return in.fail("its envelope is not that of a call");
  around.sequence = in.number<std::int32_t>();
}

} // namespace

outcome<void> read_thrift_call(const thrift_method& which, std::string_view body, google::protobuf::Message& into,
                               thrift_envelope& around, bool& mended) {
  thrift_reader in(body);
  read_envelope(in, body, around);
  auto type = thrift_type::stop;
  std::int16_t id = 0;
  while (!in.failed() && in.next(type, id)) {
    if (which.request != nullptr && id == request_field && type == thrift_type::structure)
      in.structure(into, *which.request);
    else
      in.skip(type);
  }
  mended = in.mended();
  if (in.rule_broken())
    return bad_request(in.wrong());
  if (!in.failed() && !in.rest().empty())
    in.fail("there are bytes behind its end");
  if (in.failed())
    return bad_request("the request cannot be read as a call of " + which.name + " in Thrift: " + in.wrong());
  return {};
}

std::string write_thrift_result(const thrift_method& which, const thrift_envelope& around,
                                const google::protobuf::Message& response) {
  thrift_writer out(begin_of(around));
  if (which.response != nullptr) {
    out.out().field(thrift_type::structure, result_field);
    out.structure(response, *which.response);
  }
  out.out().end();
  return std::move(out).take();
}

std::optional<std::string> write_thrift_exception(const thrift_method& which, const thrift_envelope& around,
                                                  const error& reason) {
  const auto field = which.field_of(reason.kind);
  const auto* how = exception_of(reason.kind);
  if (field == 0 || how == nullptr)
    return std::nullopt;
  thrift_output out(begin_of(around));
  out.field(thrift_type::structure, field);
  write_fields(out, *how, reason);
  out.end();
  return std::move(out).take();
}

std::string_view thrift_exception_name(error_kind kind) {
  const auto* found = exception_of(kind);
  return found == nullptr ? std::string_view() : found->name;
}

} // namespace cadenza
