#include "messages/thrift_history.hpp"

#include "messages/thrift_reader.hpp"
#include "messages/thrift_writer.hpp"

namespace cadenza {
namespace {

namespace api = uber::cadence::api::v1;

const thrift_plan& history_plan() {
  static const auto& plan = *thrift_plan_of("History");
  return plan;
}

} // namespace

std::string to_thrift(const api::History& events) {
  thrift_writer out(std::string(1, thrift_output::version_byte));
  out.structure(events, history_plan());
  return std::move(out).take();
}

outcome<api::History> from_thrift(std::string_view batch) {
  const auto bad = [](const std::string& why) {
    return error{error_kind::bad_request, "not a history batch in Thrift: " + why};
  };
  if (batch.empty() || batch.front() != thrift_output::version_byte)
    return bad("it does not begin with the version byte 0x59");
  api::History out;
  thrift_reader in(batch.substr(1));
  in.structure(out, history_plan());
  if (in.failed())
    return bad(in.wrong());
  if (!in.rest().empty())
    return bad("there are bytes behind its end");
  return out;
}

} // namespace cadenza
