#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/base/call.hpp"
#include "actors/base/supervised.hpp"
#include "actors/base/tick.hpp"

#include "cadenza/record/v1/domain.pb.h"

#include <caf/actor.hpp>

#include <deque>
#include <functional>
#include <map>

namespace cadenza::actors {

/// A change of the domain table.
struct domain_change {
  storage::domain_transaction::kind operation = storage::domain_transaction::kind::update;
  std::string name; ///< of the domain to change or make
  /// The new row; null `old` when there is no such domain. May run again when somebody else changed the table.
  std::function<outcome<record::v1::DomainRow>(const record::v1::DomainRow* old)> plan;
  /// The change is on disk.
  std::function<void(const record::v1::DomainRow&)> answer;
  call_ptr call;
  int tries = 0;
};

struct domains_read {
  storage::page<storage::domain_row> rows;
};
struct domain_version_read {
  storage::read_result<std::int64_t> version;
};
struct domain_written {
  storage::commit_result result;
};
/// Another node may have changed a domain: the version of the table is looked at.
struct domain_look {};
/// `then` is called when the directory has everything that the table had when this was asked; at once when the table
/// cannot be read.
struct domain_fresh {
  std::function<void()> then;
};
struct domain_version_seen {
  storage::read_result<std::int64_t> version;
  std::function<void()> then; ///< of a `domain_fresh`; may be empty
};
struct domain_tick {};
/// Another cluster asks for the domains that have changed since `after_version`; negative: for all. `call` is answered
/// with a wire.v1.DomainsPage when there are some, else after some seconds.
struct domains_asked {
  std::string from;
  std::int64_t after_version = 0;
  call_ptr call;
  std::int64_t until_ns = 0; ///< of the registry
};
/// Those who ask and have waited long enough are answered.
struct domains_asked_tick {};

using domain_mail = std::variant<domain_change, domains_read, domain_version_read, domain_written, domain_look,
                                 domain_fresh, domain_version_seen, domain_tick, domains_asked, domains_asked_tick>;
using domain_mail_ptr = std::shared_ptr<domain_mail>;

/// Keeps all domains in memory, publishes them to everybody as one immutable directory, and makes the changes, one
/// after the other. A change is published before its caller hears of it.
///
/// Where there are other clusters it tells them of its global domains, and takes over what they tell (domain_feed,
/// domain_handover).
///
/// Death: restarted, reads the table again; the directory published last stays in use meanwhile.
class domain_registry final : public supervised_actor {
public:
  /// Where there are other nodes they hear of a change, and the table is looked at once a second, in case nobody told.
  /// `ready` is called whenever the table has been read, `changed` after each change of the directory.
  domain_registry(caf::actor_config& cfg, const actor_context& env, std::function<void()> ready,
                  std::function<void()> changed);

  const char* name() const override { return "domain_registry"; }

protected:
  caf::behavior make_behavior() override;
  void on_exit() override;

private:
  void handle(domain_change&);
  void handle(domains_read&);
  void handle(domain_version_read&);
  void handle(domain_written&);
  void handle(domain_look&);
  void handle(domain_fresh&);
  void handle(domain_version_seen&);
  void handle(domain_tick&);
  void handle(domains_asked&);
  void handle(domains_asked_tick&);
  void reload();
  void read_version();
  void read_page(std::string token);
  void load();
  void work();
  void publish();
  void publish(const std::string& name);
  void serve_waiting();
  void published();
  void serve_asked();
  [[nodiscard]] bool answer(const domains_asked&);
  void start_feeds();
  [[nodiscard]] caf::actor me();

  const actor_context& env_;
  std::function<void()> ready_;
  std::function<void()> changed_;
  std::map<std::string, record::v1::DomainRow> rows_;
  std::int64_t version_ = 0;
  std::vector<storage::domain_row> reading_; ///< pages of the table so far, read at `version_`
  bool all_read_ = false;
  bool loaded_ = false;
  bool writing_ = false;
  std::deque<domain_change> queue_;
  record::v1::DomainRow written_;
  std::multimap<std::int64_t, std::function<void()>> waiting_; ///< by the version that has to be published first
  std::map<std::string, domains_asked> asked_;                 ///< by the cluster that asks: the latest of each
  bool feeds_ = false;                                         ///< the other clusters are being asked
  caf::actor handover_;                                        ///< null in a cluster alone
};

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::domain_mail_ptr)
