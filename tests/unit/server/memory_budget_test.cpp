#include "server/memory_budget.hpp"

#include "tests/unit/server/support.hpp"

#include <filesystem>

using namespace cadenza;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t mib = std::int64_t{1} << 20;
constexpr std::int64_t huge = INT64_MAX;

/// Files as the kernel shows control groups.
struct groups {
  load::scratch_directory directory;

  void write(const std::string& name, const std::string& text) const {
    const fs::path path = directory.path() + "/" + name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text << '\n';
  }
  [[nodiscard]] std::int64_t limit() const {
    return memory_limit(directory.path() + "/self", directory.path() + "/fs");
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(memory_budget_suite)

BOOST_AUTO_TEST_CASE(the_limit_of_a_group_of_version_2_is_found_and_the_lowest_above_it) {
  const groups g;
  g.write("self", "0::/pod/container");
  g.write("fs/pod/container/memory.max", "max");
  g.write("fs/pod/memory.max", std::to_string(300 * mib));
  BOOST_TEST(g.limit() == 300 * mib);
  g.write("fs/pod/container/memory.max", std::to_string(200 * mib));
  BOOST_TEST(g.limit() == 200 * mib);
}

BOOST_AUTO_TEST_CASE(the_limit_of_a_group_of_version_1_is_found) {
  const groups g;
  g.write("self", "9:cpu,cpuacct:/a\n4:memory:/docker/b\n0::/");
  g.write("fs/memory/docker/b/memory.limit_in_bytes", std::to_string(256 * mib));
  g.write("fs/memory/memory.limit_in_bytes", "9223372036854771712");
  BOOST_TEST(g.limit() == 256 * mib);
}

BOOST_AUTO_TEST_CASE(a_container_that_sees_its_own_group_as_the_root_has_its_limit) {
  const groups two;
  two.write("self", "0::/system.slice/docker-1.scope");
  two.write("fs/memory.max", std::to_string(512 * mib));
  BOOST_TEST(two.limit() == 512 * mib);
  const groups one;
  one.write("self", "4:memory:/docker/on-the-host");
  one.write("fs/memory/memory.limit_in_bytes", std::to_string(128 * mib));
  BOOST_TEST(one.limit() == 128 * mib);
}

BOOST_AUTO_TEST_CASE(without_groups_it_is_the_memory_of_the_machine) {
  const groups g;
  const auto all = g.limit();
  BOOST_TEST(all > 0);
  g.write("self", "0::/");
  g.write("fs/memory.max", std::to_string(huge));
  BOOST_TEST(g.limit() == all);
}

BOOST_AUTO_TEST_CASE(the_parts_leave_half_of_a_small_process_to_its_requests_and_do_not_grow_for_ever) {
  for (const auto limit : {256 * mib, 384 * mib, 512 * mib, 1024 * mib, 4096 * mib}) {
    const auto b = budget_of(limit);
    BOOST_TEST(b.run_cache + b.write_buffers + b.block_cache + b.queued_commits <= limit / 2, limit);
  }
  const auto most = budget_of(huge);
  BOOST_TEST(most.run_cache == 256 * mib);
  BOOST_TEST(most.write_buffers == 64 * mib);
  BOOST_TEST(most.log == 128 * mib);
  BOOST_TEST(most.block_cache == 32 * mib);
  BOOST_TEST(most.queued_commits == 512 * mib);
  BOOST_TEST(most.requests == 256 * mib);
}

BOOST_AUTO_TEST_CASE(requests_and_answers_have_their_share_and_room_for_large_messages) {
  config::server_config c;
  c.network.request_bytes_max = c.network.answer_bytes_max = 0;
  c.engine.memory_bytes = 1024 * mib;
  BOOST_TEST(network_of(c).request_bytes_max == 128 * mib);
  BOOST_TEST(network_of(c).answer_bytes_max == 128 * mib);
  c.engine.memory_bytes = 256 * mib;
  BOOST_TEST(network_of(c).request_bytes_max == 128 * mib); // two messages
  BOOST_TEST(network_of(c).answer_bytes_max == 64 * mib);
  c.network.message_bytes_max = 4 * mib;
  BOOST_TEST(network_of(c).request_bytes_max == 32 * mib);
  c.network.answer_bytes_max = 500 * mib;
  BOOST_TEST(network_of(c).answer_bytes_max == 500 * mib);
  BOOST_TEST(network_of(c).request_bytes_max == 32 * mib);
}

BOOST_AUTO_TEST_SUITE_END()
