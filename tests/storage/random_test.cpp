#include "tests/storage/support.hpp"

#include <cstdint>
#include <random>
#include <set>

namespace cadenza::storage::test {

namespace {

/// The same calls on a store in memory and on an embedded one. A transaction's answer and every read must be equal: the
/// plain tables in memory say what the rows on disk have to mean.
class twins {
public:
  explicit twins(unsigned seed) : random_(seed) {}

  void step() {
    switch (pick(11)) {
    case 0: shard_step(); break;
    case 4: history_step(); break;
    case 1: cleanup_step(); break;
    case 2: list_step(); break;
    case 3: cluster_step(); break;
    default: submit(shard_commit()); break;
    }
  }

  /// Waits for what was submitted and compares answers, then all rows.
  void compare() {
    for (auto& [memory, disk] : answers_) {
      const auto expected = memory.get();
      const auto found = disk.get();
      BOOST_TEST_REQUIRE(found.outcome == expected.outcome, found.message << " / " << expected.message);
      BOOST_TEST_REQUIRE(found.failed == expected.failed);
      BOOST_TEST_REQUIRE(found.current_value == expected.current_value);
      BOOST_TEST_REQUIRE((found.current == expected.current));
      BOOST_TEST_REQUIRE((found.remembered == expected.remembered));
      committed_ += expected.outcome == status::committed ? 1 : 0;
      refused_ += expected.outcome == status::condition_failed ? 1 : 0;
    }
    answers_.clear();
    for (int shard = 1; shard <= shards; ++shard)
      compare_shard(shard);
    for (unsigned n = 0; n < 3; ++n) {
      const task_list_key key{id(n), "list", 0};
      same<page<backlog_row>>([&](store& s, auto cb) { s.task_lists().scan_tasks(key, 0, INT64_MAX, 1000, cb); });
      same<read_result<std::string>>([&](store& s, auto cb) { s.task_lists().read_task_list(key, cb); });
    }
    same<page<domain_row>>([](store& s, auto cb) { s.cluster().read_domains({}, 1000, cb); });
    same<page<queue_row>>([](store& s, auto cb) { s.cluster().read_queue(1, 0, 1000, cb); });
    same<read_result<std::string>>([](store& s, auto cb) { s.cluster().read_document(0, cb); });
  }

  [[nodiscard]] int committed() const { return committed_; }
  [[nodiscard]] int refused() const { return refused_; }

private:
  static constexpr int shards = 2;

  std::int64_t pick(std::int64_t below) { return std::uniform_int_distribution<std::int64_t>(0, below - 1)(random_); }
  bool chance(int percent) { return pick(100) < percent; }
  unsigned some() { return static_cast<unsigned>(pick(3)) + 1; }
  std::string text() { return std::string(static_cast<std::size_t>(pick(20)), static_cast<char>('a' + pick(26))); }
  /// Often right, so that transactions of both kinds come.
  std::int64_t near(std::int64_t value) { return chance(85) ? value : value + pick(3) - 1; }

  template <class Submit> void on_both(Submit submit_to) {
    auto memory = std::make_shared<std::promise<commit_result>>();
    auto disk = std::make_shared<std::promise<commit_result>>();
    answers_.emplace_back(memory->get_future(), disk->get_future());
    submit_to(memory_->get(), [memory](commit_result result) { memory->set_value(std::move(result)); });
    submit_to(disk_->get(), [disk](commit_result result) { disk->set_value(std::move(result)); });
  }

  void submit(shard_transaction tx) {
    on_both([&](store& s, auto cb) { s.shards().commit(tx, std::move(cb)); });
  }
  void submit(task_list_transaction tx) {
    on_both([&](store& s, auto cb) { s.task_lists().commit(tx, std::move(cb)); });
  }
  void submit(domain_transaction tx) {
    on_both([&](store& s, auto cb) { s.cluster().commit(tx, std::move(cb)); });
  }

  void shard_step() {
    const auto shard = static_cast<int>(pick(shards)) + 1;
    const auto expected = near(ranges_[shard]);
    if (expected == ranges_[shard])
      ++ranges_[shard];
    on_both([&](store& s, auto cb) { s.shards().update_shard({shard, expected, expected + 1, "row"}, std::move(cb)); });
  }

  void cleanup_step() {
    const shard_cleanup what{static_cast<int>(pick(shards)) + 1, pick(60), pick(60) * 1000, pick(60), {}, {}};
    on_both([&](store& s, auto cb) { s.shards().cleanup(what, std::move(cb)); });
  }

  void history_step() {
    const auto shard = static_cast<int>(pick(shards)) + 1;
    const history_removal what{shard, near(ranges_[shard]), {{id(some()), id(some()), pick(40), pick(60)}}};
    on_both([&](store& s, auto cb) { s.shards().drop_history(what, std::move(cb)); });
  }

  void list_step() {
    const auto n = static_cast<unsigned>(pick(3));
    task_list_transaction tx;
    tx.key = {id(n), "list", 0};
    tx.expected_range_id = near(leases_[n]);
    tx.new_range_id = chance(70) ? tx.expected_range_id : tx.expected_range_id + 1;
    if (tx.expected_range_id == 0 || chance(30))
      tx.row = text();
    tx.new_range_id = std::max<std::int64_t>(tx.new_range_id, 1);
    for (auto tasks = pick(4); tasks > 0; --tasks)
      tx.append.push_back({pick(60) + 1, text()});
    if (chance(30))
      tx.delete_up_to = pick(60);
    tx.delete_list = chance(8);
    if (tx.expected_range_id == leases_[n])
      leases_[n] = tx.delete_list ? 0 : tx.new_range_id;
    submit(std::move(tx));
  }

  void cluster_step() {
    using kind = decltype(domain_transaction::operation);
    switch (pick(4)) {
    case 0:
      on_both([this, message = text()](store& s, auto cb) { s.cluster().append({1, message}, std::move(cb)); });
      break;
    case 1: on_both([up_to = pick(20)](store& s, auto cb) { s.cluster().trim_queue(1, up_to, std::move(cb)); }); break;
    case 2: {
      const document_write write{0, near(documents_), text()};
      documents_ += write.expected_version == documents_ ? 1 : 0;
      on_both([&](store& s, auto cb) { s.cluster().write_document(write, std::move(cb)); });
      break;
    }
    default: {
      domain_transaction tx;
      tx.expected_notification_version = pick(4) + domain_version();
      tx.operation = static_cast<kind>(pick(3));
      tx.id = id(some());
      tx.name = std::to_string(some());
      tx.value = text();
      submit(std::move(tx));
    }
    }
  }

  std::int64_t domain_version() {
    return std::max<std::int64_t>(0, wait_for<read_result<std::int64_t>>([&](auto cb) {
                                       memory_->get().cluster().read_domain_version(cb);
                                     }).value.value() -
                                         1);
  }

  shard_transaction shard_commit() {
    const auto shard = static_cast<int>(pick(shards)) + 1;
    auto tx = in_shard(near(ranges_[shard]), shard);
    const auto workflow = std::to_string(some());
    if (chance(30))
      tx.current =
          current_condition{workflow_of(workflow), static_cast<current_condition::kind>(pick(4)), id(some()), pick(2)};
    if (chance(30))
      tx.set_current = current_write{workflow_of(workflow), row_of_current(some(), static_cast<int>(pick(3)), pick(2))};
    if (chance(15))
      tx.delete_current = current_removal{workflow_of(workflow), id(some())};
    add_run(tx, workflow);
    if (chance(15))
      tx.delete_runs.push_back(run_of(some() + 10, workflow));
    for (auto nodes = pick(3); nodes > 0; --nodes)
      tx.history.push_back({id(some()), id(some()), pick(40), pick(10), "batch " + text()});
    if (chance(40))
      tx.trees.push_back(tree_change(shard));
    for (auto rows = pick(4); rows > 0; --rows) {
      tx.transfer.push_back({pick(60), text()});
      tx.timers.push_back({pick(60) * 1000, pick(60), text()});
      tx.replication.push_back({pick(60), text()});
    }
    if (chance(20)) {
      tx.delete_transfer.push_back(pick(60));
      tx.delete_timers.push_back({pick(60) * 1000, pick(60), ""});
      tx.delete_replication.push_back(pick(60));
    }
    return tx;
  }

  tree_write tree_change(int shard) {
    const auto tree = id(some());
    const auto stored = read_tree(memory_->get(), tree, shard);
    auto out = tree_at(tree, near(stored.version));
    if (chance(20) && stored.version != 0) {
      for (const auto& row : stored.branches)
        out.drop.push_back(row.branch_id);
      out.expected_version = stored.version;
      out.ends = true;
      return out;
    }
    out.put.push_back({tree, id(some()), text()});
    if (chance(30))
      out.drop.push_back(id(some() + 3));
    if (chance(30))
      out.put.push_back({tree, id(some() + 3), text()});
    return out;
  }

  void add_run(shard_transaction& tx, const std::string& workflow) {
    // Runs 1 to 3 are written, runs 11 to 13 deleted as well: a transaction does not do both to one run.
    const auto run = run_of(some() + (chance(50) ? 10 : 0), workflow);
    const auto stored = versions_of(tx.shard, run);
    auto mutation = write_of(run, chance(90) ? stored : std::optional<std::int64_t>(pick(5)), text());
    mutation.clear_pending = chance(15);
    for (auto rows = pick(5); rows > 0; --rows)
      mutation.pending.push_back({static_cast<pending_kind>(pick(7) + 1), pick(6), std::to_string(pick(6)),
                                  chance(70) ? std::optional(text()) : std::nullopt});
    tx.runs.push_back(std::move(mutation));
    if (chance(50) && tx.runs[0].expected_version == stored) {
      auto other = tx.runs[0];
      other.key.workflow_id += "x";
      other.expected_version = versions_of(tx.shard, other.key);
      other.new_version = other.expected_version.value_or(0) + 1;
      tx.runs.push_back(std::move(other));
    }
  }

  /// The version in memory: commits there are done when the call returns.
  std::optional<std::int64_t> versions_of(int shard, const run_key& run) {
    auto probe = in_shard(ranges_[shard], shard);
    probe.runs.push_back(write_of(run, INT64_MAX - 1)); // nobody has it
    const auto told = commit(memory_->get(), probe);
    return told.failed == condition::run_version && told.current_value != 0 ? std::optional(told.current_value)
                                                                            : std::nullopt;
  }

  void compare_shard(int shard) {
    same<page<transfer_row>>([&](store& s, auto cb) { s.shards().scan_transfer(shard, -1, INT64_MAX, 1000, cb); });
    same<page<replication_row>>(
        [&](store& s, auto cb) { s.shards().scan_replication(shard, -1, INT64_MAX, 1000, cb); });
    same<page<timer_row>>([&](store& s, auto cb) { s.shards().scan_timers(shard, 0, 0, INT64_MAX, 1000, cb); });
    const auto runs = wait_for<page<std::pair<run_key, run_rows>>>(
        [&](auto cb) { memory_->get().shards().scan_runs(shard, "", 1000, cb); });
    const auto found = wait_for<page<std::pair<run_key, run_rows>>>(
        [&](auto cb) { disk_->get().shards().scan_runs(shard, "", 1000, cb); });
    BOOST_TEST_REQUIRE(found.rows.size() == runs.rows.size());
    for (const auto& [key, rows] : runs.rows)
      same<read_result<run_rows>>([&, run = key](store& s, auto cb) { s.shards().read_run(shard, run, cb); });
    for (unsigned workflow = 1; workflow <= 3; ++workflow)
      same<read_result<current_row>>(
          [&](store& s, auto cb) { s.shards().read_current(shard, workflow_of(std::to_string(workflow)), cb); });
    for (unsigned tree = 1; tree <= 3; ++tree) {
      same<read_result<history_tree>>([&](store& s, auto cb) { s.shards().read_tree(shard, id(tree), cb); });
      for (unsigned branch = 1; branch <= 3; ++branch) {
        history_query query{id(tree), id(branch), pick(20), 20 + pick(40), 1000, 1 << 20, "", chance(50)};
        same<page<history_node>>([&](store& s, auto cb) { s.shards().read_history(shard, query, cb); });
      }
    }
  }

  template <class Result, class Read> void same(Read read) {
    const auto expected = wait_for<Result>([&](auto cb) { read(memory_->get(), std::move(cb)); });
    const auto found = wait_for<Result>([&](auto cb) { read(disk_->get(), std::move(cb)); });
    BOOST_TEST_REQUIRE(found.outcome == status::committed, found.message);
    BOOST_TEST_REQUIRE(told(found) == told(expected));
  }

  static std::string told(const std::string& value) { return value; }
  static std::string told(const transfer_row& row) { return std::to_string(row.task_id) + row.value; }
  static std::string told(const replication_row& row) { return std::to_string(row.task_id) + row.value; }
  static std::string told(const backlog_row& row) { return std::to_string(row.task_id) + row.value; }
  static std::string told(const timer_row& row) {
    return std::to_string(row.fire_ns) + "/" + std::to_string(row.task_id) + row.value;
  }
  static std::string told(const history_node& node) {
    return std::to_string(node.first_event_id) + "." + std::to_string(node.txn_id) + node.batch;
  }
  static std::string told(const current_row& row) {
    return row.run_id.str() + "/" + std::to_string(row.state) + "/" + std::to_string(row.last_write_version) +
           row.value;
  }
  /// Branches in whatever order.
  static std::string told(const history_tree& tree) {
    std::set<std::string> rows;
    for (const auto& row : tree.branches)
      rows.insert(row.tree_id.str() + row.branch_id.str() + row.value);
    auto text = std::to_string(tree.version);
    for (const auto& row : rows)
      text += "|" + row;
    return text;
  }
  static std::string told(const domain_row& row) { return row.id.str() + row.name + row.value; }
  static std::string told(const queue_row& row) { return std::to_string(row.message_id) + row.payload; }
  static std::string told(const run_rows& rows) {
    auto text = rows.header + "|" + rows.fixed;
    for (const auto& row : rows.pending)
      text += "|" + std::to_string(static_cast<int>(row.kind)) + "/" + std::to_string(row.number) + "/" + row.text +
              "=" + row.value.value();
    return text;
  }
  template <class T> static std::string told(const read_result<T>& read) {
    return read.value ? "row " + told(*read.value) : "none";
  }
  template <class T> static std::string told(const page<T>& read) {
    std::string text;
    for (const auto& row : read.rows)
      text += told(row) + "\n";
    return text;
  }

  std::mt19937 random_;
  std::unique_ptr<under_test> memory_ = make_store("memory");
  std::unique_ptr<under_test> disk_ = make_store("rocksdb");
  std::vector<std::pair<std::future<commit_result>, std::future<commit_result>>> answers_;
  std::int64_t ranges_[shards + 1]{};
  std::int64_t leases_[3]{};
  std::int64_t documents_ = 0;
  int committed_ = 0;
  int refused_ = 0;
};

} // namespace

BOOST_AUTO_TEST_CASE(random_calls_have_the_same_effect_on_every_store) {
  int committed = 0;
  int refused = 0;
  for (unsigned seed = 1; seed <= 8; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      twins both(seed);
      for (int round = 0; round < 12; ++round) {
        for (int i = 0; i < 40; ++i)
          both.step();
        both.compare();
      }
      committed += both.committed();
      refused += both.refused();
    }
  }
  BOOST_TEST(committed > 1000);
  BOOST_TEST(refused > 500);
}

} // namespace cadenza::storage::test
