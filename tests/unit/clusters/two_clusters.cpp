#include "two_clusters.hpp"

#include "../nodes/counting_chance.hpp"

#include "road.hpp"

#include "../../simulation/kept_lists.hpp"

#include "messages/shard_hash.hpp"

#include <utility>

namespace cadenza::actors {
namespace {

const config::dynamic_config defaults;

constexpr std::int64_t day_s = 24 * 3600;

} // namespace

// ---------------------------------------------------------------- the road

/// A request on its way, and the way back of its answer.
class two_clusters::road::crossing final : public call {
public:
  crossing(two_clusters& of, std::string from, std::string to, std::uint32_t kind, call_ptr asker)
    : call(asker->deadline_ns()), of_(of), from_(std::move(from)), to_(std::move(to)), kind_(kind),
      asker_(std::move(asker)) {}
  ~crossing() override { lost(); }

  /// A hook of the one that serves: who asked is gone, or the road is.
  [[nodiscard]] bool cancelled() const override { return broken_ || asker_->cancelled(); }
  void on_cancel(std::function<void()> hook) override {
    if (cancelled())
      return hook();
    hook_ = std::move(hook);
  }
  void break_off() {
    if (std::exchange(broken_, true))
      return;
    asker_->reject(unavailable("the road to cluster " + to_ + " is cut"));
    if (hook_)
      std::exchange(hook_, {})();
  }

protected:
  void send(const google::protobuf::MessageLite& response) override { send_bytes(response.SerializeAsString()); }
  void send_bytes(std::string bytes) override {
    if (!comes_back())
      return;
    of_.answer_bytes[{from_, kind_}] += static_cast<std::int64_t>(bytes.size());
    asker_->reply_bytes(std::move(bytes));
  }
  void fail(const error& reason) override {
    if (comes_back())
      asker_->reject(reason);
  }

private:
  bool comes_back() {
    if (broken_)
      return false;
    if (of_.reaches(from_, to_) && (!of_.answer_passes || of_.answer_passes(from_, to_, kind_)))
      return true;
    asker_->reject(unavailable("the answer of cluster " + to_ + " was lost"));
    return false;
  }

  two_clusters& of_;
  const std::string from_;
  const std::string to_;
  const std::uint32_t kind_;
  const call_ptr asker_;
  std::function<void()> hook_;
  bool broken_ = false;
};

void two_clusters::road::ask(const std::string& cluster, std::uint32_t kind, std::string bytes, bool, call_ptr call) {
  const auto& from = group_.self();
  if (cluster == from || of_.find(cluster) == nullptr)
    return call->reject(unavailable("cluster " + cluster + " is not one of this group"));
  if (!of_.reaches(from, cluster) || (of_.passes && !of_.passes(from, cluster, kind, bytes)) ||
      (kind == cluster_kind::domains && !of_.tells_domains))
    return call->reject(unavailable("cluster " + cluster + " is not reached"));
  ++of_.requests[{from, kind}];
  auto over = std::make_shared<crossing>(of_, from, cluster, kind, std::move(call));
  std::erase_if(under_way_, [](const auto& one) { return one.expired(); });
  under_way_.insert(over);
  of_.find(cluster)->engine->serve_cluster(from, kind, std::move(bytes), std::move(over));
}

void two_clusters::road::break_all() {
  for (const auto& one : std::exchange(under_way_, {}))
    if (const auto alive = one.lock())
      alive->break_off();
}

bool two_clusters::reaches(const std::string& from, const std::string& to) {
  return !cut_ && find(from)->engine && find(to)->engine;
}

void two_clusters::cut() {
  cut_ = true;
  for (auto& one : sides_)
    one->to_others->break_all();
  run();
}

void two_clusters::heal() {
  cut_ = false;
  run();
}

// ---------------------------------------------------------------- the clusters

two_clusters::side::side(std::string called, int shard_count)
  : name(std::move(called)), shards(shard_count), store([this] {
      storage::memory_options out;
      out.fault_hook = [this](const storage::fault_point& point) { return faults ? faults(point) : storage::fault{}; };
      return out;
    }()),
    live(std::make_shared<simulation::settings>(defaults)) {
  auto opened = storage::open_visibility_store({});
  BOOST_REQUIRE(bool(opened));
  lists = *std::move(opened);
}

two_clusters::side::~side() = default;

two_clusters::two_clusters(int shards_1, int shards_2, std::int64_t increment) {
  const std::vector<replication::cluster> members{{"dc1", 1, {}}, {"dc2", 2, {}}};
  for (const auto& [name, shards] : {std::pair{"dc1", shards_1}, {"dc2", shards_2}}) {
    auto group = replication::cluster_group::make(increment, members, name);
    BOOST_REQUIRE(bool(group));
    auto& made = *sides_.emplace_back(std::make_unique<side>(name, shards));
    made.to_others = std::make_unique<road>(*this, *std::move(group));
    made.warnings = std::make_unique<limit_warnings>(
        made.registry, [](log::level, log::fields, log::sentence) {}, [this] { return now_ns(); });
    made.work = std::make_unique<workload>(made.registry, *env.time);
  }
  for (auto& one : sides_)
    begin(*one);
}

two_clusters::~two_clusters() {
  passes = {};
  answer_passes = {};
  cut();
  for (auto& one : sides_)
    kill(*one);
  pass(day_s);
}

two_clusters::side* two_clusters::find(const std::string& name) {
  for (auto& one : sides_)
    if (one->name == name)
      return one.get();
  return nullptr;
}

void two_clusters::begin(side& which) {
  BOOST_REQUIRE(!which.engine);
  which.chance = std::make_unique<counting_chance>(++lives_);
  engine_options options;
  options.shard_count = which.shards;
  options.detached_visibility = false;
  options.settings.identity = which.name;
  options.settings.cluster = which.name;
  options.settings.primary_cluster = "dc1";
  options.settings.initial_failover_version = which.name == "dc1" ? 1 : 2;
  options.settings.chaos = true;
  options.live = which.live;
  options.warnings = which.warnings.get();
  options.work = which.work.get();
  options.clusters = which.to_others.get();
  if (which.tune)
    which.tune(options);
  which.engine = std::make_unique<local_engine>(
      system(), which.store, *const_cast<clock*>(env.time), *which.chance,
      [this, name = which.name](log::level level, log::fields values, log::sentence says) {
        if (level > log::level::info)
          log.push_back(name + ": " + log::text_of(values, says));
      },
      [&which]() -> outcome<std::unique_ptr<storage::visibility_store>> {
        return std::unique_ptr<storage::visibility_store>(
            std::make_unique<simulation::kept_lists>(*which.lists, [] { return std::optional<error>(); }));
      },
      std::move(options));
  which.engine->begin();
  run();
  BOOST_REQUIRE(until([&] {
    bool all = which.engine->ready();
    for (int shard = 0; shard < which.shards; ++shard)
      all = all && which.engine->holds(shard);
    return all;
  }));
}

void two_clusters::kill(side& which) {
  if (!which.engine)
    return;
  which.engine->kill();
  dead_.push_back(std::move(which.engine));
  dead_chances_.push_back(std::move(which.chance));
  for (auto& one : sides_)
    one->to_others->break_all();
  run();
}

bool two_clusters::until(const std::function<bool()>& what, std::int64_t seconds) {
  run();
  const auto end = now_ns() + seconds * ns_per_s;
  while (!what()) {
    if (now_ns() >= end)
      return false;
    pass_tenth();
  }
  return true;
}

// ---------------------------------------------------------------- domains

void two_clusters::put_domain(const std::string& name, const std::string& active) {
  for (auto& one : sides_)
    put_domain(*one, name, active);
}

void two_clusters::put_domain(side& in, const std::string& name, const std::string& active) {
  std::int64_t version = 0;
  in.store.cluster().read_domain_version([&](auto read) { version = read.value.value_or(0); });
  std::optional<storage::domain_row> known;
  in.store.cluster().read_domains({}, 1000, [&](storage::page<storage::domain_row> page) {
    for (auto& row : page.rows)
      if (row.name == name)
        known = std::move(row);
  });
  record::v1::DomainRow row;
  storage::domain_transaction tx;
  tx.expected_notification_version = version;
  tx.name = name;
  if (known) {
    BOOST_REQUIRE(row.ParseFromString(known->value));
    tx.operation = storage::domain_transaction::kind::update;
    tx.id = known->id;
  } else {
    tx.id = uuid::v4(0x1234'5678'0000'0000ULL, std::hash<std::string>()(name));
    auto& domain = *row.mutable_domain();
    domain.set_id(tx.id.str());
    domain.set_name(name);
    domain.set_status(api::DOMAIN_STATUS_REGISTERED);
    domain.set_is_global_domain(true);
    domain.mutable_workflow_execution_retention_period()->set_seconds(day_s);
    for (auto& one : sides_)
      domain.add_clusters()->set_cluster_name(one->name);
  }
  const auto next = in.to_others->group().next(active, row.failover_version());
  BOOST_REQUIRE(bool(next));
  row.set_previous_failover_version(row.failover_version());
  row.set_failover_version(*next);
  row.mutable_domain()->set_failover_version(*next);
  row.set_failover_notification_version(version);
  row.set_notification_version(version);
  row.set_last_updated_ns(now_ns());
  row.mutable_domain()->set_active_cluster_name(active);
  tx.value = row.SerializeAsString();
  in.store.cluster().commit(std::move(tx), [](const storage::commit_result& result) {
    BOOST_REQUIRE(result.outcome == storage::status::committed);
  });
  if (!in.engine)
    return;
  in.engine->hear(cluster_news::domains);
  BOOST_REQUIRE(until([&] {
    const auto seen = domain(in, name);
    return seen && seen->version() == *next;
  }));
}

} // namespace cadenza::actors
