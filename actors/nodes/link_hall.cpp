#include "actors/nodes/link_hall.hpp"

#include "actors/nodes/served_call.hpp"
#include "messages/constants.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <utility>
#include <vector>

namespace cadenza::actors {
namespace {

constexpr std::size_t sessions_max = 1'000;

frame_sink sink_to(caf::event_based_actor* from, const caf::actor& to) {
  return [from, to](const wire::v1::LinkHead& head, std::string body) {
    from->send(to, frame_atom::value, head.SerializeAsString(), std::move(body));
  };
}

} // namespace

// ---------------------------------------------------------------- one session

link_session::link_session(caf::actor_config& cfg, const actor_context& env, const link_options& options,
                           caf::actor remote, std::uint64_t session, const wire::v1::LinkHello& hello)
  : supervised_actor(cfg), env_(env), options_(options), remote_(std::move(remote)), from_(hello.from()),
    outbox_(options.bounds, session, sink_to(this, remote_)), inbox_(options.bounds, session) {
  wire::v1::LinkHead first; // the hello, which the hall has taken
  first.set_session(session);
  first.set_sequence(1);
  const auto seen = inbox_.look(first);
  CADENZA_ASSERT(seen == link_inbox::verdict::fresh, "a session begins with a hello");
  wire::v1::LinkHead head;
  auto& welcome = *head.mutable_welcome();
  welcome.set_protocol(common_version(options.protocol_oldest, options.protocol_newest, hello.protocol_oldest(),
                                      hello.protocol_newest()));
  CADENZA_ASSERT(welcome.protocol() != 0, "whoever is welcome speaks a protocol that this node speaks");
  welcome.set_incarnation(options.incarnation);
  outbox_.send(std::move(head));
}

void link_session::on_exit() {
  for (const auto& [id, weak] : std::exchange(serving_, {}))
    if (const auto served = weak.lock())
      served->cancel();
}

caf::behavior link_session::make_behavior() {
  monitor(remote_);
  set_down_handler([this](const caf::down_msg&) { over("its connection is lost"); });
  delayed_send(this, std::chrono::nanoseconds(options_.beat_ns), session_tick{});
  return with_common(caf::message_handler{
      [this](frame_atom, const std::string& head, std::string& body) { frame(head, body); },
      [this](served_answer_ptr& given) { answer(*given); },
      [this](session_tick) {
        delayed_send(this, std::chrono::nanoseconds(options_.beat_ns), session_tick{});
        if (++silent_ticks_ * options_.beat_ns > options_.silence_ns)
          over("it is silent");
      },
  });
}

void link_session::over(const std::string& why) {
  env_.log(log::level::info, {field::node(from_), field::error(why)}, "requests of node {node} are no longer served");
  quit();
}

void link_session::frame(const std::string& head_bytes, std::string& body) {
  wire::v1::LinkHead head;
  if (!head.ParseFromString(head_bytes))
    return over("it sent what is no frame");
  switch (inbox_.look(head)) {
  case link_inbox::verdict::fresh: break;
  case link_inbox::verdict::broken: return over("frames of it are missing");
  default: return;
  }
  silent_ticks_ = 0;
  outcome<std::optional<link_message>> whole = std::optional<link_message>();
  if (head.has_begin()) {
    whole = inbox_.begin(head.begin(), std::move(body));
  } else if (head.has_more()) {
    whole = inbox_.more(head.more(), body);
  } else if (head.has_taken()) {
    if (!outbox_.taken(head.taken().bytes()))
      return over("it has taken more than was sent");
  } else if (head.has_cancel()) {
    const auto i = serving_.find(head.cancel().id());
    if (const auto served = i == serving_.end() ? nullptr : i->second.lock())
      served->cancel();
  } else if (head.has_ping()) {
    wire::v1::LinkHead pong;
    pong.mutable_pong();
    outbox_.send(std::move(pong));
  }
  if (!whole)
    return over(whole.error().message);
  if (const auto bytes = inbox_.to_acknowledge(); bytes > 0) {
    wire::v1::LinkHead taken;
    taken.mutable_taken()->set_bytes(bytes);
    outbox_.send(std::move(taken));
  }
  if (*whole)
    serve(**std::move(whole));
}

void link_session::serve(link_message whole) {
  const auto& begin = whole.begin;
  if (begin.answer())
    return over("it answers what nobody has asked");
  if (begin.id() == 0)
    return options_.handle(from_, begin.kind(), std::move(whole.bytes), nullptr);
  const auto& bounds = options_.bounds;
  const auto deadline = begin.patience_ns() > 0 ? env_.time->now_ns() + begin.patience_ns() : INT64_MAX;
  auto served =
      std::make_shared<served_call>(caf::actor_cast<caf::actor>(this), begin.id(), deadline, caller_of(begin.caller()));
  if (!serving_.emplace(begin.id(), served).second)
    return over("it asks twice under one number");
  if (serving_.size() > bounds.window_requests + bounds.window_waiting || outbox_.waiting_bytes() > bounds.window_bytes)
    return served->reject(service_busy("node " + options_.self + " has too much to answer", "node_window"));
  options_.handle(from_, begin.kind(), std::move(whole.bytes), std::move(served));
}

void link_session::answer(served_answer& given) {
  if (serving_.erase(given.id) == 0)
    return;
  wire::v1::LinkBegin begin;
  begin.set_id(given.id);
  begin.set_answer(true);
  if (!given.failure && given.bytes.size() > options_.bounds.message_bytes)
    given.failure = limit_exceeded("an answer of " + std::to_string(given.bytes.size()) +
                                   " bytes is too large to be sent to another node");
  if (given.failure) {
    put_failure(*given.failure, *begin.mutable_failure());
    given.bytes.clear();
  }
  outbox_.send_message(std::move(begin), std::move(given.bytes));
}

// ---------------------------------------------------------------- the hall

link_hall::link_hall(caf::actor_config& cfg, const actor_context& env, const link_options& options)
  : supervised_actor(cfg), env_(env), options_(options) {
  CADENZA_ASSERT(options_.handle, "somebody carries out what other nodes ask");
}

void link_hall::on_exit() {
  for (const auto& [remote, one] : by_remote_)
    caf::anon_send_exit(one.actor, caf::exit_reason::kill);
  by_remote_.clear();
  by_session_.clear();
}

caf::behavior link_hall::make_behavior() {
  set_down_handler([this](caf::down_msg& down) {
    const auto i = by_session_.find(down.source);
    if (i == by_session_.end())
      return;
    const auto held = by_remote_.find(i->second);
    if (held != by_remote_.end() && held->second.actor->address() == down.source)
      by_remote_.erase(held);
    by_session_.erase(i);
  });
  return with_common(caf::message_handler{
      [this](frame_atom, const std::string& head_bytes, const std::string&) {
        wire::v1::LinkHead head;
        const auto remote = caf::actor_cast<caf::actor>(current_sender());
        if (remote && head.ParseFromString(head_bytes) && head.has_hello())
          greet(head, remote);
      },
  });
}

/// Why there will be no session; "" when there is no reason.
std::string link_hall::objection(const wire::v1::LinkHello& hello) const {
  if (hello.cluster() != options_.cluster)
    return "this is cluster " + options_.cluster;
  if (hello.to() != options_.self)
    return "this is node " + options_.self;
  if (hello.from() == options_.self || hello.from().empty())
    return "a node does not call itself";
  if (common_version(options_.protocol_oldest, options_.protocol_newest, hello.protocol_oldest(),
                     hello.protocol_newest()) == 0)
    return "this node speaks protocols " + std::to_string(options_.protocol_oldest) + " to " +
           std::to_string(options_.protocol_newest);
  if (by_remote_.size() >= sessions_max)
    return "too many links";
  return {};
}

void link_hall::greet(const wire::v1::LinkHead& head, const caf::actor& remote) {
  const auto known = by_remote_.find(remote->address());
  if (known != by_remote_.end()) {
    if (known->second.session >= head.session())
      return; // the hello has come before
    caf::anon_send_exit(known->second.actor, caf::exit_reason::kill);
    by_remote_.erase(known);
  }
  if (const auto why = objection(head.hello()); !why.empty()) {
    link_outbox out(options_.bounds, head.session(), sink_to(this, remote));
    wire::v1::LinkHead refusal;
    refusal.mutable_refusal()->set_why(why);
    return out.send(std::move(refusal));
  }
  auto session = spawn<link_session, caf::monitored>(env_, options_, remote, head.session(), head.hello());
  by_session_.emplace(session->address(), remote->address());
  by_remote_.emplace(remote->address(), guest{head.session(), std::move(session)});
  options_.on_event({link_event::kind::met, head.hello().from(), head.hello().incarnation(), {}});
}

} // namespace cadenza::actors
