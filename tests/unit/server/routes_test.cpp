#include "server/serve_routes.hpp"

#include "tests/unit/server/support.hpp"

#include <filesystem>

using namespace cadenza;
namespace fs = std::filesystem;

namespace {

/// A configured backup directory with another one beside it.
struct directories {
  load::scratch_directory all;
  std::string root = fs::canonical(all.path()).string() + "/backups";

  directories() {
    fs::create_directories(root + "/weekly");
    fs::create_directories(all.path() + "/backups2");
    fs::create_directory_symlink(all.path(), root + "/out");
  }
  [[nodiscard]] std::string refused(const std::string& asked) const {
    const auto found = backup_directory_of(root, asked);
    return found ? "taken: " + *found : found.error().message;
  }
  [[nodiscard]] std::string taken(const std::string& asked) const {
    const auto found = backup_directory_of(root, asked);
    return found ? *found : "refused: " + found.error().message;
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(backup_directory_suite)

BOOST_AUTO_TEST_CASE(what_lies_below_the_configured_directory_is_taken) {
  const directories d;
  BOOST_TEST(d.taken("") == d.root);
  BOOST_TEST(d.taken(".") == d.root);
  BOOST_TEST(d.taken(d.root) == d.root);
  BOOST_TEST(d.taken("weekly") == d.root + "/weekly");
  BOOST_TEST(d.taken("new/deep") == d.root + "/new/deep");
  BOOST_TEST(d.taken("weekly/../new") == d.root + "/new");
  BOOST_TEST(d.taken(d.root + "/weekly") == d.root + "/weekly");
}

BOOST_AUTO_TEST_CASE(what_lies_elsewhere_is_refused_and_told_where_it_may_be) {
  const directories d;
  for (const auto& asked :
       {std::string("/tmp/x"), std::string("/"), std::string(".."), std::string("../backups2"),
        std::string("weekly/../../backups2"), d.root + "2", std::string("out"), std::string("out/store")})
    BOOST_TEST(d.refused(asked).find("persistence.backupDirectory, " + d.root) != std::string::npos,
               asked << ": " << d.refused(asked));
}

BOOST_AUTO_TEST_CASE(a_store_in_memory_has_no_backups) {
  const auto found = backup_directory_of("", "");
  BOOST_REQUIRE(!found);
  BOOST_TEST(found.error().message.find("in memory") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
