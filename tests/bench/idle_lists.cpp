#include "actors/base/system_sources.hpp"
#include "actors/base/troubles.hpp"
#include "actors/base/workload.hpp"
#include "actors/matching/matching_owner.hpp"
#include "actors/matching/poll_board.hpp"
#include "config/metrics.hpp"
#include "storage/memory/memory_store.hpp"

#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <caf/all.hpp>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>

#include <sys/resource.h>

/// What task lists cost in which nothing waits: `idle_lists [LISTS] [SECONDS]` makes so many by describing them, the
/// way a client can, and then looks at the process for a while.
namespace cadenza::actors {
namespace {

namespace api = uber::cadence::api::v1;

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double resident_kib() {
  std::ifstream in("/proc/self/statm");
  long size = 0;
  long resident = 0;
  in >> size >> resident;
  return static_cast<double>(resident) * 4;
}

class nobody final : public task_starter {
public:
  void start(list_task_ptr, list_poll_ptr, caf::actor) const override {}
  void ask(list_query_ptr, list_poll_ptr, const std::string&) const override {}
};

void measure(int lists, int seconds) {
  caf::actor_system_config config;
  config.set("scheduler.max-threads", std::size_t{2});
  caf::actor_system system(config);
  storage::memory_store store;
  system_clock time;
  system_entropy chance;
  router routes(1);
  domain_source domains;
  engine_counters counters;
  poll_board board;
  actor_context env;
  env.log = [](log::level, log::fields values, log::sentence says) { std::cerr << log::text_of(values, says) << '\n'; };
  troubles wrong(time, env.log);
  env.store = &store;
  env.time = &time;
  env.chance = &chance;
  env.routes = &routes;
  env.domains = &domains;
  env.counters = &counters;
  env.polls = &board;
  const config::dynamic_config dynamic;
  const live_settings live(dynamic);
  env.live = &live;
  metrics::registry registry;
  workload work(registry, time);
  env.work = &work;
  env.wrong = &wrong;
  env.settings.task_lists_max = static_cast<std::size_t>(lists) + 1;
  auto directory = std::make_shared<workflow::domain_directory>();
  auto domain = std::make_shared<workflow::domain_view>();
  domain->id = chance.new_uuid();
  domain->name = "domain";
  directory->put(domain);
  domains.publish(directory);

  auto owner = system.spawn<matching_owner>(env, std::make_shared<nobody>());
  std::atomic<int> answered{0};
  const auto describe = [&](int i) {
    auto asked = std::make_shared<describe_list>();
    asked->list = {domain->id, "a-task-list-of-usual-length-" + std::to_string(i), 0};
    asked->call = std::make_shared<inner_call<api::DescribeTaskListResponse>>(
        INT64_MAX, [&answered](const auto*, const error*) { ++answered; });
    caf::anon_send(owner, make_matching_mail(std::move(asked)));
  };
  describe(0);
  while (answered < 1)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const auto empty = resident_kib();
  for (int i = 1; i <= lists; ++i) {
    describe(i);
    while (answered < i - 1000)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  while (answered < lists + 1)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::this_thread::sleep_for(std::chrono::seconds(3));
  const auto full = resident_kib();
  const auto before = cpu_seconds();
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  const auto used = cpu_seconds() - before;
  std::cout << lists << " idle lists: " << (full - empty) / lists << " KiB each, " << used / seconds * 100
            << " % of a core\n";
  caf::anon_send_exit(owner, caf::exit_reason::kill);
  owner = nullptr;
  system.await_all_actors_done(); // they use what is declared above
}

} // namespace
} // namespace cadenza::actors

int main(int argc, char** argv) {
  cadenza::actors::measure(argc > 1 ? std::atoi(argv[1]) : 100'000, argc > 2 ? std::atoi(argv[2]) : 20);
}
