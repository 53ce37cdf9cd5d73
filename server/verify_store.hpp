#pragma once

#include "actors/base/engine.hpp"
#include "bridge/http/http_server.hpp"
#include "cli/run.hpp"
#include "server/serve_store.hpp"
#include "verify/verify.hpp"

#include <iosfwd>
#include <string>

namespace cadenza {

/// A report as one JSON document, for people's tools and our command line.
[[nodiscard]] std::string report_json(const actors::verify_report& report);

/// `verify`: checks a data directory, or the databases that the configuration names, while no server has them open, and
/// prints the report as JSON. 0 when all is well, or was
/// mended and a second check found nothing; 1 when not, or when the directory cannot be checked.
[[nodiscard]] int verify_offline(const cli::verify_options& options, std::ostream& out, std::ostream& err);

/// `POST /admin/verify`: checks the stores of the running server without disturbing it and answers with the report; one
/// check at a time. Ends early when `stores` is told to stop. Before `start` of the server; all must outlive it.
void add_verify_route(bridge::http_server& to, open_store& stores, actors::engine& engine);

} // namespace cadenza
