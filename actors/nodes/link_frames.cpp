#include "actors/nodes/link_frames.hpp"

#include "messages/invariant.hpp"

#include <algorithm>
#include <memory>

namespace cadenza::actors {

using wire::v1::LinkBegin;
using wire::v1::LinkHead;
using wire::v1::LinkMore;

// ---------------------------------------------------------------- sending

void link_outbox::emit(LinkHead& head, std::string body) {
  head.set_session(session_);
  head.set_sequence(++sequence_);
  sink_(head, std::move(body));
}

void link_outbox::send(LinkHead head) { emit(head, {}); }

void link_outbox::send_message(LinkBegin begin, std::string bytes) {
  CADENZA_ASSERT(bytes.size() <= bounds_.message_bytes, "a message that is sent is not too large for a link");
  begin.set_size(bytes.size());
  if (bytes.size() <= bounds_.chunk_bytes) {
    LinkHead head;
    *head.mutable_begin() = std::move(begin);
    return emit(head, std::move(bytes));
  }
  waiting_ += bytes.size();
  large next;
  next.id = begin.id();
  next.answer = begin.answer();
  next.begin = std::move(begin);
  next.bytes = std::move(bytes);
  turns_.push_back(std::move(next));
  pump();
}

void link_outbox::pump() {
  while (!turns_.empty() && under_way_ < bounds_.credit_bytes) {
    auto turn = std::move(turns_.front());
    turns_.pop_front();
    const auto part = std::min(bounds_.chunk_bytes, turn.bytes.size() - turn.sent);
    CADENZA_ASSERT(part > 0 && waiting_ >= part, "a message that has its turn has something to send");
    LinkHead head;
    if (!turn.begun) {
      *head.mutable_begin() = std::move(turn.begin);
      turn.begun = true;
    } else {
      head.mutable_more()->set_id(turn.id);
      head.mutable_more()->set_answer(turn.answer);
    }
    under_way_ += part;
    waiting_ -= part;
    auto body = turn.bytes.substr(turn.sent, part);
    turn.sent += part;
    if (turn.sent < turn.bytes.size())
      turns_.push_back(std::move(turn));
    emit(head, std::move(body));
  }
}

bool link_outbox::taken(std::uint64_t bytes) {
  if (bytes > under_way_)
    return false;
  under_way_ -= bytes;
  pump();
  return true;
}

bool link_outbox::give_up(std::uint64_t id, bool answer) {
  const auto i = std::find_if(turns_.begin(), turns_.end(),
                              [&](const large& one) { return one.id == id && one.answer == answer && !one.begun; });
  if (i == turns_.end())
    return false;
  waiting_ -= i->bytes.size();
  turns_.erase(i);
  return true;
}

// ---------------------------------------------------------------- receiving

link_inbox::verdict link_inbox::look(const LinkHead& head) {
  if (head.session() != session_)
    return verdict::foreign;
  if (head.sequence() <= sequence_)
    return verdict::repeated;
  if (head.sequence() != sequence_ + 1)
    return verdict::broken;
  ++sequence_;
  return verdict::fresh;
}

outcome<std::optional<link_message>> link_inbox::begin(const LinkBegin& begin, std::string body) {
  if (begin.size() < body.size() || begin.size() > bounds_.message_bytes)
    return bad_request("a message of " + std::to_string(begin.size()) + " bytes begins with " +
                       std::to_string(body.size()));
  if (begin.size() == body.size())
    return std::optional<link_message>(link_message{begin, std::move(body)});
  if (held_ + begin.size() > bounds_.window_bytes + bounds_.message_bytes)
    return bad_request("more messages are under way than the window allows");
  unacknowledged_ += body.size();
  link_message part{begin, std::move(body)};
  if (!partial_.emplace(key{begin.id(), begin.answer()}, std::move(part)).second)
    return bad_request("message " + std::to_string(begin.id()) + " begins twice");
  held_ += begin.size();
  return std::optional<link_message>();
}

outcome<std::optional<link_message>> link_inbox::more(const LinkMore& more, const std::string& body) {
  const auto i = partial_.find({more.id(), more.answer()});
  if (i == partial_.end())
    return bad_request("a part of message " + std::to_string(more.id()) + ", which has not begun");
  auto& message = i->second;
  const auto size = static_cast<std::size_t>(message.begin.size());
  if (body.empty() || message.bytes.size() + body.size() > size)
    return bad_request("a part of message " + std::to_string(more.id()) + " has a wrong size");
  unacknowledged_ += body.size();
  message.bytes += body;
  if (message.bytes.size() < size)
    return std::optional<link_message>();
  std::optional<link_message> whole(std::move(message));
  partial_.erase(i);
  CADENZA_ASSERT(held_ >= size, "what is put together was counted when it began");
  held_ -= size;
  return whole;
}

std::uint64_t link_inbox::to_acknowledge() {
  const auto worth = bounds_.credit_bytes / 4;
  if (unacknowledged_ == 0 || (unacknowledged_ < worth && !partial_.empty()))
    return 0;
  return std::exchange(unacknowledged_, 0);
}

// ---------------------------------------------------------------- callers and failures

void put_caller(const caller_info& from, wire::v1::LinkCaller& to) {
  to.set_name(from.name);
  to.set_client_impl(from.client_impl);
  to.set_library_version(from.library_version);
  to.set_feature_version(from.feature_version);
  to.set_isolation_group(from.isolation_group);
  to.set_partition_config(from.partition_config);
  to.set_caller_type(from.caller_type);
  to.set_authorization(from.authorization);
  to.set_told_already_completed(from.told_already_completed);
  to.set_reads_raw_history(from.reads_raw_history);
  to.set_takes_sticky_queries(from.takes_sticky_queries);
}

caller_info caller_of(const wire::v1::LinkCaller& from) {
  caller_info out;
  out.name = from.name();
  out.client_impl = from.client_impl();
  out.library_version = from.library_version();
  out.feature_version = from.feature_version();
  out.isolation_group = from.isolation_group();
  out.partition_config = from.partition_config();
  out.caller_type = from.caller_type();
  out.authorization = from.authorization();
  out.told_already_completed = from.told_already_completed();
  out.reads_raw_history = from.reads_raw_history();
  out.takes_sticky_queries = from.takes_sticky_queries();
  return out;
}

void put_failure(const error& from, wire::v1::LinkFailure& to) {
  to.set_kind(std::string(name_of(from.kind)));
  to.set_message(from.message);
  if (!from.detail)
    return;
  const auto& detail = *from.detail;
  to.set_has_detail(true);
  to.set_start_request_id(detail.start_request_id);
  to.set_run_id(detail.run_id);
  to.set_domain(detail.domain);
  to.set_current_cluster(detail.current_cluster);
  to.set_active_cluster(detail.active_cluster);
  for (const auto& cluster : detail.active_clusters)
    to.add_active_clusters(cluster);
  to.set_reason(detail.reason);
  to.set_feature_version(detail.feature_version);
  to.set_client_impl(detail.client_impl);
  to.set_supported_versions(detail.supported_versions);
  to.set_feature_flag(detail.feature_flag);
}

error failure_of(const wire::v1::LinkFailure& from) {
  auto kind = error_kind::unknown; // of a version that knows more
  for (int i = 0; i <= static_cast<int>(error_kind::unknown); ++i)
    if (name_of(static_cast<error_kind>(i)) == from.kind())
      kind = static_cast<error_kind>(i);
  if (!from.has_detail())
    return {kind, from.message()};
  error_detail detail;
  detail.start_request_id = from.start_request_id();
  detail.run_id = from.run_id();
  detail.domain = from.domain();
  detail.current_cluster = from.current_cluster();
  detail.active_cluster = from.active_cluster();
  detail.active_clusters.assign(from.active_clusters().begin(), from.active_clusters().end());
  detail.reason = from.reason();
  detail.feature_version = from.feature_version();
  detail.client_impl = from.client_impl();
  detail.supported_versions = from.supported_versions();
  detail.feature_flag = from.feature_flag();
  return {kind, from.message(), std::move(detail)};
}

} // namespace cadenza::actors
