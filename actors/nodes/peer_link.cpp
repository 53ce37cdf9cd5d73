#include "actors/nodes/peer_link.hpp"

#include "messages/constants.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace cadenza::actors {
namespace {

constexpr std::int64_t ticks_per_beat = 10;
constexpr std::int64_t rest_ticks_max = 10; ///< between tries to dial
constexpr std::int64_t greeting_beats = 3;  ///< a welcome takes no longer

} // namespace

std::string_view name_of(link_state state) {
  switch (state) {
  case link_state::resting: return "resting";
  case link_state::dialling: return "dialling";
  case link_state::greeting: return "greeting";
  case link_state::open: return "open";
  }
  return "unknown";
}

peer_link::peer_link(caf::actor_config& cfg, const actor_context& env, const link_options& options,
                     link_transport& transport, link_target target)
  : supervised_actor(cfg), env_(env), options_(options), transport_(transport), target_(std::move(target)) {
  CADENZA_ASSERT(target_.node != options_.self, "a node has no link to itself");
}

caf::actor peer_link::me() { return caf::actor_cast<caf::actor>(this); }

void peer_link::on_exit() {
  remote_ = nullptr;
  last_problem_ = "its link has ended";
  refuse_all();
}

caf::behavior peer_link::make_behavior() {
  set_down_handler([this](caf::down_msg& down) {
    if (remote_ && down.source == remote_->address())
      lose("the connection is lost");
  });
  dial();
  delayed_send(this, std::chrono::nanoseconds(options_.beat_ns / ticks_per_beat), link_tick{});
  return with_common(caf::message_handler{
      [this](link_request_ptr& request) { ask(*request); },
      [this](frame_atom, const std::string& head, std::string& body) { frame(head, body); },
      [this](link_cancel& asked) { cancel(asked.id); },
      [this](dialled& reached) {
        if (state_ != link_state::dialling || reached.attempt != attempt_)
          return;
        if (reached.hall)
          return greet(std::move(reached.hall));
        if (reached.refused)
          tell(link_event::kind::refused, target_.incarnation, reached.why);
        retry(reached.why);
      },
      [this](link_tick) { tick(); },
      [this](link_target& next) { retarget(std::move(next)); },
  });
}

// ---------------------------------------------------------------- the session

void peer_link::enter(link_state next) {
  const bool ahead = static_cast<int>(next) == static_cast<int>(state_) + 1;
  CADENZA_ASSERT(ahead || next == link_state::resting, "a link dials, greets and opens in this order, not from " +
                                                           std::string(name_of(state_)) + " to " +
                                                           std::string(name_of(next)));
  state_ = next;
  silent_ticks_ = 0;
}

void peer_link::dial() {
  ++attempt_;
  enter(link_state::dialling);
  transport_.dial(target_.address, attempt_, me());
}

void peer_link::greet(caf::actor hall) {
  enter(link_state::greeting);
  remote_ = std::move(hall);
  monitor(remote_);
  outbox_.emplace(options_.bounds, attempt_, [this](const wire::v1::LinkHead& head, std::string body) {
    caf::event_based_actor::send(remote_, frame_atom::value, head.SerializeAsString(), std::move(body));
  });
  inbox_.emplace(options_.bounds, attempt_);
  wire::v1::LinkHead head;
  auto& hello = *head.mutable_hello();
  hello.set_cluster(options_.cluster);
  hello.set_from(options_.self);
  hello.set_incarnation(options_.incarnation);
  hello.set_to(target_.node);
  hello.set_protocol_oldest(options_.protocol_oldest);
  hello.set_protocol_newest(options_.protocol_newest);
  outbox_->send(std::move(head));
}

void peer_link::welcome(const wire::v1::LinkWelcome& said) {
  const int protocol = said.protocol();
  if (protocol < options_.protocol_oldest || protocol > options_.protocol_newest)
    return lose("it wants to speak protocol " + std::to_string(protocol));
  // From here on the session answers in place of the hall.
  demonitor(remote_->address());
  remote_ = caf::actor_cast<caf::actor>(current_sender());
  monitor(remote_);
  enter(link_state::open);
  failures_ = 0;
  met_incarnation_ = said.incarnation();
  env_.log(log::level::info, {field::node(target_.node)}, "link to node {node} is open");
  tell(link_event::kind::opened, met_incarnation_, {});
  if (target_.incarnation != 0 && met_incarnation_ != target_.incarnation)
    tell(link_event::kind::refused, std::min(met_incarnation_, target_.incarnation), "another life of it is there");
  for (auto& request : std::exchange(early_, {}))
    ask(request);
}

void peer_link::lose(const std::string& why) {
  if (state_ == link_state::resting)
    return;
  const bool was_open = state_ == link_state::open;
  if (was_open) {
    env_.log(log::level::warn, {field::node(target_.node), field::error(why)}, "link to node {node} is lost");
    tell(link_event::kind::lost, met_incarnation_, why);
  }
  retry(why);
}

/// Ends what there is of a session and dials again in a while: at once the first time.
void peer_link::retry(const std::string& why) {
  if (remote_)
    demonitor(remote_->address());
  remote_ = nullptr;
  outbox_.reset();
  inbox_.reset();
  last_problem_ = why;
  enter(link_state::resting);
  refuse_all();
  if (failures_++ == 0)
    return dial();
  rest_ticks_ = std::min<std::int64_t>(failures_, rest_ticks_max);
}

void peer_link::refuse_all() {
  deadlines_.clear();
  bytes_ = 0;
  requests_ = 0;
  for (const auto& [id, one] : std::exchange(pending_, {}))
    one.call->reject(out_of_reach());
  for (const auto& request : std::exchange(early_, {}))
    if (request.call)
      request.call->reject(out_of_reach());
}

void peer_link::retarget(link_target next) {
  CADENZA_ASSERT(next.node == target_.node, "a link stays with its node");
  if (next == target_)
    return;
  target_ = std::move(next);
  if (state_ == link_state::open && met_incarnation_ == target_.incarnation)
    return;
  failures_ = 0;
  if (state_ == link_state::resting)
    return dial();
  lose("another life of it has begun");
}

void peer_link::tick() {
  delayed_send(this, std::chrono::nanoseconds(options_.beat_ns / ticks_per_beat), link_tick{});
  ++ticks_;
  expire();
  const auto silent_ns = ++silent_ticks_ * (options_.beat_ns / ticks_per_beat);
  switch (state_) {
  case link_state::resting:
    if (--rest_ticks_ <= 0)
      dial();
    break;
  case link_state::dialling: break; // the transport always answers
  case link_state::greeting:
    if (silent_ns >= greeting_beats * options_.beat_ns)
      lose("it does not answer");
    break;
  case link_state::open:
    if (silent_ns >= options_.silence_ns)
      return lose("it was silent for " + std::to_string(silent_ns / ns_per_ms) + " ms");
    if (ticks_ % ticks_per_beat == 0) {
      wire::v1::LinkHead head;
      head.mutable_ping();
      outbox_->send(std::move(head));
    }
    break;
  }
}

void peer_link::tell(link_event::kind what, std::int64_t incarnation, const std::string& why) {
  options_.on_event({what, target_.node, incarnation, why});
}

error peer_link::out_of_reach() const {
  return unavailable("node " + target_.node + " is out of reach: " + last_problem_);
}

// ---------------------------------------------------------------- requests

bool peer_link::admit(const link_request& request) const {
  const auto& bounds = options_.bounds;
  const auto waiting = pending_.size() - requests_;
  const bool room =
      request.waits ? waiting < bounds.window_waiting : requests_ + early_.size() < bounds.window_requests;
  return room && bytes_ + request.bytes.size() <= bounds.window_bytes;
}

void peer_link::ask(link_request& request) {
  const auto refuse = [&](const error& why) {
    if (request.call)
      request.call->reject(why);
  };
  if (request.call && (request.call->answered() || request.call->cancelled()))
    return;
  if (request.bytes.size() > options_.bounds.message_bytes)
    return refuse(limit_exceeded("a request of " + std::to_string(request.bytes.size()) +
                                 " bytes is too large to be sent to another node"));
  if (!admit(request))
    return refuse(service_busy("too much waits for node " + target_.node, "node_window"));
  if (state_ == link_state::open)
    return send(request);
  if (failures_ > 0 || early_.size() >= options_.bounds.window_requests)
    return refuse(out_of_reach());
  early_.push_back(std::move(request));
}

void peer_link::send(link_request& request) {
  wire::v1::LinkBegin begin;
  begin.set_kind(request.kind);
  begin.set_waits(request.waits);
  if (request.call) {
    const auto id = ++last_id_;
    const auto deadline = request.call->deadline_ns();
    if (deadline != INT64_MAX) {
      const auto patience = deadline - env_.time->now_ns();
      if (patience <= 0)
        return request.call->reject(unavailable("the deadline has passed"));
      begin.set_patience_ns(patience);
      deadlines_.emplace(deadline, id);
    }
    begin.set_id(id);
    put_caller(request.call->caller(), *begin.mutable_caller());
    request.call->on_cancel([weak = address(), id] {
      if (const auto link = caf::actor_cast<caf::actor>(weak))
        caf::anon_send(link, link_cancel{id});
    });
    bytes_ += request.bytes.size();
    requests_ += request.waits ? 0 : 1;
    pending_.emplace(id, pending{std::move(request.call), deadline, request.bytes.size(), request.waits});
  }
  outbox_->send_message(std::move(begin), std::move(request.bytes));
}

void peer_link::forget(std::uint64_t id) {
  const auto i = pending_.find(id);
  if (i == pending_.end())
    return;
  const auto& one = i->second;
  deadlines_.erase({one.deadline_ns, id});
  CADENZA_ASSERT(bytes_ >= one.bytes && (one.waits || requests_ > 0), "the window counts what waits for an answer");
  bytes_ -= one.bytes;
  requests_ -= one.waits ? 0 : 1;
  pending_.erase(i);
}

void peer_link::cancel(std::uint64_t id) {
  if (!pending_.contains(id) || state_ != link_state::open)
    return;
  forget(id);
  if (outbox_->give_up(id, false))
    return;
  wire::v1::LinkHead head;
  head.mutable_cancel()->set_id(id);
  outbox_->send(std::move(head));
}

void peer_link::expire() {
  const auto now = env_.time->now_ns();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto id = deadlines_.begin()->second;
    const auto call = pending_.at(id).call;
    cancel(id);
    call->reject(unavailable("node " + target_.node + " has not answered in time"));
  }
  std::erase_if(early_, [&](const link_request& request) {
    if (!request.call || request.call->deadline_ns() > now)
      return false;
    request.call->reject(unavailable("node " + target_.node + " was not reached in time"));
    return true;
  });
}

// ---------------------------------------------------------------- what comes

void peer_link::frame(const std::string& head_bytes, std::string& body) {
  wire::v1::LinkHead head;
  if (!inbox_ || !head.ParseFromString(head_bytes))
    return;
  switch (inbox_->look(head)) {
  case link_inbox::verdict::fresh: break;
  case link_inbox::verdict::broken: return lose("frames of it are missing");
  default: return;
  }
  silent_ticks_ = 0;
  if (state_ == link_state::greeting) {
    if (head.has_welcome())
      return welcome(head.welcome());
    if (head.has_refusal()) {
      env_.log(log::level::warn, {field::node(target_.node), field::error(head.refusal().why())},
               "node {node} refuses a link");
      tell(link_event::kind::lost, 0, head.refusal().why());
      return retry("it refuses: " + head.refusal().why());
    }
    return lose("it does not say hello");
  }
  outcome<std::optional<link_message>> whole = std::optional<link_message>();
  if (head.has_begin())
    whole = inbox_->begin(head.begin(), std::move(body));
  else if (head.has_more())
    whole = inbox_->more(head.more(), body);
  else if (head.has_taken() && !outbox_->taken(head.taken().bytes()))
    return lose("it has taken more than was sent");
  if (!whole)
    return lose(whole.error().message);
  if (const auto bytes = inbox_->to_acknowledge(); bytes > 0) {
    wire::v1::LinkHead taken;
    taken.mutable_taken()->set_bytes(bytes);
    outbox_->send(std::move(taken));
  }
  if (*whole)
    message(**std::move(whole));
}

void peer_link::message(link_message whole) {
  const auto i = pending_.find(whole.begin.id());
  if (!whole.begin.answer() || i == pending_.end())
    return; // cancelled or too late
  const auto call = i->second.call;
  forget(whole.begin.id());
  if (whole.begin.has_failure())
    call->reject(failure_of(whole.begin.failure()));
  else
    call->reply_bytes(std::move(whole.bytes));
}

} // namespace cadenza::actors
