#include "server/verify_store.hpp"

#include "tests/unit/server/running.hpp"

#include <httplib.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <sstream>

using namespace cadenza;
namespace fs = std::filesystem;

namespace {

/// What `verify` says of a data directory.
struct verdict {
  explicit verdict(const std::string& data, bool repair = false) {
    cli::verify_options options;
    options.repair = repair;
    options.data_dir = data;
    std::ostringstream out;
    std::ostringstream err;
    code = verify_offline(options, out, err);
    text = out.str() + err.str();
  }
  int code = 0;
  std::string text;
};

constexpr int filled = 20;

/// A data directory with something in it, at rest.
void fill(const std::string& data) {
  const tests::running one(tests::configured(data));
  load::client client(one.address(), 1);
  BOOST_REQUIRE(load::prepare_domain(client, "orders", std::chrono::seconds(30)));
  for (int i = 0; i < filled; ++i)
    tests::start_workflow(client, "orders", "order-" + std::to_string(i));
}

std::vector<std::string> tables_of(const std::string& data) {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(data + "/store"))
    if (entry.path().extension() == ".sst")
      out.push_back(entry.path().filename().string());
  return out;
}

/// Changes a byte of a table's first block.
void damage(const std::string& data, const std::string& table) {
  std::fstream file(data + "/store/" + table, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(5);
  const auto byte = static_cast<char>(file.get() ^ 0x10);
  file.seekp(5);
  file.put(byte);
  BOOST_REQUIRE(file.good());
}

} // namespace

BOOST_AUTO_TEST_SUITE(verify_suite)

BOOST_AUTO_TEST_CASE(a_damaged_block_of_any_table_is_told_and_never_comes_out_clean) {
  const load::scratch_directory directory;
  const auto sound = directory.path() + "/sound";
  fill(sound);
  const verdict before(sound);
  BOOST_TEST(before.code == 0, before.text);
  const auto tables = tables_of(sound);
  BOOST_TEST(tables.size() > 5U);
  for (const auto& table : tables) {
    const auto copy = directory.path() + "/" + table;
    fs::copy(sound, copy, fs::copy_options::recursive);
    damage(copy, table);
    const verdict after(copy);
    BOOST_TEST(after.code == 1, table << ": " << after.text);
    BOOST_TEST(after.text.find(table) != std::string::npos, table << ": " << after.text);
  }
}

/// What is lost of a queue stands in the runs as well: their tasks are made again, and each goes on.
BOOST_AUTO_TEST_CASE(a_repair_makes_the_tasks_of_a_damaged_queue_again) {
  const load::scratch_directory directory;
  const auto sound = directory.path() + "/sound";
  fill(sound);
  int queues = 0;
  for (const auto& table : tables_of(sound)) {
    const auto copy = directory.path() + "/" + table;
    fs::copy(sound, copy, fs::copy_options::recursive);
    damage(copy, table);
    const verdict found(copy);
    if (found.text.find("table transfer: file") == std::string::npos &&
        found.text.find("table timers: file") == std::string::npos &&
        found.text.find("table tasks: file") == std::string::npos)
      continue;
    ++queues;
    const verdict mended(copy, true);
    BOOST_TEST(mended.code == 0, mended.text);
    BOOST_TEST(mended.text.find("was rewritten") != std::string::npos, mended.text);
    const verdict after(copy);
    BOOST_TEST(after.code == 0, after.text);
    BOOST_TEST(after.text.find("\"found\":0") != std::string::npos, after.text);
    const tests::running one(tests::configured(copy));
    load::client client(one.address(), 1);
    for (int i = 0; i < filled; ++i)
      tests::complete_decision(client, "orders");
  }
  BOOST_TEST(queues >= 2);
}

BOOST_AUTO_TEST_CASE(a_running_server_tells_of_a_damaged_block_too) {
  const load::scratch_directory directory;
  fill(directory.path());
  const tests::running one(tests::configured(directory.path()));
  httplib::Client http("127.0.0.1", one.serving.http_port());
  const auto verify = [&] {
    const auto answer = http.Post("/admin/verify", "", "application/json");
    BOOST_REQUIRE(answer);
    BOOST_TEST(answer->status == 200);
    return nlohmann::json::parse(answer->body);
  };
  BOOST_TEST(verify()["clean"] == true);
  // What was read when the server started may be in memory: only the files tell.
  const auto tables = tables_of(directory.path());
  BOOST_REQUIRE(!tables.empty());
  damage(directory.path(), tables.front());
  const auto after = verify();
  BOOST_TEST(after["clean"] == false);
  BOOST_TEST(after.dump().find(tables.front()) != std::string::npos, after.dump());
}

BOOST_AUTO_TEST_SUITE_END()
