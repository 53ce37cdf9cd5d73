#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/base/rate_gate.hpp"
#include "actors/base/supervised.hpp"
#include "actors/base/tick.hpp"
#include "actors/matching/far_desk.hpp"
#include "actors/matching/matching_mail.hpp"
#include "actors/matching/task_starter.hpp"

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace cadenza::actors {

/// Finds or makes the task list a message is for, and watches over them all. A list that dies is made again by the next
/// message for it. Tasks, polls and queries for a list with several partitions are spread over them here, as the list's
/// root has told. What is for a list of another node goes there by its desk. When it begins it brings all stored lists
/// of this node that may have a backlog into memory, so that no partition that is not written to any more keeps tasks
/// for itself. When lists are placed anew it lets go of those that are elsewhere now, and loads what has come.
///
/// Death: all lists die with it; what they had is pushed again or read from the store.
class matching_owner final : public supervised_actor {
public:
  matching_owner(caf::actor_config& cfg, const actor_context& env, task_starter_ptr starter);

  const char* name() const override { return "matching_owner"; }
  void on_exit() override;

protected:
  caf::behavior make_behavior() override;

private:
  struct entry {
    caf::actor handle;
    /// Partitions as the root told; empty: only itself.
    std::vector<int> reads;
    std::vector<int> writes;
    bool random = false;
    std::size_t next_read = 0;
    std::size_t next_write = 0;
  };
  struct budget {
    rate_gate requests{0};
    rate_gate polls{0};
    bool requests_limited = false;
    bool polls_limited = false;
    void set(double request_rate, double poll_rate, std::int64_t now_ns);
  };

  void on_mail(matching_mail_ptr& mail);
  /// Sends what is for a list on to it. `arrived`: from another node, which says that the list is here.
  void to_list(matching_mail_ptr& mail, bool arrived);
  [[nodiscard]] bool is_far(const storage::task_list_key& list) const { return env_.others->list_is_far(list); }
  /// Whether a list is placed on another node, so that nothing of it may begin here.
  [[nodiscard]] bool is_elsewhere(const storage::task_list_key& list) const { return !env_.others->takes(list); }
  void follow();
  [[nodiscard]] caf::message_handler far_handler();
  void arm_desk();
  void on_tick();
  /// The entry of a list, made when there is none; null when there are too many.
  [[nodiscard]] entry* list(const storage::task_list_key& key, uber::cadence::api::v1::TaskListKind kind);
  /// Gives what came for a list with several partitions the name of one of them.
  template <class T> [[nodiscard]] bool place(T& content, entry& root, bool write);
  [[nodiscard]] bool place(matching_mail& mail, entry& root);
  [[nodiscard]] int pick(const std::vector<int>& from, std::size_t& next, bool random);
  /// False: over a limit; the sender has been told.
  [[nodiscard]] bool admit(const matching_mail& mail);
  void refuse(const matching_mail& mail, const std::string& why);
  void note_partitions(partitions_known& known);
  void describe_all(const lists_of_domain& asked);
  void describe_partitions(const list_partitions& asked);
  void forget(const storage::task_list_key& key, matching_mail last);
  void show(list_census& into) const;
  void kill(const kill_list& asked);
  void read_stored_lists(stored_from page);
  void limit(bool limited);
  void drop_expired(const storage::task_list_key& key, std::int64_t range_id);
  void handle(stored_lists& read);

  const actor_context& env_;
  const task_starter_ptr starter_;
  std::unique_ptr<far_desk> desk_; ///< from the first behavior on
  std::map<storage::task_list_key, entry> lists_;
  std::unordered_map<caf::actor_addr, storage::task_list_key> by_address_;
  int ticks_ = 0;
  std::int64_t scan_ = 0; ///< of all stored lists, the one under way
  bool limited_ = false;
  budget host_;
  std::map<uuid, budget> domains_; ///< rates are read again with every tick
};

} // namespace cadenza::actors
