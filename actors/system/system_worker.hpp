#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/base/supervised.hpp"
#include "actors/system/system_work.hpp"

#include <memory>
#include <mutex>
#include <vector>

namespace cadenza::actors {

/// The engine for as long as it takes requests. What outlives a worker asks here.
class engine_link {
public:
  explicit engine_link(engine& to) : engine_(&to) {}
  /// From here on nothing is handed to the engine. Waits for what is being handed to it.
  void close() {
    const std::lock_guard guard(mutex_);
    engine_ = nullptr;
  }
  template <class Use> void use(Use&& body) {
    const std::lock_guard guard(mutex_);
    if (engine_ != nullptr)
      body(*engine_);
  }

private:
  std::mutex mutex_;
  engine* engine_;
};

/// Something the worker has to do in its own time.
using worker_step = std::shared_ptr<std::function<void()>>;
/// Takes nothing new; what is in hand is finished.
struct worker_drain {};

/// The worker for the system's own workflows: one poll for decisions and one for activities waits at each of its lists.
/// Decisions are made at once from the whole history (it keeps no runs in memory), activities go on while it does other
/// things, a few at a time.
///
/// Death: what it had in hand or on its way to it is given back at once (the decision fails and is made again, the
/// activity fails and is retried), waiting polls are withdrawn. Nothing else is lost: the runs know where they are.
class system_worker final : public supervised_actor {
public:
  system_worker(caf::actor_config& cfg, const actor_context& env, engine& to, std::shared_ptr<engine_link> link,
                std::shared_ptr<const std::vector<system_list>> lists);

  const char* name() const override { return "system_worker"; }
  void on_exit() override;

protected:
  caf::behavior make_behavior() override;

private:
  class withdrawal;
  template <class Response> class waiting_poll;
  class decision_work;
  class activity_work;
  enum class kind { decisions, activities };
  /// A poll loop.
  struct loop {
    const system_list* list = nullptr;
    kind what = kind::decisions;
    std::shared_ptr<withdrawal> waiting; ///< of the poll under way
    std::int64_t since_ns = 0;
    std::int64_t pause_ns = 0; ///< before the next poll, after failures in a row
    int in_hand = 0;
    bool paused = false;
  };
  void poll(std::size_t at);
  void poll_later(std::size_t at, std::int64_t ns);
  void poll_over(std::size_t at, const error* reason, bool empty);
  void take_in_hand(std::size_t at);
  void over(std::size_t at);
  void decide(std::size_t at, std::shared_ptr<decision_work> work);
  void read_on(std::size_t at, std::shared_ptr<decision_work> work);
  void give_up(std::size_t at, std::shared_ptr<decision_work> work);
  void carry_out(std::size_t at, std::shared_ptr<activity_work> work);
  void send_report(std::function<void(call_ptr)> report, std::function<void()> taken, int tries = 0);
  [[nodiscard]] std::function<void(std::function<void()>)> poster();

  const actor_context& env_;
  engine& engine_;
  const std::shared_ptr<engine_link> link_;
  const std::shared_ptr<const std::vector<system_list>> lists_;
  std::vector<loop> loops_;
  bool draining_ = false;
};

/// All lists of the system that this server works for.
[[nodiscard]] std::shared_ptr<const std::vector<system_list>> system_lists(const actor_context& env);

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::worker_step)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::worker_drain)
