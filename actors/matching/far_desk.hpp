#pragma once

#include "actors/matching/far_call.hpp"
#include "actors/matching/far_errand.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cadenza::actors {

// --- what the desk of a node is asked from within: one mail type each, so that lists need not know them
/// A start whose run, or whose poll, is on another node; `list` hears how it ends.
struct far_start {
  list_task_ptr task;
  list_poll_ptr poll;
  caf::actor list;
};
/// A query whose run is on another node, for a poll that waits here.
struct far_put {
  list_query_ptr query;
  list_poll_ptr poll;
  std::string list;
};
/// The caller that an errand stands for has gone.
struct far_caller_gone {
  std::int64_t errand = 0;
};
/// A node has died, by the name that it gives itself in its errands.
struct far_node_gone {
  std::string node;
};
/// Lists may be placed elsewhere than before.
struct far_placement {};
/// The desk must look at its clock.
struct far_look {
  std::int64_t at_ns = 0;
};
using far_start_ptr = std::shared_ptr<far_start>;
using far_put_ptr = std::shared_ptr<far_put>;

/// The part of a matching owner that speaks with other nodes. On this side of a wire it holds what has been asked and
/// offered there (errands); on the other it stands for what has come from there: receipts, calls and offers, with which
/// the lists of this node deal as if they were from here.
///
/// What arrives is carried out once in effect, however often its message comes: a task by the run and event that it is
/// for, a call and an offer by the errand that has asked. Of no use without other nodes (`actor_context::others`), and
/// costs nothing then. On the owner's thread; dies with it, and what it has held is asked or brought again from the
/// other side.
class far_desk {
public:
  /// `take` hands a list of this node what has arrived for it.
  far_desk(const actor_context& env, const task_starter& starter, caf::actor owner,
           std::function<void(matching_mail_ptr)> take);

  /// Sends what is for a list of another node there; `mail` is one of the kinds that may go.
  void send_out(matching_mail& mail);
  void start(far_start& asked);
  void put(far_put& asked);
  /// Tells those partitions of a list that are on other nodes which there are. May be lost: to be done now and again.
  void tell_partitions(const storage::task_list_key& root, const std::vector<int>& reads,
                       const std::vector<int>& writes) const;

  void on_message(const wire::v1::MatchingMessage& message);
  /// A task that has arrived is over, or was let go of.
  void on_over(const task_over& told);
  /// A start for what another node offers, or has matched here, has ended.
  void on_over(dispatch_over& over);
  /// A task that another node offers is being started.
  void on_taken(const forward_taken& taken);
  void on_answer(far_answer& answer);
  void on_caller_gone(std::int64_t errand);
  void on_node_gone(const std::string& node);
  /// Lists may be placed elsewhere: what was asked is asked where they are now.
  void follow();
  /// What has come from another node for a list that is here no more: that node asks elsewhere. False: it is not from
  /// another node.
  [[nodiscard]] static bool send_on(const matching_mail& mail);
  void on_look(std::int64_t at_ns);

  /// When `on_look` is needed next, if nobody has been asked for that already; 0: not at all.
  [[nodiscard]] std::int64_t next_look();

private:
  /// A task that has come for a list of this node. The list counts: on its way to a partition a task may come by twice.
  using task_identity = std::tuple<storage::task_list_key, workflow_key, uuid, std::int64_t, std::int64_t>;
  struct arrived_task {
    wire::v1::Errand from;
    task_identity identity;
  };
  /// A call that has come. Its answer is sent again until it has arrived.
  struct arrived {
    enum class step { waiting, answering, over };
    step at = step::waiting;
    wire::v1::Errand from;
    std::weak_ptr<arrived_call> call;
    std::shared_ptr<const wire::v1::MatchingMessage> answer; ///< while answering
    std::int64_t pause_ns = ask_again_ns;
    int tries = 0;
    std::int64_t due_ns = 0;
  };
  struct arrived_offer {
    std::string from; ///< node
    std::weak_ptr<list_task> task;
    std::weak_ptr<list_poll> poll;
    std::int64_t until_ns = 0;
    void end() const;
  };

  // --- errands (far_desk.cpp)
  template <class Make> void begin(Make&& make);
  void keep(far_errand_ptr errand);
  [[nodiscard]] far_errand_ptr take_errand(std::int64_t number);
  void look_at_errands();
  void give_up_on(const std::string& node);
  void look_at_offers();
  void to_errand(const wire::v1::MatchingMessage& message);
  void send(std::shared_ptr<wire::v1::MatchingMessage> message) const { env_.others->carry(std::move(message)); }

  // --- what has arrived (far_arrivals.cpp)
  void arrive(const wire::v1::MatchingMessage& message);
  void arrive_task(const wire::v1::MatchingMessage& message);
  void arrive_call(const wire::v1::MatchingMessage& message);
  void hand_call(const wire::v1::MatchingMessage& message, call_ptr call);
  void arrive_offer(const wire::v1::MatchingMessage& message);
  void caller_left(const wire::v1::MatchingMessage& message);
  void offer_left(const wire::v1::MatchingMessage& message);
  void answer_has_come(const wire::v1::MatchingMessage& message);
  void settle(const far_request& of, arrived& call, std::int64_t due_ns);
  void say_accepted(const arrived& call) const;
  void refuse(const wire::v1::MatchingMessage& message, const error& reason) const;
  void turn_away(const wire::v1::MatchingMessage& message) const;
  void look_at_arrivals();

  const actor_context& env_;
  const far_place place_;
  const std::function<void(matching_mail_ptr)> take_;
  std::int64_t last_number_ = 0;
  std::unordered_map<std::int64_t, far_errand_ptr> errands_;
  std::set<std::pair<std::int64_t, std::int64_t>> errands_due_; ///< (unix ns, number)
  std::set<std::int64_t> offers_;                               ///< numbers of errands that are offers
  std::map<std::int64_t, arrived_task> tasks_;                  ///< by the number in their receipts
  std::map<task_identity, std::int64_t> task_numbers_;
  std::map<far_request, arrived> calls_;
  std::set<std::pair<std::int64_t, far_request>> calls_due_;
  std::map<far_request, arrived_offer> arrived_offers_;
  std::int64_t offers_looked_ns_ = 0;
  std::int64_t look_ns_ = 0; ///< a look is on its way for then; 0: none
};

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::far_start_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::far_put_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::far_caller_gone)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::far_look)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::far_node_gone)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::far_placement)
