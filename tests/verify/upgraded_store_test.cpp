#include "dice.hpp"

#include "storage/open.hpp"
#include "verify/verify.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>

/// The directory that the last version with data format 1 wrote (tests/storage/format_1), brought up to date.
namespace cadenza::simulation {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t minute_after_ns = (1'796'009'187LL + 60) * ns_per_s;

class minute_after final : public actors::clock {
public:
  [[nodiscard]] std::int64_t now_ns() const override { return minute_after_ns; }
};

std::string told(const actors::verify_report& report) {
  std::string out;
  for (const auto& f : report.findings)
    out += "\n" + f.workflow_id + ": " + f.text;
  return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_directory_of_the_last_format_is_whole_after_its_upgrade) {
  auto pattern = (fs::temp_directory_path() / "cadenza-upgrade-XXXXXX").string();
  BOOST_REQUIRE(mkdtemp(pattern.data()) != nullptr);
  const auto command = "tar -xzf '" FORMAT_1_DIRECTORY "/store.tar.gz' -C '" + pattern + "'";
  BOOST_REQUIRE(std::system(command.c_str()) == 0);
  {
    storage::rocksdb_options options;
    options.directory = pattern + "/store";
    auto opened = storage::open_rocksdb(std::move(options));
    BOOST_REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().message));
    minute_after time;
    dice chance(1);
    actors::verify_source from;
    from.store = opened->get();
    from.shard_count = 2;
    from.time = &time;
    from.chance = &chance;
    const auto report = actors::verify(from);
    BOOST_REQUIRE(report);
    BOOST_TEST(report->found == 0, told(*report));
    BOOST_TEST(report->runs == 8);
    BOOST_TEST(report->events == 76);
    (*opened)->close();
  }
  fs::remove_all(pattern);
}

} // namespace cadenza::simulation
