#pragma once

#include "bridge/http/http_server.hpp"

#include <nlohmann/json.hpp>

#include <future>
#include <memory>

/// What the files of `serve` share.
namespace cadenza {

/// Calls with a callback and waits for its argument; for calls that are always answered, as those of a store are.
template <class Result, class Call> Result wait_for(Call&& call) {
  auto promise = std::make_shared<std::promise<Result>>();
  auto future = promise->get_future();
  call([promise](Result result) { promise->set_value(std::move(result)); });
  return future.get();
}

inline bridge::http_response json_reply(const nlohmann::json& body, int status = 200) {
  return {status, "application/json", body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

} // namespace cadenza
