#include "bridge/handlers/method_table.hpp"

#include "uber/cadence/api/v1/service_meta.pb.h"

namespace cadenza::bridge {

namespace api = uber::cadence::api::v1;

namespace {

void health(rpc_context& context, std::shared_ptr<api::HealthRequest>, actors::call_ptr call) {
  const auto state = context.health().state();
  api::HealthResponse response;
  response.set_ok(state == health_state::ok);
  response.set_message(std::string(text_of(state)));
  call->reply(response);
}

} // namespace

void add_meta_methods(method_table& table) {
  table.on<api::HealthRequest, &health>("uber.cadence.api.v1.MetaAPI", "Health");
}

} // namespace cadenza::bridge
