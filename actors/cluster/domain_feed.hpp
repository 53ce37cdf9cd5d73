#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/base/supervised.hpp"

#include "cadenza/record/v1/domain.pb.h"
#include "cadenza/record/v1/replication_message.pb.h"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

namespace cadenza::actors {

/// Answers what another cluster asks of domains: `bytes` is a wire.v1.DomainsRequest, the answer a wire.v1.DomainsPage.
/// Any thread; the answer may take some seconds. bad_request: `from` is not of the group, or the bytes are no request.
void serve_domains(const actor_context& env, const std::string& from, const std::string& bytes, call_ptr call);

/// An answer of the other cluster; null: there is none, and `problem` says why.
struct domains_answered {
  std::shared_ptr<const wire::v1::DomainsPage> page;
  std::string problem;
};
/// One row of the page has been taken over, or not: `problem`.
struct domain_taken {
  std::string problem;
};
struct domain_level_read {
  storage::page<storage::queue_ack> levels;
};
struct domain_level_written {
  storage::commit_result result;
};
struct domain_letter_written {
  storage::commit_result result;
};
struct domain_ask_again {};

using domain_feed_mail = std::variant<domains_answered, domain_taken, domain_level_read, domain_level_written,
                                      domain_letter_written, domain_ask_again>;
using domain_feed_mail_ptr = std::shared_ptr<domain_feed_mail>;

/// Asks one other cluster for its global domains, over and over, and has the registry take over what is news here. A
/// domain that cannot be taken over, because another one has its name or its id, goes to the dead letters of domains
/// (queue -1 of the store) and is logged; the others go on.
///
/// How far it has read is stored after each page (queue 2, by the other cluster's name). It begins with everything all
/// the same, and takes an unknown domain from before that level for one that was deleted here. Whatever comes twice
/// changes nothing.
///
/// Lives and dies with the registry, which makes it.
class domain_feed final : public supervised_actor {
public:
  domain_feed(caf::actor_config& cfg, const actor_context& env, std::string cluster, caf::actor registry);

  const char* name() const override { return "domain_feed"; }

protected:
  caf::behavior make_behavior() override;

private:
  void handle(domains_answered&);
  void handle(domain_taken&);
  void handle(domain_level_read&);
  void handle(domain_level_written&);
  void handle(domain_letter_written&);
  void handle(domain_ask_again&);
  void ask();
  void take_next();
  void take(const record::v1::DomainRow& told);
  void bury(const record::v1::DomainRow& told, const std::string& why);
  void fail(const std::string& why);
  [[nodiscard]] caf::actor me();

  const actor_context& env_;
  const std::string cluster_;
  const caf::actor registry_;
  std::int64_t after_ = -1;   ///< to ask with
  std::int64_t level_ = -1;   ///< stored: everything before it has been taken over once; negative: not known yet
  std::int64_t pause_ns_ = 0; ///< before the next try after a failure
  bool quiet_ = false;        ///< the failure has been logged
  std::shared_ptr<const wire::v1::DomainsPage> page_; ///< being taken over
  int next_ = 0;                                      ///< row of it
};

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::domain_feed_mail_ptr)
