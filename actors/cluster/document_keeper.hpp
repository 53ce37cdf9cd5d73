#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/base/documents.hpp"
#include "actors/base/supervised.hpp"

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <variant>

namespace cadenza::actors {

struct document_read {
  document_kind document{};
  storage::read_result<std::string> row;
};
struct document_written {
  storage::commit_result result;
};
/// Another node may have changed a document: they are looked at.
struct document_look {};
struct document_seen {
  document_kind document{};
  storage::read_result<std::string> row;
};
struct document_tick {};

using document_mail =
    std::variant<document_change, document_read, document_written, document_look, document_seen, document_tick>;
using document_mail_ptr = std::shared_ptr<document_mail>;

/// Changes the documents of the cluster, one change at a time, each conditional on the version it was made from. A
/// change is on disk and with the sink before its caller hears of it.
///
/// Death: restarted, reads the documents again and hands them to the sink; changes under way answer UNAVAILABLE, stored
/// or not.
class document_keeper final : public supervised_actor {
public:
  /// Where there are other nodes they hear of a change, and documents are looked at once a second, in case nobody told.
  document_keeper(caf::actor_config& cfg, const actor_context& env, document_sink sink);

  const char* name() const override { return "document_keeper"; }

protected:
  caf::behavior make_behavior() override;

private:
  struct kept {
    std::int64_t version = 0;
    std::string content;
    bool read = false;
    bool damaged = false; ///< stored, but not readable: changes are refused
  };
  void handle(document_change&);
  void handle(document_read&);
  void handle(document_written&);
  void handle(document_look&);
  void handle(document_seen&);
  void handle(document_tick&);
  void read(document_kind which);
  void work();
  [[nodiscard]] kept& of(document_kind which) { return copies_[static_cast<std::size_t>(which)]; }
  [[nodiscard]] caf::actor me();

  const actor_context& env_;
  document_sink sink_;
  std::array<kept, document_kinds> copies_;
  std::deque<document_change> queue_;
  std::optional<std::string> written_; ///< content under way to the store
};

[[nodiscard]] inline document_mail_ptr make_document_mail(document_change change) {
  return std::make_shared<document_mail>(std::move(change));
}

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::document_mail_ptr)
