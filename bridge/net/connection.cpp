#include "bridge/net/connection.hpp"

#include <algorithm>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>

namespace cadenza::bridge::net {

namespace {

constexpr std::size_t first_bytes_max = 32;
constexpr std::size_t flush_bytes_max = 1 << 20; // then others have their turn
constexpr int reads_at_once_max = 4;             // the same for buffers that are read
constexpr std::int64_t pressure_patience_ns = 1'000'000'000;
constexpr std::int64_t goodbye_patience_ns = 5'000'000'000;
constexpr std::int64_t stop_patience_ns = 250'000'000; // of a server that stops, for clients that have been told all
constexpr std::size_t thrown_away_bytes_max = 1 << 20;
constexpr int held_receive_bytes = 4 << 10;
constexpr std::int64_t small_answer_bytes = 4 << 10; // those are bounded by the number of calls

} // namespace

connection::connection(loop& on, common& shared, std::unique_ptr<transport> through, const address& peer,
                       address_book::place counted_at, std::span<front* const> fronts, goodbye closed)
  : loop_(on), common_(shared), transport_(std::move(through)), peer_(peer), place_(counted_at), fronts_(fronts),
    closed_(std::move(closed)), since_ns_(on.now_ns()), progress_ns_(since_ns_) {}

bool connection::begin() {
  watching_ = EPOLLIN;
  if (!loop_.watch(transport_->descriptor(), watching_, *this))
    return false;
  check_by(since_ns_ + common_.how.handshake_timeout.count());
  return true;
}

void connection::on_events(std::uint32_t events) {
  if (phase_ == phase::closed)
    return;
  if (phase_ == phase::held) // nothing is read from it: only its end is told
    return close();
  if ((events & EPOLLOUT) != 0)
    flush();
  if (phase_ != phase::closed && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
    read();
}

void connection::read() {
  // A full buffer is likely to be followed by more.
  for (int i = 0; i < reads_at_once_max && read_once(); ++i) {
  }
  if (phase_ != phase::closed)
    write_later();
}

/// Whether there may be more to read, and it may be read.
bool connection::read_once() {
  const auto got = transport_->read(loop_.read_buffer(), loop::read_bytes_max);
  if (got.how == transport::state::over) {
    close();
    return false;
  }
  if (got.how == transport::state::blocked) {
    watch_again();
    return false;
  }
  common_.counts.received.add(got.bytes);
  if (phase_ != phase::open) {
    thrown_away_ += got.bytes;
    if (thrown_away_ > thrown_away_bytes_max)
      close();
    return false;
  }
  const std::string_view bytes(reinterpret_cast<const char*>(loop_.read_buffer()), got.bytes);
  if (protocol_)
    protocol_->on_bytes(bytes);
  else
    recognise(bytes);
  return got.bytes == loop::read_bytes_max && phase_ == phase::open && (!protocol_ || protocol_->takes_bytes());
}

void connection::recognise(std::string_view bytes) {
  first_ += bytes;
  const auto agreed = transport_->agreed_protocol();
  bool undecided = false;
  for (auto* which : fronts_) {
    auto match = which->recognise(first_);
    if (!agreed.empty())
      match = agreed == which->name() ? front::match::yes : front::match::no;
    if (match == front::match::yes) {
      protocol_ = which->open(*this);
      const auto all = std::exchange(first_, {});
      return protocol_->on_bytes(all);
    }
    undecided |= match == front::match::too_short;
  }
  if (!undecided)
    cut(refusal::protocol);
}

void connection::read_again() { watch_again(); }

void connection::watch_again() {
  if (phase_ == phase::closed)
    return;
  std::uint32_t wanted = 0;
  const bool listens = phase_ == phase::open && pending_.empty() && (!protocol_ || protocol_->takes_bytes());
  if (listens || phase_ == phase::parting)
    wanted |= EPOLLIN;
  if (!pending_.empty() || more_ || transport_->write_before_read())
    wanted |= EPOLLOUT;
  if (wanted == watching_)
    return;
  watching_ = wanted;
  loop_.change(transport_->descriptor(), wanted, *this);
}

void connection::flush() {
  if (closing_ || phase_ == phase::closed || phase_ == phase::held || phase_ == phase::parting)
    return;
  more_ = false;
  for (std::size_t written = 0; !more_;) {
    auto& from = pending_.empty() ? loop_.scratch() : pending_;
    if (pending_.empty() && protocol_)
      protocol_->produce(from);
    if (from.empty())
      break;
    const auto size = from.size();
    if (!write(from)) {
      from.clear();
      return close_soon();
    }
    written += size - from.size();
    if (!from.empty()) {
      if (&from != &pending_) {
        std::swap(pending_, from);
        progress_ns_ = loop_.now_ns(); // the client's time begins now
      }
      break;
    }
    more_ = written >= flush_bytes_max;
  }
  settle();
  end_if_said();
  watch_again();
}

bool connection::write(output& from) {
  while (!from.empty()) {
    const auto pieces = from.pieces();
    std::size_t size = 0;
    for (const auto& piece : pieces)
      size += piece.iov_len;
    const auto done = transport_->write(pieces);
    if (done.how == transport::state::over)
      return false;
    if (done.how == transport::state::blocked)
      return true;
    common_.counts.sent.add(done.bytes);
    progress_ns_ = loop_.now_ns();
    from.written(done.bytes);
    if (done.bytes < size)
      return true;
  }
  return true;
}

void connection::settle() {
  const auto held = bytes_held();
  if (held != settled_) {
    common_.answers.add(held - settled_);
    settled_ = held;
  }
  if (held > 0)
    check_by(loop_.now_ns() + pressure_patience_ns);
}

std::int64_t connection::bytes_held() const {
  return static_cast<std::int64_t>(pending_.size()) + (protocol_ ? protocol_->bytes_held() : 0);
}

bool connection::has_room_for(std::int64_t answer_bytes) {
  if (answer_bytes <= small_answer_bytes)
    return true;
  const auto held = bytes_held();
  if (held > 0 && held + answer_bytes > common_.how.answer_bytes_per_connection + common_.how.message_bytes_max) {
    common_.counts.refused(refusal::connection_answer_bytes);
    return false;
  }
  if (common_.answers.fits(answer_bytes))
    return true;
  common_.counts.refused(refusal::answer_bytes);
  return false;
}

bool connection::pressed(std::int64_t progress_ns, std::int64_t now_ns) const {
  return common_.answers.full() && now_ns - progress_ns > pressure_patience_ns;
}

bool connection::begin_call(int under_way_here) {
  auto& counts = common_.counts;
  auto& here = place_->second.calls;
  if (under_way_here >= common_.how.calls_per_connection_max)
    counts.refused(refusal::connection_calls);
  else if (here.load(std::memory_order_relaxed) >= common_.how.calls_per_address_max)
    counts.refused(refusal::address_calls);
  else if (counts.calls.value() >= common_.how.calls_max)
    counts.refused(refusal::calls);
  else {
    here.fetch_add(1, std::memory_order_relaxed);
    counts.calls.add();
    return true;
  }
  return false;
}

void connection::end_call() {
  place_->second.calls.fetch_sub(1, std::memory_order_relaxed);
  common_.counts.calls.sub();
}

void connection::end() {
  if (phase_ != phase::open)
    return;
  phase_ = phase::ending;
  since_ns_ = loop_.now_ns();
  write_later();
  check_by(since_ns_ + goodbye_patience_ns);
}

void connection::offend(refusal why) {
  if (phase_ != phase::open && phase_ != phase::ending)
    return;
  common_.counts.refused(why);
  phase_ = phase::offending;
  since_ns_ = loop_.now_ns();
  write_later();
  check_by(since_ns_ + common_.how.offender_hold.count());
}

void connection::end_if_said() {
  if (protocol_ && protocol_->finished() && phase_ == phase::open)
    phase_ = phase::ending;
  if (!pending_.empty() || more_)
    return;
  if (phase_ == phase::ending) {
    phase_ = phase::parting;
    transport_->finish();
  } else if (phase_ == phase::offending) {
    phase_ = phase::held;
    // What it goes on sending waits in the kernel, which is not to keep much of it.
    ::setsockopt(transport_->descriptor(), SOL_SOCKET, SO_RCVBUF, &held_receive_bytes, sizeof held_receive_bytes);
  } else {
    return;
  }
  since_ns_ = loop_.now_ns();
  check_by(since_ns_ + patience_ns());
}

/// How long a connection stays in its phase, which is not `open`, at most.
std::int64_t connection::patience_ns() const {
  if (phase_ == phase::held)
    return common_.how.offender_hold.count();
  return stopping_ && phase_ == phase::parting ? stop_patience_ns : goodbye_patience_ns;
}

void connection::check_by(std::int64_t due_ns) {
  if (due_ns >= check_ns_ || phase_ == phase::closed)
    return;
  check_ns_ = due_ns;
  loop_.timers().set(*this, due_ns);
}

void connection::on_timer(std::int64_t now_ns) {
  check_ns_ = INT64_MAX;
  if (cut_if_late(now_ns))
    return;
  auto next = protocol_ ? protocol_->check(now_ns) : since_ns_ + common_.how.handshake_timeout.count();
  if (phase_ == phase::closed)
    return;
  if (protocol_ && !protocol_->greeted())
    next = std::min(next, since_ns_ + common_.how.handshake_timeout.count());
  if (bytes_held() > 0)
    next = std::min(next, now_ns + pressure_patience_ns);
  if (phase_ == phase::held)
    next = since_ns_ + patience_ns();
  else if (phase_ != phase::open)
    next = std::min(next, since_ns_ + patience_ns());
  check_by(std::max(next, now_ns + 1));
}

bool connection::cut_if_late(std::int64_t now_ns) {
  const auto& how = common_.how;
  const auto here_ns = now_ns - since_ns_;
  if (phase_ == phase::held || phase_ == phase::parting || phase_ == phase::ending || phase_ == phase::offending) {
    if (here_ns < patience_ns())
      return false;
    close();
    return true;
  }
  if ((!protocol_ || !protocol_->greeted()) && here_ns >= how.handshake_timeout.count())
    cut(refusal::handshake_timeout);
  else if (!pending_.empty() && now_ns - progress_ns_ >= how.write_timeout.count())
    cut(refusal::write_timeout);
  else if (!pending_.empty() && pressed(progress_ns_, now_ns))
    cut(refusal::answer_bytes);
  return phase_ == phase::closed;
}

void connection::cut(refusal why) {
  common_.counts.refused(why);
  close();
}

void connection::drain() {
  stopping_ = true;
  if (!protocol_ || phase_ == phase::held || phase_ == phase::parting) // nothing is left to say
    return close();
  protocol_->drain();
  write_later();
}

void connection::abandon() {
  if (!protocol_)
    return close();
  protocol_->abandon();
  flush();
  close();
}

void connection::close_soon() {
  if (closing_)
    return;
  closing_ = true;
  loop_.run_on_own_thread(closer_);
}

void connection::close() {
  if (phase_ == phase::closed)
    return;
  phase_ = phase::closed;
  loop_.timers().cancel(*this);
  loop_.forget(transport_->descriptor());
  loop_.flush_never(*this);
  if (protocol_)
    protocol_->on_closed();
  pending_.clear();
  common_.answers.give_back(std::exchange(settled_, 0));
  common_.addresses.leave(place_, loop_.now_ns());
  common_.counts.connections.sub();
  closed_(*this); // it is gone after this
}

} // namespace cadenza::bridge::net
