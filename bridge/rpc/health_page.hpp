#pragma once

#include "bridge/base/health.hpp"
#include "bridge/net/http1.hpp"

namespace cadenza::bridge {

/// What plain HTTP gets on the port of TChannel: GET /health, which tells whether the server takes calls.
class health_page final : public net::http1_user {
public:
  explicit health_page(const health_board& health) : health_(health) {}
  void serve(net::http1_exchange_ptr exchange) override;

private:
  const health_board& health_;
};

} // namespace cadenza::bridge
