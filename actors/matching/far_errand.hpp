#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/matching/matching_mail.hpp"
#include "actors/matching/task_starter.hpp"

#include "cadenza/record/v1/matching_message.pb.h"

#include <cstdint>
#include <memory>
#include <string>

namespace cadenza::actors {

/// A request is not begun later than this after it was sent.
inline constexpr std::int64_t errand_life_ns = message_life_ns;
/// How far the clocks of two nodes may differ, and how long an answer may take on its way.
inline constexpr std::int64_t errand_margin_ns = message_patience_ns - message_life_ns;
/// What is not answered is asked again after this; each time after twice as long.
inline constexpr std::int64_t ask_again_ns = ns_per_s;
inline constexpr std::int64_t ask_again_max_ns = 4 * ns_per_s;

/// A query has not found the poll that it was sent to: its list gives it to another.
struct far_query_back {
  list_query_ptr query;
};

/// Another node has the list now; whoever has asked asks there. Between nodes only: no client ever sees it.
[[nodiscard]] inline error list_has_moved() {
  return {error_kind::shard_ownership_lost, "the task list is on another node"};
}

/// Where errands are carried out.
struct far_place {
  const actor_context& env;
  const task_starter& starter;
  caf::actor owner;   ///< the matching owner, whose desk has them
  std::string node;   ///< where answers come to
  std::uint64_t life; ///< of this desk
};

/// Something that this node has asked of matching or of a run on another node, or has offered to a partition there: a
/// state machine of few steps, which each kind names. It holds what waits for its end (a receipt, a call, a task and a
/// poll), and lives in the desk of the matching owner. It lasts no longer than memory: dropped, its receipt makes a
/// shard try again and its call answers UNAVAILABLE.
///
/// Whatever it sends may be lost, late or doubled. It asks again within bounds, and an answer that finds no errand is
/// dropped.
class far_errand {
public:
  enum class verdict { wait, over };

  far_errand(const far_place& place, std::int64_t number) : place_(place), number_(number) {}
  virtual ~far_errand() = default;
  far_errand(const far_errand&) = delete;
  far_errand& operator=(const far_errand&) = delete;

  /// Sends what is to be sent first.
  virtual void begin() = 0;
  [[nodiscard]] virtual verdict heard(const wire::v1::MatchingMessage& message) = 0;
  /// `due_ns` has come.
  [[nodiscard]] virtual verdict silence() = 0;
  /// The caller that it stands for has gone.
  [[nodiscard]] virtual verdict gone() { return verdict::wait; }
  /// Lists may be on other nodes than before: what it has asked for is asked where it is now.
  virtual void follow() {}
  /// The node that alone can say how it ends; "": there is none.
  [[nodiscard]] virtual std::string partner() const { return {}; }
  /// What it offers has been given away on this node. Over then, the other node has been told.
  [[nodiscard]] virtual verdict look() { return verdict::wait; }
  /// Whether `look` may say something.
  [[nodiscard]] virtual bool is_offer() const { return false; }

  [[nodiscard]] std::int64_t number() const { return number_; }
  /// Unix time in ns.
  [[nodiscard]] std::int64_t due_ns() const { return due_ns_; }

protected:
  using message_ptr = std::shared_ptr<wire::v1::MatchingMessage>;

  [[nodiscard]] std::int64_t now() const { return place_.env.time->now_ns(); }
  /// A message whose answers come to this errand.
  [[nodiscard]] message_ptr message() const;
  void send(message_ptr message) const { place_.env.others->carry(std::move(message)); }
  /// Tells a list how handing out a task has ended.
  void tell(const caf::actor& list, dispatch_over over) const;
  /// The poll waits in its list again.
  void give_back(list_poll_ptr poll) const;
  void wait_until(std::int64_t ns) { due_ns_ = ns; }

  const far_place& place_;

private:
  const std::int64_t number_;
  std::int64_t due_ns_ = INT64_MAX;
};
using far_errand_ptr = std::unique_ptr<far_errand>;

// --- far_errands.cpp
/// Brings a task to a list; its receipt is done when the list says so.
[[nodiscard]] far_errand_ptr make_task_errand(const far_place& place, std::int64_t number, list_task_ptr task);
/// Has a run start a task for a poll that waits here, and tells `list`.
[[nodiscard]] far_errand_ptr make_start_errand(const far_place& place, std::int64_t number, list_task_ptr task,
                                               list_poll_ptr poll, caf::actor list);
/// Has a run answer a poll that waits here with a query; the worker answers to the list named `list`.
[[nodiscard]] far_errand_ptr make_put_query_errand(const far_place& place, std::int64_t number, list_query_ptr query,
                                                   list_poll_ptr poll, const std::string& list);
/// Sends a task to a poll that has been offered from another node, and tells `list`.
[[nodiscard]] far_errand_ptr make_match_errand(const far_place& place, std::int64_t number, list_task_ptr task,
                                               const list_poll& poll, caf::actor list);
/// Sends a query to such a poll; the worker answers to the list named `list`.
[[nodiscard]] far_errand_ptr make_match_query_errand(const far_place& place, std::int64_t number, list_query_ptr query,
                                                     const list_poll& poll, const std::string& list);

// --- far_calls.cpp
[[nodiscard]] far_errand_ptr make_poll_errand(const far_place& place, std::int64_t number, list_poll_ptr poll);
[[nodiscard]] far_errand_ptr make_query_errand(const far_place& place, std::int64_t number, list_query_ptr query);
[[nodiscard]] far_errand_ptr make_answer_errand(const far_place& place, std::int64_t number,
                                                std::shared_ptr<query_answer> given);
[[nodiscard]] far_errand_ptr make_describe_errand(const far_place& place, std::int64_t number,
                                                  std::shared_ptr<describe_list> asked);
[[nodiscard]] far_errand_ptr make_configure_errand(const far_place& place, std::int64_t number,
                                                   std::shared_ptr<configure_list> asked);
/// Offers a query to a parent.
[[nodiscard]] far_errand_ptr make_query_offer(const far_place& place, std::int64_t number, forwarded_query offered);

// --- far_offers.cpp
[[nodiscard]] far_errand_ptr make_task_offer(const far_place& place, std::int64_t number, forwarded_task offered);
[[nodiscard]] far_errand_ptr make_poll_offer(const far_place& place, std::int64_t number, forwarded_poll offered);

/// Answers a poll with nothing, as when its time is over.
void answer_empty(const list_poll& poll, std::int64_t now_ns);

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::far_query_back)
