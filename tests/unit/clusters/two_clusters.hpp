#pragma once

#include "../../simulation/settings.hpp"
#include "../nodes/link_world.hpp"

#include "actors/base/task_token.hpp"
#include "actors/base/workload.hpp"
#include "actors/engine/local_engine.hpp"
#include "config/limit_warnings.hpp"
#include "config/metrics.hpp"
#include "replication/clusters.hpp"
#include "storage/memory/memory_store.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

/// Two clusters, dc1 (versions 1, 11, …) and dc2 (2, 12, …), each a whole engine over a store of its own in memory, on
/// one virtual time. They ask each other directly, over a road that a test cuts, heals, and counts what goes over.
class two_clusters : public link_world {
public:
  class road;

  /// One cluster: what lasts, and the process that is killed and begun again.
  struct side {
    std::string name;
    int shards = 0;
    storage::memory_store store;
    std::unique_ptr<storage::embedded_visibility> lists; ///< last as long as the store
    std::unique_ptr<road> to_others;
    std::unique_ptr<local_engine> engine; ///< null while it is dead
    /// What the engine is given; a test may change it before a `begin`.
    std::function<void(engine_options&)> tune;
    std::function<storage::fault(const storage::fault_point&)> faults; ///< of the store; empty: none
    metrics::registry registry;
    std::unique_ptr<workflow::entropy> chance;
    std::unique_ptr<limit_warnings> warnings;
    std::unique_ptr<workload> work;
    std::shared_ptr<simulation::settings> live;

    side(std::string name, int shards);
    ~side();
  };

  /// Four shards in dc1 and three in dc2.
  two_clusters() : two_clusters(4, 3, 10) {}
  two_clusters(int shards_1, int shards_2, std::int64_t increment);
  ~two_clusters() override;

  side& dc1() { return *sides_[0]; }
  side& dc2() { return *sides_[1]; }
  side& other(const side& of) { return &of == sides_[0].get() ? dc2() : dc1(); }

  /// The process of a cluster is killed; what it was asked stays without an answer of its own.
  void kill(side& which);
  /// It comes back over what is stored.
  void begin(side& which);

  // --- the road
  /// Nothing gets through any more, either way; who waits for an answer is told so.
  void cut();
  void heal();
  /// Requests that a test wants to lose: called with (from, to, kind, bytes); false loses it, and who asked is told
  /// UNAVAILABLE. Empty: all go through.
  std::function<bool(const std::string&, const std::string&, std::uint32_t, const std::string&)> passes;
  /// Answers that a test wants to lose: the other side has done what it was asked.
  std::function<bool(const std::string&, const std::string&, std::uint32_t)> answer_passes;
  /// Requests and bytes of answers that went over, by (asking cluster, kind).
  std::map<std::pair<std::string, std::uint32_t>, std::int64_t> requests;
  std::map<std::pair<std::string, std::uint32_t>, std::int64_t> answer_bytes;

  // --- domains
  /// The clusters tell each other of their domains. Without it each knows what is put into it.
  bool tells_domains = false;
  /// Writes a global domain of both clusters straight into both stores, active in that cluster. A domain that is
  /// there fails over to it, in both clusters at once.
  void put_domain(const std::string& name, const std::string& active);
  /// The same in one cluster only: the other does not know yet.
  void put_domain(side& in, const std::string& name, const std::string& active);
  /// The domain as that cluster's engine knows it; null: not at all.
  [[nodiscard]] static workflow::domain_ptr domain(const side& of, const std::string& name) {
    return of.engine->domains()->find(name);
  }

  // --- what clients and workers ask; `domain` is a name
  using asked = std::shared_ptr<noted_call>;
  asked start(side& of, const std::string& domain, const std::string& id, const std::string& list = "list",
              const std::function<void(api::StartWorkflowExecutionRequest&)>& more = {});
  asked signal(side& of, const std::string& domain, const std::string& id, const std::string& name,
               const std::string& request_id = {}, const std::string& run_id = {});
  asked terminate(side& of, const std::string& domain, const std::string& id, const std::string& run_id = {});
  asked cancel(side& of, const std::string& domain, const std::string& id, const std::string& request_id);
  /// A worker that waits for a decision, or an activity; see `got`.
  asked hang(side& of, const std::string& domain, const std::string& list = "list");
  asked hang_for_activity(side& of, const std::string& domain, const std::string& list = "list");
  template <class Response = api::PollForDecisionTaskResponse>
  [[nodiscard]] static std::optional<Response> got(const asked& waits) {
    Response response;
    if (!waits->bytes || !response.ParseFromString(*waits->bytes) || response.task_token().empty())
      return std::nullopt;
    return response;
  }
  /// The next decision of a list; nothing when none comes within three seconds (the worker stays).
  std::optional<api::PollForDecisionTaskResponse> poll(side& of, const std::string& domain,
                                                       const std::string& list = "list");
  std::optional<api::PollForActivityTaskResponse> poll_activity(side& of, const std::string& domain,
                                                                const std::string& list = "list");
  /// Why a decision was not taken; "" when it was.
  std::string decide(side& of, const std::string& domain, const api::PollForDecisionTaskResponse& task,
                     const std::vector<api::Decision>& decisions);
  std::string complete_activity(side& of, const std::string& domain, const api::PollForActivityTaskResponse& task,
                                const std::string& result = "done");
  std::optional<api::DescribeWorkflowExecutionResponse> describe(side& of, const std::string& domain,
                                                                 const std::string& id, const std::string& run_id = {});
  /// The events of a run, without a run id of the current one; none when it is not there.
  std::vector<api::HistoryEvent> history(side& of, const std::string& domain, const std::string& id,
                                         const std::string& run_id = {});
  /// Its events as lines "5 v11 DecisionTaskStarted", for comparing.
  std::string told(side& of, const std::string& domain, const std::string& id, const std::string& run_id = {});
  /// The run as it is stored, without a run id the current one.
  std::optional<run_rows> stored(side& of, const std::string& domain, const std::string& id,
                                 const std::string& run_id = {});
  /// Workflow ids that the lists of a cluster show as open, or as closed; sorted.
  std::vector<std::string> listed(side& of, const std::string& domain, bool open);
  /// Why a call failed; "" when it was answered; "no answer" while it waits.
  [[nodiscard]] static std::string problem_of(const asked& call);

  [[nodiscard]] static api::Decision completion(const std::string& result = "done");
  [[nodiscard]] static api::Decision activity(const std::string& activity_id, const std::string& list = "list");
  [[nodiscard]] static api::Decision timer(const std::string& timer_id, std::int64_t seconds);

  /// Lets time go on by tenths of a second until `what` holds; false when it does not within so many seconds.
  bool until(const std::function<bool()>& what, std::int64_t seconds = 20);

private:
  friend class road;
  [[nodiscard]] bool reaches(const std::string& from, const std::string& to);
  side* find(const std::string& name);

  std::vector<std::unique_ptr<side>> sides_;
  /// Their actors end when the scheduler runs.
  std::vector<std::unique_ptr<local_engine>> dead_;
  std::vector<std::unique_ptr<workflow::entropy>> dead_chances_;
  bool cut_ = false;
  std::int64_t lives_ = 0;
};

} // namespace cadenza::actors
