#pragma once

#include "cluster.hpp"

#include <boost/test/unit_test.hpp>

namespace cadenza::replication::test {

/// Two or three clusters A, B, C with the initial versions 1, 2, 3, whose domain is active in A. What they tell each
/// other is carried when the test says so.
struct scene {
  explicit scene(int n = 2) {
    std::vector<std::string> names;
    std::vector<replication::cluster> group;
    for (int i = 0; i < n; ++i) {
      names.emplace_back(1, static_cast<char>('A' + i));
      group.push_back({names.back(), i + 1, {}});
    }
    for (int i = 0; i < n; ++i) {
      auto made = cluster_group::make(10, group, names[static_cast<std::size_t>(i)]);
      all.push_back(std::make_unique<cluster>(w, std::move(*made), 1, names));
      all.back()->set_version(1);
    }
  }

  cluster& a() { return *all[0]; }
  cluster& b() { return *all[1]; }
  cluster& c() { return *all[2]; }

  cluster::reach everybody() {
    return [this](const std::string& name) -> cluster* {
      for (auto& each : all)
        if (each->name() == name)
          return each.get();
      return nullptr;
    };
  }
  static cluster::reach nobody() {
    return [](const std::string&) -> cluster* { return nullptr; };
  }

  /// Carries everything that `to` has not been told by `from`.
  void carry(cluster& from, cluster& to) {
    auto& after = told[{&from, &to}];
    for (const auto& task : from.queue(0)) {
      if (task.task_id() <= after)
        continue;
      if (const auto what = from.tell(task))
        BOOST_REQUIRE(to.receive(*what, from, everybody()));
      after = task.task_id();
    }
  }
  void carry_all() {
    for (int i = 0; i < 4; ++i)
      for (auto& from : all)
        for (auto& to : all)
          if (from != to)
            carry(*from, *to);
  }
  /// The domain is active elsewhere from now on, and all know it.
  void fail_over(std::int64_t version) {
    for (auto& each : all)
      each->set_version(version);
  }
  void same() {
    for (std::size_t i = 1; i < all.size(); ++i)
      BOOST_TEST(difference(*all[0], *all[i]) == "");
  }
  std::vector<rec::ReplicationTask> untold(cluster& from, cluster& to) {
    std::vector<rec::ReplicationTask> out;
    for (const auto& task : from.queue(0))
      if (task.task_id() > told[{&from, &to}])
        out.push_back(task);
    return out;
  }

  world w;
  std::vector<std::unique_ptr<cluster>> all;
  std::map<std::pair<cluster*, cluster*>, std::int64_t> told;
};

inline int signals_in(cluster& c, const uuid& id) {
  int n = 0;
  for (const auto& e : c.events(id))
    n += e.has_workflow_execution_signaled_event_attributes() ? 1 : 0;
  return n;
}

inline api::HistoryEvent last_event(cluster& c, const uuid& id) { return c.events(id).back(); }

} // namespace cadenza::replication::test
