#include "bridge/rpc/rpc.hpp"

#include "bridge/base/caller.hpp"

#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/proto_buffer_writer.h>

#include <chrono>

namespace cadenza::bridge {

namespace {

constexpr std::size_t single_slice_bytes_max = 1 << 20;

grpc::ByteBuffer to_buffer(const google::protobuf::MessageLite& message) {
  const auto size = message.ByteSizeLong();
  if (size <= single_slice_bytes_max) {
    grpc::Slice slice(size);
    message.SerializeWithCachedSizesToArray(const_cast<std::uint8_t*>(slice.begin()));
    return {&slice, 1};
  }
  grpc::ByteBuffer buffer;
  {
    grpc::ProtoBufferWriter writer(&buffer, static_cast<int>(single_slice_bytes_max), static_cast<int>(size));
    google::protobuf::io::CodedOutputStream out(&writer);
    message.SerializeWithCachedSizes(&out);
  } // the writers hand over what they hold when they go
  return buffer;
}

/// The slice takes the string over: nothing is copied.
grpc::ByteBuffer to_buffer(std::string serialized) {
  auto* owned = new std::string(std::move(serialized));
  const grpc::Slice slice(
      owned->data(), owned->size(), [](void* text) { delete static_cast<std::string*>(text); }, owned);
  return {&slice, 1};
}

/// Its bytes in one piece.
std::string whole(grpc::ByteBuffer& message) {
  std::string out;
  out.reserve(message.Length());
  grpc::ProtoBufferReader in(&message);
  const void* piece = nullptr;
  int size = 0;
  while (in.Next(&piece, &size))
    out.append(static_cast<const char*>(piece), static_cast<std::size_t>(size));
  return out;
}

std::string_view view(const grpc::string_ref& text) { return {text.data(), text.size()}; }

grpc::Status to_grpc(const wire_status& status) {
  return {static_cast<grpc::StatusCode>(status.code), status.message, status.details};
}

} // namespace

void rpc::await(rpc_core& core, grpc::ServerCompletionQueue& queue) {
  auto* waiting = new rpc(core, queue);
  core.live.fetch_add(1, std::memory_order_relaxed);
  // The last event is only delivered for an RPC that arrived; `on_arrived` gives its count back otherwise.
  waiting->context_.AsyncNotifyWhenDone(waiting->start(waiting->done_));
  core.generic.RequestCall(&waiting->context_, &waiting->wire_, &queue, &queue, waiting->start(waiting->arrived_));
}

void rpc::serve(grpc::ServerCompletionQueue& queue) {
  void* at = nullptr;
  bool ok = false;
  while (queue.Next(&at, &ok)) {
    const auto& event = *static_cast<tag*>(at);
    const boost::intrusive_ptr<rpc> keep(event.owner, false); // takes over the count of the operation
    (keep.get()->*event.on)(ok);
  }
}

void* rpc::start(tag& which) {
  intrusive_ptr_add_ref(this);
  return &which;
}

void rpc::on_arrived(bool ok) {
  if (!ok) { // the server stops
    server_.leave();
    intrusive_ptr_release(this);
    return;
  }
  if (!server_.stopping.load(std::memory_order_acquire))
    await(server_, queue_);
  if (const auto* const method = core().table.find(context_.method()))
    arrived(*method);
  else if (const auto route = thrift_route_of_path(core().table, context_.method()))
    arrived(route, std::string(metadata(service_header)));
  else
    stream_ = make_stream(context_.method(), core());
  if (!is_call() && !stream_) {
    core().meters.unknown_method();
    return finish(unknown_method(context_.method()));
  }
  if (is_call())
    count_in();
  if (server_.refusing.load())
    return finish(to_wire(server_stopping(), false));
  read_next();
}

void rpc::read_next() {
  const std::lock_guard guard(operations_);
  if (!ended_ && !finishing_)
    wire_.Read(&in_, start(read_));
}

void rpc::on_read(bool ok) {
  if (!ok) {
    if (stream_)
      return stream_->on_half_close(*this);
    return finish({grpc::StatusCode::INVALID_ARGUMENT, "the request has no message", {}});
  }
  grpc::ByteBuffer message; // of its own: the next one may be read meanwhile, and a poll may hang for long
  message.Swap(&in_);
  grpc::ProtoBufferReader bytes(&message);
  if (!bytes.status().ok())
    return finish({grpc::StatusCode::INVALID_ARGUMENT, "the request cannot be decompressed", {}});
  if (stream_)
    stream_->on_message(*this, whole(message));
  else if (speaks_thrift())
    begin_thrift(learn_caller(), deadline_ns(), whole(message));
  else
    begin(learn_caller(), deadline_ns(), bytes, [&message] { return whole(message); });
}

std::shared_ptr<const actors::caller_info> rpc::learn_caller() const {
  caller_builder builder;
  for (const auto& [key, value] : context_.client_metadata())
    builder.add(view(key), view(value));
  return std::make_shared<const actors::caller_info>(std::move(builder).finish());
}

std::int64_t rpc::deadline_ns() const {
  const auto deadline = context_.deadline();
  if (deadline == std::chrono::system_clock::time_point::max())
    return INT64_MAX;
  return std::chrono::duration_cast<std::chrono::nanoseconds>(deadline.time_since_epoch()).count();
}

void rpc::send(const google::protobuf::MessageLite& response) {
  if (speaks_thrift())
    return send_thrift(in_thrift(response), {});
  const auto bytes = to_buffer(response);
  end(&bytes, {});
}

void rpc::send(std::string serialized_response) {
  if (speaks_thrift())
    return send_thrift(in_thrift(serialized_response), {});
  const auto bytes = to_buffer(std::move(serialized_response));
  end(&bytes, {});
}

void rpc::send(const error& reason) {
  if (!speaks_thrift())
    return end(nullptr, status_of(reason));
  auto told = in_thrift(reason);
  if (told.body.empty())
    return finish(told.status);
  auto body = std::move(told.body);
  send_thrift(std::move(body), thrift_trailers(told));
}

void rpc::send_thrift(std::string body, const std::vector<header_text>& trailers) {
  {
    const std::lock_guard guard(operations_);
    if (!thrift_service().empty())
      context_.AddTrailingMetadata(std::string(service_header), thrift_service());
    for (const auto& [name, value] : trailers)
      context_.AddTrailingMetadata(std::string(name), value);
  }
  const auto bytes = to_buffer(std::move(body));
  end(&bytes, {});
}

std::string_view rpc::metadata(std::string_view name) const {
  const auto found = context_.client_metadata().find(grpc::string_ref(name.data(), name.size()));
  return found == context_.client_metadata().end() ? std::string_view() : view(found->second);
}

void rpc::end(const grpc::ByteBuffer* response, const wire_status& status) {
  const std::lock_guard guard(operations_);
  if (std::exchange(finishing_, true) || ended_)
    return;
  if (response)
    wire_.WriteAndFinish(*response, grpc::WriteOptions(), grpc::Status::OK, start(finished_));
  else
    wire_.Finish(to_grpc(status), start(finished_));
}

void rpc::finish(const wire_status& status) { end(nullptr, status); }

void rpc::write(const google::protobuf::MessageLite& message) {
  const auto bytes = to_buffer(message);
  const std::lock_guard guard(operations_);
  if (!ended_ && !finishing_)
    wire_.Write(bytes, start(written_));
}

void rpc::on_written(bool ok) {
  if (ok)
    stream_->on_written(*this);
}

void rpc::on_finished(bool) { over(); }

void rpc::count_in() {
  const std::lock_guard guard(operations_);
  if (ended_)
    return;
  under_way_ = true;
  server_.under_way.begin();
}

void rpc::over() {
  {
    const std::lock_guard guard(operations_);
    if (!std::exchange(under_way_, false))
      return;
  }
  server_.under_way.end();
}

void rpc::on_done(bool) {
  {
    const std::lock_guard guard(operations_);
    ended_ = true;
  }
  const bool cancelled = context_.IsCancelled();
  if (stream_)
    stream_->on_done(*this);
  else if (cancelled)
    left();
  if (cancelled)
    over();
  server_.leave();
}

} // namespace cadenza::bridge
