#pragma once

#include "tests/load/client.hpp"
#include "tests/load/server_process.hpp"
#include "tests/unit/cli/runner.hpp"

#include "config/dynamic_keys.hpp"
#include "messages/base64.hpp"
#include "uber/cadence/admin/v1/service_admin.pb.h"
#include "uber/cadence/api/v1/service_meta.pb.h"

#include <boost/test/unit_test.hpp>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

/// What the tests of an installed server share.
namespace cadenza::integration {

namespace api = uber::cadence::api::v1;
using nlohmann::json;

/// A server on a directory of its own, and its own command line before it.
struct installation {
  installation() {
    const auto& all = boost::unit_test::framework::master_test_suite();
    BOOST_REQUIRE_MESSAGE(all.argc > 1, "the path of the server is missing: -- PATH");
    server.emplace(all.argv[1], directory.path());
    BOOST_REQUIRE_MESSAGE(server->start(), server->output());
  }
  void restart() {
    server->kill();
    BOOST_REQUIRE_MESSAGE(server->start(), server->output());
  }
  test::output run(std::vector<std::string> words, const std::string& domain = {}) const {
    std::vector<std::string> all{"--ad", server->address(), "--http_address",
                                 "127.0.0.1:" + std::to_string(server->http_port())};
    if (!domain.empty())
      all.insert(all.end(), {"--do", domain});
    all.insert(all.end(), words.begin(), words.end());
    return test::run_cli(std::move(all));
  }
  /// What a command printed; it must have worked.
  std::string good(const std::vector<std::string>& words, const std::string& domain = {}) const {
    const auto out = run(words, domain);
    BOOST_TEST(out.code == 0, words.back() << ": " << out.err);
    return out.out;
  }
  std::string bad(const std::vector<std::string>& words, const std::string& domain = {}) const {
    const auto out = run(words, domain);
    BOOST_TEST(out.code == 1, words.back() << ": " << out.out);
    return out.err;
  }
  void register_domain(const std::string& name, bool global = false) const {
    good({"domain", "register", "--gd", global ? "true" : "false"}, name);
  }
  void set(const std::string& key, const std::string& value) const {
    good({"admin", "config", "update", "--name", key, "--value", value});
  }

  [[nodiscard]] std::string metrics() const {
    httplib::Client http("127.0.0.1", server->http_port());
    const auto page = http.Get("/metrics");
    BOOST_REQUIRE_MESSAGE(page && page->status == 200, "/metrics does not answer");
    return page->body;
  }

  load::scratch_directory directory;
  std::optional<load::server_process> server;
};

inline bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

inline const std::vector<std::string> start_words{"workflow", "start", "-w",   "w",    "--wt",
                                                  "type",     "--tl",  "list", "--et", "60"};

} // namespace cadenza::integration
