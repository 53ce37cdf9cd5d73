#include "actors/cluster/document_keeper.hpp"

#include "cadenza/record/v1/domain.pb.h"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <utility>

namespace cadenza::actors {
namespace {

constexpr int tries_max = 10;
constexpr std::size_t waiting_max = 1000;
constexpr std::chrono::seconds look_interval(1);

} // namespace

document_keeper::document_keeper(caf::actor_config& cfg, const actor_context& env, document_sink sink)
  : supervised_actor(cfg), env_(env), sink_(std::move(sink)) {}

caf::actor document_keeper::me() { return caf::actor_cast<caf::actor>(this); }

caf::behavior document_keeper::make_behavior() {
  for (int i = 0; i < document_kinds; ++i)
    read(static_cast<document_kind>(i));
  if (env_.others->write())
    delayed_send(this, look_interval, std::make_shared<document_mail>(document_tick{}));
  return with_common(caf::message_handler{
      [this](document_mail_ptr& mail) { std::visit([this](auto& content) { handle(content); }, *mail); },
  });
}

void document_keeper::read(document_kind which) {
  CADENZA_ASSERT(!written_, "a document is not read while one is being written");
  of(which).read = false;
  env_.store->cluster().read_document(
      static_cast<int>(which), [self = me(), which](storage::read_result<std::string> row) {
        caf::anon_send(self, std::make_shared<document_mail>(document_read{which, std::move(row)}));
      });
}

void document_keeper::handle(document_read& got) {
  if (got.row.outcome != storage::status::committed)
    return end("documents not readable: " + got.row.message);
  auto& copy = of(got.document);
  CADENZA_ASSERT(!copy.read, "a document comes when it is being read");
  record::v1::ConfigRow row;
  if (got.row.value && !row.ParseFromString(*got.row.value)) {
    // Nothing is made of it and nothing is written over it.
    env_.log(log::level::error, {field::document(std::to_string(static_cast<int>(got.document)))},
             "document {document} is damaged; it cannot be changed");
    copy.damaged = true;
    return work();
  }
  copy.version = row.version();
  copy.content = row.document();
  copy.read = true;
  sink_(got.document, copy.content);
  work();
}

void document_keeper::handle(document_tick&) {
  delayed_send(this, look_interval, std::make_shared<document_mail>(document_tick{}));
  document_look now;
  handle(now);
}

void document_keeper::handle(document_look&) {
  for (int i = 0; i < document_kinds; ++i) {
    const auto which = static_cast<document_kind>(i);
    env_.store->cluster().read_document(i, [self = me(), which](storage::read_result<std::string> row) {
      caf::anon_send(self, std::make_shared<document_mail>(document_seen{which, std::move(row)}));
    });
  }
}

/// Takes what another node has written. While a write is under way here its condition tells whether there was one.
void document_keeper::handle(document_seen& seen) {
  auto& copy = of(seen.document);
  record::v1::ConfigRow row;
  if (seen.row.outcome != storage::status::committed || !seen.row.value || !copy.read || written_ ||
      !row.ParseFromString(*seen.row.value) || row.version() <= copy.version)
    return;
  copy.version = row.version();
  copy.content = row.document();
  sink_(seen.document, copy.content);
}

void document_keeper::handle(document_change& change) {
  CADENZA_ASSERT(change.plan && change.call,
                 "a change of a document says what is to be changed, and somebody waits for it");
  if (queue_.size() >= waiting_max)
    return change.call->reject(service_busy("too many changes of the configuration wait"));
  queue_.push_back(std::move(change));
  work();
}

void document_keeper::work() {
  while (!written_ && !queue_.empty()) {
    auto& change = queue_.front();
    const auto& copy = of(change.document);
    if (copy.damaged) {
      change.call->reject({error_kind::internal_data_inconsistency, "what is stored of the configuration is damaged"});
      queue_.pop_front();
      continue;
    }
    if (!copy.read)
      return;
    auto planned = change.plan(copy.content);
    if (!planned) {
      change.call->reject(planned.error());
      queue_.pop_front();
      continue;
    }
    record::v1::ConfigRow row;
    row.set_format(1);
    row.set_version(copy.version + 1);
    row.set_updated_ns(env_.time->now_ns());
    row.set_document(*planned);
    written_ = *std::move(planned);
    storage::document_write write;
    write.document = static_cast<int>(change.document);
    write.expected_version = copy.version;
    write.value = row.SerializeAsString();
    env_.store->cluster().write_document(std::move(write), [self = me()](storage::commit_result result) {
      caf::anon_send(self, std::make_shared<document_mail>(document_written{std::move(result)}));
    });
  }
}

void document_keeper::handle(document_written& over) {
  CADENZA_ASSERT(written_ && !queue_.empty(), "a document that was written is that of the first change");
  auto content = std::move(*written_);
  written_.reset();
  auto change = std::move(queue_.front());
  queue_.pop_front();
  auto& copy = of(change.document);
  switch (over.result.outcome) {
  case storage::status::committed:
    ++copy.version;
    copy.content = std::move(content);
    sink_(change.document, copy.content);
    env_.others->tell(cluster_news::documents);
    change.done();
    break;
  case storage::status::condition_failed: {
    const auto which = change.document;
    if (++change.tries < tries_max)
      queue_.push_front(std::move(change));
    else
      change.call->reject(service_busy("the configuration changes too quickly"));
    return read(which);
  }
  case storage::status::unavailable:
    change.call->reject(service_busy("the store refuses writes: " + over.result.message));
    break;
  default:
    // Unknown outcome: what is stored decides. The dropped call tells the client to ask again.
    return read(change.document);
  }
  work();
}

} // namespace cadenza::actors
