#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/base/call.hpp"
#include "actors/base/supervised.hpp"
#include "actors/base/tick.hpp"

#include "cadenza/record/v1/domain.pb.h"

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

using domain_mail = std::variant<domain_change, domains_read, domain_version_read, domain_written, domain_look,
                                 domain_fresh, domain_version_seen, domain_tick>;
using domain_mail_ptr = std::shared_ptr<domain_mail>;

/// Keeps all domains in memory, publishes them to everybody as one immutable directory, and makes the changes, one
/// after the other. A change is published before its caller hears of it.
///
/// Death: restarted, reads the table again; the directory published last stays in use meanwhile.
class domain_registry final : public supervised_actor {
public:
  /// Where there are other nodes they hear of a change, and the table is looked at once a second, in case nobody told.
  domain_registry(caf::actor_config& cfg, const actor_context& env, std::function<void()> ready);

  const char* name() const override { return "domain_registry"; }

protected:
  caf::behavior make_behavior() override;

private:
  void handle(domain_change&);
  void handle(domains_read&);
  void handle(domain_version_read&);
  void handle(domain_written&);
  void handle(domain_look&);
  void handle(domain_fresh&);
  void handle(domain_version_seen&);
  void handle(domain_tick&);
  void reload();
  void read_version();
  void read_page(std::string token);
  void load();
  void work();
  void publish();
  void publish(const std::string& name);
  void serve_waiting();
  [[nodiscard]] caf::actor me();

  const actor_context& env_;
  std::function<void()> ready_;
  std::map<std::string, record::v1::DomainRow> rows_;
  std::int64_t version_ = 0;
  std::vector<storage::domain_row> reading_; ///< pages of the table so far, read at `version_`
  bool all_read_ = false;
  bool loaded_ = false;
  bool writing_ = false;
  std::deque<domain_change> queue_;
  record::v1::DomainRow written_;
  std::multimap<std::int64_t, std::function<void()>> waiting_; ///< by the version that has to be published first
};

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::domain_mail_ptr)
