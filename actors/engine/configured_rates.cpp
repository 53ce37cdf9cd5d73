#include "actors/engine/configured_rates.hpp"

#include "config/rates.hpp"

namespace cadenza::actors {

namespace keys = config::keys;

void set_request_rates(local_engine& of, const config::snapshot_ptr& now) {
  const auto rates = [](const config::snapshot& from, std::string_view domain) {
    config::filters about;
    about.domain = domain;
    return request_rates{config::rate(from, keys::history_rps),
                         config::rate(from, keys::history_workflow_id_external_rps, about),
                         config::rate(from, keys::history_workflow_id_internal_rps, about)};
  };
  const bool differ = !now->values(keys::history_workflow_id_external_rps.index).empty() ||
                      !now->values(keys::history_workflow_id_internal_rps.index).empty();
  request_gate::rates_of by_domain;
  if (differ)
    by_domain = [now, rates](std::string_view domain) { return rates(*now, domain); };
  of.set_request_rates(rates(*now, {}), std::move(by_domain));
}

} // namespace cadenza::actors
