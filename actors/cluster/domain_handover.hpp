#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/base/supervised.hpp"
#include "replication/queue_reader.hpp"

#include "cadenza/record/v1/domain.pb.h"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace cadenza::actors {

/// The directory has changed.
struct handover_look {};
struct handover_tick {};
/// How far the target has applied the tasks of the shard that is looked at.
struct handover_level_read {
  storage::read_result<std::string> row; ///< record.v1.Shard
};
struct handover_queue_read {
  std::optional<replication::queue_page> page; ///< none: it cannot be read now
};
/// The registry has written that a domain is handed over, or that its time is up; or it has not.
struct handover_written {
  uuid domain;
};

using handover_mail =
    std::variant<handover_look, handover_tick, handover_level_read, handover_queue_read, handover_written>;
using handover_mail_ptr = std::shared_ptr<handover_mail>;

/// Both ends of graceful fail-overs.
///
/// Where a domain was active: once it is not, and what was under way has had a second to end, the replication queues of
/// all shards are looked at again and again until none holds a task of the domain that its new cluster has not applied.
/// Then the row's previous version is taken away, which tells the new cluster that nothing more comes (domain_feed).
///
/// Where it is to be active: when the time is up before that was heard, it is active all the same.
///
/// Everything is in the rows of the domains; nothing else is stored. Lives and dies with the registry, which makes it.
class domain_handover final : public supervised_actor {
public:
  domain_handover(caf::actor_config& cfg, const actor_context& env, caf::actor registry);

  const char* name() const override { return "domain_handover"; }

protected:
  caf::behavior make_behavior() override;

private:
  /// A domain that this cluster gives away.
  struct leaving {
    std::int64_t version = 0;  ///< that it has in its new cluster
    std::int64_t since_ns = 0; ///< this cluster knows
  };
  void handle(handover_look&);
  void handle(handover_tick&);
  void handle(handover_level_read&);
  void handle(handover_queue_read&);
  void handle(handover_written&);
  void wake(std::int64_t after_ns);
  void end_late_ones();
  void look_at_next();
  void look_at_shard();
  void read_queue();
  void settle(const workflow::domain_view& domain);
  [[nodiscard]] workflow::domain_ptr looked_at() const;
  [[nodiscard]] caf::actor me();

  const actor_context& env_;
  const caf::actor registry_;
  std::map<uuid, leaving> leaving_;
  std::set<uuid> settling_;           ///< the registry is writing that nothing is outstanding
  std::int64_t wakes_ns_ = INT64_MAX; ///< when it looks again
  std::optional<uuid> at_;            ///< the domain that is looked at
  int shard_ = 0;                     ///< of it
  std::int64_t after_ = 0;            ///< in that shard's queue
};

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::handover_mail_ptr)
