#include "bridge/net/h2_session.hpp"

#include "bridge/net/h2_callbacks.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <new>

namespace cadenza::bridge::net {

namespace {

constexpr std::int32_t stream_window_bytes = 256 << 10;
constexpr std::int32_t connection_window_bytes = 4 << 20;
constexpr std::int64_t room_patience_ns = 100'000'000;
constexpr std::int64_t young_ns = 1'000'000'000; // calls that are taken back so soon are counted
constexpr std::size_t headers_max = 16;
// Clients widen two windows for each answer, and some measure the way to us with a ping.
constexpr double idle_frames_per_request = 5;

/// Backstops of the library, beyond our own bounds, where it sees more than we do.
nghttp2_option* options_of(const settings& how) {
  nghttp2_option* out = nullptr;
  if (nghttp2_option_new(&out) != 0)
    throw std::bad_alloc();
  nghttp2_option_set_no_auto_window_update(out, 1);
  nghttp2_option_set_no_closed_streams(out, 1);
  nghttp2_option_set_max_outbound_ack(out, 1000);
  nghttp2_option_set_max_settings(out, 32);
  nghttp2_option_set_max_continuations(out, 8);
  nghttp2_option_set_stream_reset_rate_limit(out, static_cast<std::uint64_t>(how.resets_burst) * 8,
                                             static_cast<std::uint64_t>(how.resets_per_second) * 8);
  return out;
}

} // namespace

h2_session::h2_session(connection& on, h2_user& user)
  : connection_(on), user_(user), frames_(4 * static_cast<std::size_t>(on.shared().how.header_bytes_max)),
    resets_(on.shared().how.resets_burst, on.shared().how.resets_per_second),
    idle_frames_(on.shared().how.control_frames_burst, on.shared().how.control_frames_per_second),
    heard_ns_(on.on().now_ns()), said_ns_(heard_ns_), idle_ns_(heard_ns_) {
  const auto& how = shared().how;
  auto* const options = options_of(how);
  const int made = nghttp2_session_server_new2(&session_, callbacks::table(), this, options);
  nghttp2_option_del(options);
  if (made != 0)
    throw std::bad_alloc();
  const std::array<nghttp2_settings_entry, 4> told{{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, static_cast<std::uint32_t>(how.calls_per_connection_max)},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, stream_window_bytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(how.header_bytes_max)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, told.data(), told.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, connection_window_bytes);
  connection_.check_by(heard_ns_ + room_patience_ns);
}

h2_session::~h2_session() { nghttp2_session_del(session_); }

// --- bytes in

void h2_session::on_bytes(std::string_view bytes) {
  if (broken_)
    return;
  const auto now = connection_.on().now_ns();
  const auto seen = frames_.see(bytes);
  heard_ns_ = now;
  pinged_ = false;
  if (!within_bounds(seen))
    return;
  const auto taken =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  views(nullptr);
  if (taken == NGHTTP2_ERR_FLOODED)
    return overdone(refusal::control_frames);
  if (taken < 0)
    return overdone(headers_too_large_ ? refusal::header_bytes : refusal::protocol);
  mid_ns_ = !frames_.mid_headers() ? 0 : mid_ns_ == 0 ? now : mid_ns_;
  if (mid_ns_ != 0)
    connection_.check_by(mid_ns_ + shared().how.header_timeout.count());
}

bool h2_session::within_bounds(const h2_frames::seen& seen) {
  const auto now = connection_.on().now_ns();
  idle_frames_.earn(idle_frames_per_request * seen.requests + static_cast<double>(seen.data_bytes) / 1024);
  if (seen.headers_too_large)
    overdone(refusal::header_bytes);
  else if (seen.idle > 0 && !idle_frames_.take(now, seen.idle))
    overdone(refusal::control_frames);
  return !broken_;
}

void h2_session::overdone(refusal why) {
  if (std::exchange(broken_, true))
    return;
  if (nghttp2_session_want_read(session_) != 0)
    nghttp2_session_terminate_session(session_, NGHTTP2_ENHANCE_YOUR_CALM);
  connection_.offend(why);
}

void h2_session::on_request(std::int32_t id) {
  if (broken_)
    return;
  if (!connection_.begin_call(streams_count_)) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    return;
  }
  if (headers_too_large_) {
    shared().counts.refused(refusal::header_bytes);
    user_.open_too_large(*this, id, headers_);
    return connection_.end_call();
  }
  const auto stream = user_.open(*this, id, headers_);
  if (!stream)
    return connection_.end_call();
  nghttp2_session_set_stream_user_data(session_, id, stream.get());
  link(*stream);
}

void h2_session::on_body(std::int32_t id, std::string_view bytes) {
  auto* const stream = find(id);
  if (stream && !broken_)
    stream->on_data(bytes);
  else // nobody wants it
    nghttp2_session_consume_stream(session_, id, bytes.size());
  unconsumed_ += bytes.size();
  let_client_send();
}

void h2_session::hold(h2_stream& of, std::int64_t bytes) {
  of.held_bytes_ += bytes;
  waiting_bytes_ += bytes;
  let_client_send();
}

void h2_session::expect(h2_stream& which) {
  expected_ += !std::exchange(which.expected_, true);
  let_client_send();
}

void h2_session::let_go(h2_stream& of) {
  expected_ -= std::exchange(of.expected_, false);
  if (of.held_bytes_ != 0)
    hold(of, -of.held_bytes_);
}

void h2_session::let_client_send() {
  // The client sends what it likes, perhaps first what will wait here, too: whatever is expected comes behind it.
  const auto factor = expected_ > 0 ? expecting_factor : 1;
  const bool too_much = waiting_bytes_ > factor * shared().how.request_bytes_per_connection;
  if (!too_much && unconsumed_ > 0) {
    nghttp2_session_consume_connection(session_, std::exchange(unconsumed_, 0));
    connection_.write_later();
  }
}

void h2_session::take_more(h2_stream& on, std::size_t bytes) {
  nghttp2_session_consume_stream(session_, on.id_, bytes);
  connection_.write_later();
}

void h2_session::widen(h2_stream& on, std::int32_t bytes) {
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, on.id_, bytes);
  connection_.write_later();
}

void h2_session::views(h2_stream* which) {
  if (auto* const before = std::exchange(views_, which); before && before != which)
    before->on_view_over();
}

void h2_session::on_reset_by_client(std::int32_t id) {
  const auto* const stream = find(id);
  const auto now = connection_.on().now_ns();
  if (stream && (stream->last_said_ || now - stream->since_ns_ > young_ns))
    return;
  if (!resets_.take(now))
    overdone(refusal::resets);
}

void h2_session::on_own_reset(std::uint32_t code) {
  // Clients can make a server reset their calls for them.
  if (code != NGHTTP2_NO_ERROR && !resets_.take(connection_.on().now_ns()))
    overdone(refusal::resets);
}

// --- streams

h2_stream* h2_session::find(std::int32_t id) {
  return static_cast<h2_stream*>(nghttp2_session_get_stream_user_data(session_, id));
}

void h2_session::link(h2_stream& which) {
  intrusive_ptr_add_ref(&which);
  which.next_ = streams_;
  if (streams_)
    streams_->previous_ = &which;
  streams_ = &which;
  ++streams_count_;
}

void h2_session::unlink(h2_stream& which) {
  (which.previous_ ? which.previous_->next_ : streams_) = which.next_;
  if (which.next_)
    which.next_->previous_ = which.previous_;
  which.next_ = which.previous_ = nullptr;
  if (--streams_count_ == 0)
    idle_ns_ = connection_.on().now_ns();
}

void h2_session::on_stream_closed(std::int32_t id) {
  if (auto* const stream = find(id))
    close_stream(*stream);
}

void h2_session::close_stream(h2_stream& which) {
  unlink(which);
  const h2_stream_ptr keep(&which, false);
  which.loop_.timers().cancel(which);
  if (views_ == &which)
    views_ = nullptr;
  held_ -= which.bytes_unsaid();
  let_go(which);
  working_ -= std::exchange(which.working_, false);
  which.body_.reset();
  which.more_.reset();
  which.session_ = nullptr;
  connection_.end_call();
  if (!connection_.on().on_foreign_thread())
    return which.on_closed();
  closed_.push_back(keep);
  catch_up_soon();
}

void h2_session::on_closed() {
  broken_ = true;
  while (streams_)
    close_stream(*streams_);
  waiting_.clear();
}

void h2_session::abandon() {
  broken_ = true;
  for (auto* at = streams_; at; at = at->next_)
    if (!at->answering_)
      at->on_abandon();
  if (nghttp2_session_want_read(session_) != 0)
    nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_),
                          NGHTTP2_NO_ERROR, nullptr, 0);
}

// --- answers

void h2_session::submit(h2_stream& to, std::span<const header> head) {
  assert(head.size() <= headers_max);
  std::array<nghttp2_nv, headers_max> fields{};
  std::transform(head.begin(), head.end(), fields.begin(), field_of);
  to.answering_ = true;
  if (std::exchange(to.working_, false)) {
    --working_;
    answer_bytes_ += (to.bytes_unsaid() - answer_bytes_) / 8;
  }
  const auto body = callbacks::body_of(to);
  const bool empty = !to.body_ && to.last_said_;
  nghttp2_submit_response(session_, to.id_, fields.data(), head.size(), empty ? nullptr : &body);
  connection_.write_later();
}

void h2_session::answer(h2_stream& to, std::span<const header> head, payload_ptr body) {
  if (to.answering_)
    return;
  to.last_said_ = true;
  if (body) {
    if (held_ == 0)
      said_ns_ = connection_.on().now_ns();
    held_ += static_cast<std::int64_t>(body->size());
    to.body_ = std::move(body);
  }
  submit(to, head);
}

void h2_session::begin_answer(h2_stream& to, std::span<const header> head) {
  if (!to.answering_)
    submit(to, head);
}

void h2_session::say(h2_stream& to, payload_ptr body) {
  if (held_ == 0)
    said_ns_ = connection_.on().now_ns();
  held_ += static_cast<std::int64_t>(body->size());
  if (!to.body_) {
    to.body_ = std::move(body);
    to.body_at_ = 0;
  } else {
    if (!to.more_)
      to.more_ = std::make_unique<std::deque<payload_ptr>>();
    to.more_->push_back(std::move(body));
  }
  if (std::exchange(to.deferred_, false))
    nghttp2_session_resume_data(session_, to.id_);
  connection_.write_later();
}

void h2_session::say_no_more(h2_stream& to) {
  to.last_said_ = true;
  if (std::exchange(to.deferred_, false))
    nghttp2_session_resume_data(session_, to.id_);
  connection_.write_later();
}

void h2_session::answer_at_once(std::int32_t id, std::span<const header> head) {
  assert(head.size() <= headers_max);
  std::array<nghttp2_nv, headers_max> fields{};
  std::transform(head.begin(), head.end(), fields.begin(), field_of);
  nghttp2_submit_response(session_, id, fields.data(), head.size(), nullptr);
  connection_.write_later();
}

void h2_session::reset(std::int32_t id, std::uint32_t code) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, code);
  connection_.write_later();
}

void h2_session::produce(output& into) {
  gathers_ = &into;
  while (into.size() < bytes_wanted) {
    const std::uint8_t* bytes = nullptr;
    const auto size = nghttp2_session_mem_send(session_, &bytes);
    if (size < 0)
      connection_.end();
    if (size <= 0)
      break;
    into.copy({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)});
  }
  gathers_ = nullptr;
  if (!waiting_.empty() && has_room())
    catch_up_soon();
}

// --- requests that wait until earlier answers were taken

bool h2_session::has_room() const {
  return connection_.bytes_held() + working_ * answer_bytes_ < connection_.shared().how.answer_bytes_per_connection &&
         !connection_.shared().answers.full();
}

void h2_session::begin_when_there_is_room(h2_stream& which) {
  if (waiting_.empty() && has_room())
    return which.on_begin();
  waiting_.emplace_back(&which);
  connection_.check_by(connection_.on().now_ns() + room_patience_ns);
}

void h2_session::began(h2_stream& which) {
  which.working_ = true;
  ++working_;
}

void h2_session::begin_waiting() {
  while (!waiting_.empty() && has_room()) {
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    if (!next->closed())
      next->on_begin();
  }
}

void h2_session::catch_up_soon() {
  if (std::exchange(starter_.on_its_way, true))
    return;
  connection_.on().run_on_own_thread(starter_);
}

void h2_session::catch_up() {
  starter_.on_its_way = false;
  for (const auto& one : std::exchange(closed_, {}))
    one->on_closed();
  begin_waiting();
}

} // namespace cadenza::bridge::net
