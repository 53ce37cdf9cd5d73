#include "bridge/rpc/health_page.hpp"

namespace cadenza::bridge {

void health_page::serve(net::http1_exchange_ptr exchange) {
  const auto& request = exchange->request();
  constexpr const char* json = "application/json";
  if (request.path != "/health" || (request.method != "GET" && request.method != "HEAD"))
    return exchange->answer({404, json, R"({"error":"there is nothing here but GET /health"})"});
  if (health_.serving())
    return exchange->answer({200, json, R"({"healthy":true})"});
  exchange->answer({503, json, R"({"healthy":false,"state":")" + std::string(text_of(health_.state())) + "\"}"});
}

} // namespace cadenza::bridge
