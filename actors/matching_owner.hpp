#pragma once

#include "actors/mail.hpp"

#include <caf/event_based_actor.hpp>

#include <map>
#include <unordered_map>

namespace cadenza::actors {

/// Finds or makes the task list a message is for, and watches over them all. A list that dies is made again by the next
/// message for it.
class matching_owner final : public caf::event_based_actor {
public:
  matching_owner(caf::actor_config& cfg, const services& env);

  const char* name() const override { return "matching_owner"; }
  void on_exit() override;

protected:
  caf::behavior make_behavior() override;

private:
  void on_mail(matching_mail_ptr& mail);
  [[nodiscard]] const caf::actor& list(const storage::task_list_key& key, uber::cadence::api::v1::TaskListKind kind);
  void describe_all(const lists_of_domain& asked);
  void forget(const storage::task_list_key& key);
  void on_query(matching_query& query);
  [[nodiscard]] std::string path_of(const storage::task_list_key& key) const;

  const services& env_;
  std::map<storage::task_list_key, caf::actor> lists_;
  std::unordered_map<caf::actor_addr, storage::task_list_key> by_address_;
};

} // namespace cadenza::actors
