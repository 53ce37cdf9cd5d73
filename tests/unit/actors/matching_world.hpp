#pragma once

#include "far_road.hpp"

#include "actors/base/troubles.hpp"
#include "actors/base/workload.hpp"
#include "actors/matching/list_description.hpp"
#include "actors/matching/matching_owner.hpp"
#include "actors/matching/poll_board.hpp"
#include "actors/runs/query_delivery.hpp"
#include "actors/runs/received_matching.hpp"
#include "actors/runs/run_starter.hpp"
#include "actors/runs/start_for_poll.hpp"
#include "storage/memory/memory_store.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <google/protobuf/empty.pb.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

/// Matching by itself on virtual time: the real owner and lists over a store in memory. The one history shard is
/// played: it answers every poll with the schedule id of its task, or fails as the test says.
class matching_world {
public:
  matching_world() {
    config_.set("scheduler.policy", caf::atom("testing"));
    system_ = std::make_unique<caf::actor_system>(config_);
    system_->await_actors_before_shutdown(false);
    scheduler_ = &dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
    env.store = &store;
    env.time = &clock_;
    env.chance = &chance_;
    env.routes = &routes_;
    env.domains = &domains_;
    env.counters = &counters;
    env.polls = &board;
    env.wrong = &wrong;
    env.log = [this](log::level level, log::fields values, log::sentence says) {
      if (level >= log::level::warn)
        log.push_back(log::text_of(values, says));
    };
    env.settings.identity = "here:1";
    env.live = &live_;
    env.work = &work_;
    auto directory = std::make_shared<workflow::domain_directory>();
    for (auto* name : {"orders", "bills"}) {
      auto view = std::make_shared<workflow::domain_view>();
      view->id = *uuid::parse(std::string(name) == "orders" ? "11111111-1111-4111-8111-111111111111"
                                                            : "22222222-2222-4222-8222-222222222222");
      view->name = name;
      directory->put(view);
    }
    domains_.publish(directory);
  }
  ~matching_world() {
    if (owner_)
      end(owner_);
    if (shard_)
      end(shard_);
    run();
  }

  void begin() {
    if (!shard_) {
      shard_ = system_->spawn([this](caf::event_based_actor*) -> caf::behavior {
        return {[this](run_command_ptr& command) { on_start(command); },
                [this](matching_message_ptr& message) {
                  const bool late = message->expires_ns() < now();
                  auto command = receive(env, std::move(message));
                  if (late)
                    command->failed({error_kind::deadline_exceeded, "too late"});
                  else
                    on_start(command);
                },
                [this](const task_over& told) { on_over(told); }};
      });
      routes_.set_shard(0, shard_);
    }
    owner_ = system_->spawn<matching_owner>(env, make_run_starter(env));
    routes_.set_matching(owner_);
    run();
  }
  /// Kills the owner and with it all lists; what is stored stays.
  void die() {
    end(owner_);
    run();
    begin();
  }
  /// Kills one list; false when it is not there.
  bool kill(const std::string& path) {
    bool found = false;
    send(kill_list{path, std::make_shared<inner_call<google::protobuf::Empty>>(
                             INT64_MAX, [&found](const google::protobuf::Empty* killed, const error*) {
                               found = killed != nullptr;
                             })});
    return found;
  }
  std::vector<std::string> lists() {
    struct census final : list_census {
      void add(const std::string& name, const caf::actor&) override { names.push_back(name); }
      std::vector<std::string> names;
    };
    const auto all = std::make_shared<census>();
    send(show_lists{all});
    return all->names;
  }

  void run() {
    do
      scheduler_->run();
    while (road.deliver());
  }
  /// Lists, runs or both are on another node from now on. Before `begin`.
  void far(bool lists, bool runs) {
    road.lists = lists;
    road.runs = runs;
    env.others = &road;
  }
  void pass(std::int64_t ns) {
    constexpr std::int64_t step = 5 * ns_per_ms;
    for (std::int64_t done = 0; done < ns; done += step) {
      looks += scheduler_->advance_time(caf::timespan(step));
      run();
      while (!again_.empty() && again_.front().first <= now()) {
        pushed_.at(again_.front().second)();
        again_.pop_front();
        run();
      }
    }
  }
  [[nodiscard]] std::int64_t now() const { return clock_.now_ns(); }
  [[nodiscard]] uuid domain(const std::string& name = "orders") const { return domains_.get()->find(name)->id; }

  /// Pushes a task as a history shard does, again a second after it was let go of, until it is over.
  void push(std::int64_t schedule_id, const std::string& list = "list", const std::string& group = {},
            std::int64_t expiry_ns = 0, const std::string& in = "orders") {
    auto& kept = pushed_[schedule_id];
    kept = [=, this] {
      auto task = std::make_shared<list_task>();
      task->list = {domain(in), list, 1};
      task->workflow = {domain(in), "workflow"};
      task->schedule_id = schedule_id;
      task->created_ns = now();
      task->expiry_ns = expiry_ns;
      task->isolation_group = group;
      task->receipt = std::make_shared<task_receipt>(shard_, false, 0, schedule_id);
      caf::anon_send(owner_, make_matching_mail(std::move(task)));
    };
    kept();
    run();
  }
  /// Polls once; the answer goes to `answers`: the schedule id, 0 for none, -1 for an error.
  void poll(const std::string& list = "list", const std::string& group = {}, std::optional<double> rate = {},
            std::int64_t patience_ns = 60 * ns_per_s, const std::string& in = "orders") {
    auto out = std::make_shared<list_poll>();
    out->list = {domain(in), list, 1};
    out->identity = "worker" + group;
    out->request_id = std::to_string(next_poll_);
    out->isolation_group = group;
    out->rate = rate;
    out->deadline_ns = now() + patience_ns;
    out->id = next_poll_++;
    out->call = std::make_shared<inner_call<api::PollForActivityTaskResponse>>(
        INT64_MAX, [this](const api::PollForActivityTaskResponse* response, const error* reason) {
          last_hint = response != nullptr ? response->auto_config_hint() : api::AutoConfigHint();
          if (reason != nullptr)
            return answers.push_back(-1);
          answers.push_back(response->task_token().empty() ? 0 : std::stoll(response->task_token()));
        });
    send(std::move(out));
  }
  api::DescribeTaskListResponse describe(const std::string& list = "list") {
    auto asked = std::make_shared<describe_list>();
    asked->list = {domain(), list, 1};
    asked->status = true;
    std::optional<api::DescribeTaskListResponse> out;
    asked->call = std::make_shared<inner_call<api::DescribeTaskListResponse>>(
        INT64_MAX, [&out](const api::DescribeTaskListResponse* response, const error*) {
          out = response != nullptr ? *response : api::DescribeTaskListResponse();
        });
    describe_whole_list(env, asked);
    run();
    return out.value();
  }
  /// Partitions 0 … reads-1 and 0 … writes-1; "" when it worked.
  std::string configure(int reads, int writes, const std::string& list = "list") {
    auto asked = std::make_shared<configure_list>();
    asked->list = {domain(), list, 1};
    for (int i = 0; i < reads; ++i)
      (*asked->config.mutable_read_partitions())[i];
    for (int i = 0; i < writes; ++i)
      (*asked->config.mutable_write_partitions())[i];
    std::string out = "no answer";
    asked->call = std::make_shared<inner_call<uber::cadence::admin::v1::UpdateTaskListPartitionConfigResponse>>(
        INT64_MAX, [&out](const auto*, const error* reason) { out = reason != nullptr ? reason->message : ""; });
    send(std::move(asked));
    return out;
  }
  void node_gone(const std::string& node) {
    caf::anon_send(owner_, far_node_gone{node});
    run();
  }
  template <class T> void send(T content) {
    caf::anon_send(owner_, make_matching_mail(std::move(content)));
    run();
  }

  std::vector<std::int64_t> answers;
  std::vector<std::int64_t> over; ///< schedule ids of tasks whose receipts are done
  std::vector<std::string> log;
  api::AutoConfigHint last_hint;
  int starts = 0;       ///< tasks that a run has started
  std::string asked_by; ///< the list that has given a worker a query last
  /// What becomes of a start: nothing means that it works.
  std::function<std::optional<error>(const list_task&)> fate;

  list_settings settings;
  std::string drained;
  /// Limits of the host and of domains.
  std::function<matching_rates(const workflow::domain_view*)> rates = [](const workflow::domain_view*) {
    return matching_rates{.any = false};
  };
  engine_counters counters;
  poll_board board;
  /// What a run does that makes a task: takes a waiting poll and answers it with `schedule_id`. False: it got none.
  bool take_as_run(std::int64_t schedule_id, const std::string& list = "list") {
    const auto taken = board.take({domain(), list, 1});
    if (!taken)
      return false;
    api::PollForActivityTaskResponse response;
    response.set_task_token(std::to_string(schedule_id));
    taken->call->reply(response);
    run();
    return true;
  }
  actor_context env;
  far_road road{env};
  std::size_t looks = 0;                          ///< delayed messages that came while time passed
  std::vector<storage::unreadable_range> damaged; ///< of backlogs
  troubles wrong{clock_, [this](log::level level, log::fields values, log::sentence says) {
                   if (level >= log::level::warn)
                     log.push_back(log::text_of(values, says));
                 }};
  bool hold_scans = false; ///< answers of backlog scans wait for `let_scans_go`
  void let_scans_go() {
    hold_scans = false;
    for (auto& answer : std::exchange(held_, {}))
      answer();
    run();
  }

private:
  class live_here final : public live_settings {
  public:
    live_here(const config::dynamic_config& from, const matching_world& of) : live_settings(from), of_(of) {}
    [[nodiscard]] list_settings of_list(const workflow::domain_view&, const std::string&, int) const override {
      return of_.settings;
    }
    [[nodiscard]] bool isolated(const workflow::domain_view&) const override { return of_.settings.isolation; }
    [[nodiscard]] bool drained(const std::string& group) const override { return group == of_.drained; }
    [[nodiscard]] matching_rates list_rates(const workflow::domain_view* domain) const override {
      return of_.rates(domain);
    }

  private:
    const matching_world& of_;
  };

  class virtual_clock final : public clock {
  public:
    explicit virtual_clock(const matching_world& of) : of_(of) {}
    [[nodiscard]] std::int64_t now_ns() const override {
      auto& at = const_cast<matching_world&>(of_).scheduler_->clock();
      return 1'700'000'000LL * ns_per_s +
             std::chrono::duration_cast<std::chrono::nanoseconds>(at.now().time_since_epoch()).count();
    }

  private:
    const matching_world& of_;
  };
  class counting final : public workflow::entropy {
  public:
    [[nodiscard]] std::uint64_t next() override {
      return state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    }

  private:
    std::uint64_t state_ = 7;
  };

  void end(const caf::actor& which) { caf::anon_send_exit(which, caf::exit_reason::kill); }
  void on_start(run_command_ptr& command) {
    if (const auto* asked = dynamic_cast<const query_delivery*>(command.get())) {
      asked_by = asked->token().task_list;
      return asked->poll().call->reply(api::PollForActivityTaskResponse());
    }
    auto& start = dynamic_cast<start_for_poll&>(*command);
    if (const auto reason = fate ? fate(start.task()) : std::nullopt)
      return start.failed(*reason);
    api::PollForActivityTaskResponse response;
    response.set_task_token(std::to_string(start.task().schedule_id));
    if (start.poll().auto_config)
      response.mutable_auto_config_hint()->set_poller_wait_time_in_ms(start.poll().waited_ms);
    // As a run says of a task that has been started: the poll that has it may ask again.
    const auto [mine, first] = started_.emplace(start.task().schedule_id, start.poll().request_id);
    if (!first && mine->second != start.poll().request_id)
      return start.failed(not_exists("stale"));
    starts += first ? 1 : 0;
    start.poll().call->reply(response);
    start.over(true, nullptr);
  }
  void on_over(const task_over& told) {
    if (told.done)
      over.push_back(told.task_id);
    else
      again_.emplace_back(now() + ns_per_s, told.task_id);
  }

  std::vector<std::function<void()>> held_;

public:
  storage::memory_store store{storage::memory_options{[this](std::function<void()> answer, std::int64_t delay_ns) {
                                                        if (delay_ns == 0)
                                                          return answer();
                                                        held_.push_back(std::move(answer));
                                                      },
                                                      [this](const storage::fault_point& call) {
                                                        storage::fault out;
                                                        if (call.operation == "scan_tasks") {
                                                          out.delay_ns = hold_scans ? 1 : 0;
                                                          out.unreadable = damaged;
                                                        }
                                                        return out;
                                                      }}};

private:
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator* scheduler_ = nullptr;
  virtual_clock clock_{*this};
  const config::dynamic_config dynamic_;
  const live_here live_{dynamic_, *this};
  metrics::registry registry_;
  workload work_{registry_, clock_};
  counting chance_;
  router routes_{1};
  domain_source domains_;
  caf::actor shard_;
  caf::actor owner_;
  std::uint64_t next_poll_ = 1;
  std::map<std::int64_t, std::function<void()>> pushed_;
  std::deque<std::pair<std::int64_t, std::int64_t>> again_; ///< (when, schedule id) of tasks that were let go of
  std::map<std::int64_t, std::string> started_;             ///< by which request
};

} // namespace cadenza::actors
