#include "bridge/net/h2_callbacks.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace cadenza::bridge::net {

namespace {

constexpr std::size_t copied_bytes_max = 4 << 10; // larger parts of a body are only referred to
constexpr double windows_per_data = 2;            // those that a client widens for each frame of DATA
constexpr std::size_t frame_bytes_max = 64 << 10; // of DATA, if the client allows it

h2_session& session_of(void* user) { return *static_cast<h2_session*>(user); }

std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

} // namespace

const nghttp2_session_callbacks* h2_session::callbacks::table() {
  static const auto* const made = [] {
    nghttp2_session_callbacks* out = nullptr;
    if (nghttp2_session_callbacks_new(&out) != 0)
      throw std::bad_alloc();
    nghttp2_session_callbacks_set_on_begin_headers_callback(out, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(out, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(out, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(out, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(out, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(out, on_frame_sent);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(out, on_invalid_frame);
    nghttp2_session_callbacks_set_send_data_callback(out, send_data);
    nghttp2_session_callbacks_set_data_source_read_length_callback(out, frame_length);
    return out;
  }();
  return made;
}

int h2_session::callbacks::on_begin_headers(nghttp2_session*, const nghttp2_frame*, void* user) {
  auto& s = session_of(user);
  s.headers_.clear();
  s.headers_too_large_ = false;
  return 0;
}

int h2_session::callbacks::on_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name,
                                     std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                                     std::uint8_t, void* user) {
  auto& s = session_of(user);
  const auto bytes_max = static_cast<std::size_t>(s.shared().how.header_bytes_max);
  if (s.headers_.add(text_of(name, name_size), text_of(value, value_size), bytes_max))
    return 0;
  s.headers_too_large_ = true;
  // A few bytes can stand for many (HPACK): whoever goes far beyond the limit is not listened to any longer.
  return s.headers_.bytes() > 16 * bytes_max ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

int h2_session::callbacks::on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  auto& s = session_of(user);
  const bool end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  switch (frame->hd.type) {
  case NGHTTP2_SETTINGS: s.greeted_ = true; break;
  case NGHTTP2_HEADERS:
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
      s.on_request(frame->hd.stream_id);
    [[fallthrough]]; // of a request that has no body, or trailers
  case NGHTTP2_DATA:
    if (!end)
      break;
    if (auto* stream = s.find(frame->hd.stream_id)) {
      stream->request_ended_ = true;
      stream->on_end();
    }
    break;
  case NGHTTP2_RST_STREAM: s.on_reset_by_client(frame->hd.stream_id); break;
  default: break;
  }
  return 0;
}

int h2_session::callbacks::on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                                   std::size_t size, void* user) {
  session_of(user).on_body(id, text_of(data, size));
  return 0;
}

int h2_session::callbacks::on_stream_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
  session_of(user).on_stream_closed(id);
  return 0;
}

int h2_session::callbacks::on_frame_sent(nghttp2_session* of, const nghttp2_frame* frame, void* user) {
  auto& s = session_of(user);
  if (frame->hd.type == NGHTTP2_DATA)
    s.idle_frames_.earn(windows_per_data);
  if (frame->hd.type == NGHTTP2_RST_STREAM)
    s.on_own_reset(frame->rst_stream.error_code);
  if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR)
    s.overdone(refusal::protocol);
  if (frame->hd.type != NGHTTP2_HEADERS || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
    return 0;
  // The answer is whole. A client that still sends its request is told that nobody listens, and why: nothing is wrong.
  const auto* stream = s.find(frame->hd.stream_id);
  if (stream ? !stream->request_ended_ : nghttp2_session_get_stream_remote_close(of, frame->hd.stream_id) == 0)
    nghttp2_submit_rst_stream(of, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
  return 0;
}

int h2_session::callbacks::on_invalid_frame(nghttp2_session*, const nghttp2_frame*, int why, void* user) {
  auto& s = session_of(user);
  if (why == NGHTTP2_ERR_REFUSED_STREAM)
    s.shared().counts.refused(refusal::connection_calls);
  return 0;
}

ssize_t h2_session::callbacks::frame_length(nghttp2_session*, std::uint8_t, std::int32_t,
                                            std::int32_t connection_window, std::int32_t stream_window,
                                            std::uint32_t frame_size_max, void*) {
  const auto window = std::max(1, std::min(connection_window, stream_window));
  return static_cast<ssize_t>(
      std::min({static_cast<std::size_t>(window), static_cast<std::size_t>(frame_size_max), frame_bytes_max}));
}

nghttp2_data_provider h2_session::callbacks::body_of(h2_stream& from) {
  nghttp2_data_provider out{};
  out.source.ptr = &from;
  out.read_callback = read_body;
  return out;
}

void h2_session::callbacks::end_body(h2_session& in, h2_stream& of, std::uint32_t* flags) {
  *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
  std::array<nghttp2_nv, h2_stream::trailers_max> fields{};
  std::size_t count = 0;
  for (const auto& h : of.trailers())
    fields[count++] = field_of(h);
  nghttp2_submit_trailer(in.session_, of.id_, fields.data(), count);
}

ssize_t h2_session::callbacks::read_body(nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t length,
                                         std::uint32_t* flags, nghttp2_data_source* source, void* user) {
  auto& in = session_of(user);
  auto& from = *static_cast<h2_stream*>(source->ptr);
  from.next_body();
  if (!from.body_ && !from.last_said_) {
    from.deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  in.said_ns_ = in.connection_.on().now_ns();
  std::size_t done = 0;
  if (from.body_) {
    const auto left = from.body_->size() - from.body_at_;
    auto part = from.body_->rest(from.body_at_);
    if (part.size() > copied_bytes_max) { // `send_data` takes it from there
      *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
      done = std::min(part.size(), length);
      if (done == left && from.no_more_bodies())
        end_body(in, from, flags);
      return static_cast<ssize_t>(done);
    }
    for (; !part.empty() && part.size() <= copied_bytes_max && done < length; part = from.body_->rest(from.body_at_)) {
      part = part.substr(0, length - done);
      std::memcpy(to + done, part.data(), part.size());
      done += part.size();
      from.body_at_ += part.size();
    }
    in.held_ -= static_cast<std::int64_t>(done);
    from.next_body();
  }
  if (!from.body_ && from.last_said_)
    end_body(in, from, flags);
  return static_cast<ssize_t>(done);
}

int h2_session::callbacks::send_data(nghttp2_session*, nghttp2_frame*, const std::uint8_t* head, std::size_t length,
                                     nghttp2_data_source* source, void* user) {
  constexpr std::size_t head_bytes = 9; // nothing is padded
  auto& in = session_of(user);
  auto& from = *static_cast<h2_stream*>(source->ptr);
  in.gathers_->copy(text_of(head, head_bytes));
  in.gathers_->refer(from.body_->rest(from.body_at_).substr(0, length), from.body_);
  from.body_at_ += length;
  in.held_ -= static_cast<std::int64_t>(length);
  in.idle_frames_.earn(static_cast<double>(length) / 1024);
  from.next_body();
  return 0;
}

} // namespace cadenza::bridge::net
