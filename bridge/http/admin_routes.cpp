#include "bridge/http/admin_routes.hpp"

#include <nlohmann/json.hpp>

#include <future>
#include <optional>

namespace cadenza::bridge {

namespace {

using nlohmann::json;

/// Runs an asynchronous question and waits for its answer; nothing when it does not come in time. The answer may still
/// come later, so what it is put into is shared.
template <class Answer, class Ask> std::optional<Answer> wait_for(Ask ask, std::chrono::milliseconds patience) {
  auto promised = std::make_shared<std::promise<Answer>>();
  auto answer = promised->get_future();
  ask([promised](Answer value) { promised->set_value(std::move(value)); });
  if (answer.wait_for(patience) != std::future_status::ready)
    return std::nullopt;
  return answer.get();
}

http_response too_late() { return http_error(503, "the actors did not answer in time"); }

http_response list_actors(actors::engine& engine, std::chrono::milliseconds patience) {
  const auto found = wait_for<std::vector<actors::actor_info>>(
      [&engine](auto done) { engine.list_actors(std::move(done)); }, patience);
  if (!found)
    return too_late();
  auto rows = json::array();
  for (const auto& one : *found)
    rows.push_back({{"path", one.path},
                    {"kind", one.kind},
                    {"restarts", one.restarts},
                    {"mailbox", one.mailbox},
                    {"killable", one.killable}});
  return {200, "application/json", rows.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

http_response kill_actor(actors::engine& engine, const http_request& request, std::chrono::milliseconds patience) {
  const auto path = request.parameters.find("path");
  if (path == request.parameters.end() || path->second.empty())
    return http_error(400, "the parameter path is missing");
  const auto failure = wait_for<actors::engine::outcome_text>(
      [&](auto done) { engine.kill_actor(path->second, std::move(done)); }, patience);
  if (!failure)
    return too_late();
  if (!failure->empty())
    return http_error(400, *failure);
  return {200, "application/json",
          json{{"killed", path->second}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

} // namespace

void add_actor_routes(http_server& to, actors::engine& engine, std::chrono::milliseconds patience) {
  to.add_route("GET", "/admin/actors",
               [&engine, patience](const http_request&) { return list_actors(engine, patience); });
  to.add_route("POST", "/admin/actors/kill",
               [&engine, patience](const http_request& request) { return kill_actor(engine, request, patience); });
}

} // namespace cadenza::bridge
