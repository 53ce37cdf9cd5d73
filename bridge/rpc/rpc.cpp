#include "bridge/rpc/rpc.hpp"

#include "bridge/base/caller.hpp"
#include "bridge/rpc/mended_text.hpp"
#include "bridge/rpc/wire_call.hpp"
#include "messages/utf8.hpp"

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/proto_buffer_writer.h>

#include <chrono>

namespace cadenza::bridge {

namespace {

constexpr std::size_t single_slice_bytes_max = 1 << 20;
constexpr std::size_t shown_bytes_max = 256; // of a path that a client asked for

std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

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

std::string_view view(const grpc::string_ref& text) { return {text.data(), text.size()}; }

wire_status status_of(int code, std::string message) { return {code, std::move(message), {}}; }

grpc::Status to_grpc(const wire_status& status) {
  return {static_cast<grpc::StatusCode>(status.code), status.message, status.details};
}

/// What Go programs send that give `workflowserviceclient` a gRPC outbound: Thrift, to services without a package.
bool speaks_thrift(const grpc::GenericServerContext& context) {
  const auto encoding = context.client_metadata().find("rpc-encoding");
  return (encoding != context.client_metadata().end() && view(encoding->second) == "thrift") ||
         context.method().starts_with("/WorkflowService/");
}

const std::string thrift_is_not_spoken =
    "this server speaks gRPC with Protobuf, not with Thrift: give the worker or client "
    "compatibility.NewThrift2ProtoAdapter of go.uber.org/cadence instead of workflowserviceclient";

} // namespace

wire_status stopping() { return status_of(grpc::StatusCode::UNAVAILABLE, "the server is stopping; send it again"); }

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
    const rpc_ptr keep(event.owner, false); // takes over the count of the operation
    (keep.get()->*event.on)(ok);
  }
}

void* rpc::start(tag& which) {
  intrusive_ptr_add_ref(this);
  return &which;
}

void rpc::on_arrived(bool ok) {
  if (!ok) { // the server stops
    core_.leave();
    intrusive_ptr_release(this);
    return;
  }
  if (!core_.stopping.load(std::memory_order_acquire))
    await(core_, queue_);
  arrived_ns_ = steady_ns();
  method_ = core_.table.find(context_.method());
  if (!method_)
    stream_ = make_stream(context_.method(), core_);
  if (!method_ && !stream_) {
    core_.meters.unknown_method();
    return finish(status_of(grpc::StatusCode::UNIMPLEMENTED,
                            speaks_thrift(context_)
                                ? thrift_is_not_spoken
                                : "unknown method " + utf8::excerpt(context_.method(), shown_bytes_max)));
  }
  if (method_)
    begin();
  if (core_.refusing.load())
    return finish(stopping());
  read_next();
}

void rpc::read_next() {
  const std::lock_guard guard(lock_);
  if (!ended_ && !answered_)
    wire_.Read(&in_, start(read_));
}

void rpc::on_read(bool ok) {
  if (stream_) {
    if (!ok)
      return stream_->on_half_close(*this);
    stream_->on_message(*this, in_);
    return;
  }
  if (!ok)
    return finish(status_of(grpc::StatusCode::INVALID_ARGUMENT, "the request has no message"));
  dispatch();
  in_.Clear(); // a poll may hang for long
}

void rpc::learn_caller() {
  caller_builder builder;
  for (const auto& [key, value] : context_.client_metadata())
    builder.add(view(key), view(value));
  caller_ = std::move(builder).finish();
}

std::int64_t rpc::deadline_ns() const {
  const auto deadline = context_.deadline();
  if (deadline == std::chrono::system_clock::time_point::max())
    return INT64_MAX;
  return std::chrono::duration_cast<std::chrono::nanoseconds>(deadline.time_since_epoch()).count();
}

void rpc::dispatch() {
  learn_caller();
  auto call = std::make_shared<wire_call>(rpc_ptr(this), deadline_ns());
  if (!method_->handle)
    return call->reject(
        {error_kind::unimplemented, method_->service + "/" + method_->name + " is not implemented yet"});
  if (method_->version_checked && core_.with.current_limits()->client_version_checked) {
    if (const auto good = check_client_version(caller_); !good)
      return call->reject(good.error());
  }
  if (method_->hangs) {
    core_.hanging.add(*this);
    core_.meters.hanging().add();
  } else if (method_->asks_worker) {
    core_.asking.add(*this);
  }
  grpc::ProtoBufferReader bytes(&in_);
  if (!bytes.status().ok())
    return call->reject(bad_request("the request cannot be decompressed"));
  actors::call_ptr held = std::move(call);
  if (!method_->handle(core_.with, bytes, held))
    dispatch_mended(std::move(held));
}

/// Clients in Go send any bytes as text, as a reason that was cut in the middle of a letter, and will do it again and
/// again: such a request is read with what is readable of it.
void rpc::dispatch_mended(actors::call_ptr call) {
  if (const auto mended = with_readable_text(in_, *method_->input)) {
    google::protobuf::io::ArrayInputStream again(mended->data(), static_cast<int>(mended->size()));
    if (method_->handle(core_.with, again, call))
      return core_.meters.mended();
  }
  call->reject(bad_request("the request cannot be read as a " + method_->input->full_name()));
}

void rpc::answer(const google::protobuf::MessageLite& response) {
  core_.meters.answered(*method_, std::nullopt, steady_ns() - arrived_ns_);
  const auto bytes = to_buffer(response);
  end(&bytes, {});
}

void rpc::answer(std::string serialized_response) {
  core_.meters.answered(*method_, std::nullopt, steady_ns() - arrived_ns_);
  const auto bytes = to_buffer(std::move(serialized_response));
  end(&bytes, {});
}

void rpc::answer(const error& reason) {
  const auto took_ns = steady_ns() - arrived_ns_;
  if (reason.kind == error_kind::unavailable && was_expired()) {
    // The engine dropped a poll because we asked for it: nothing was found.
    core_.meters.answered(*method_, std::nullopt, took_ns);
    const grpc::Slice nothing;
    grpc::ByteBuffer empty(&nothing, 1);
    return end(&empty, {});
  }
  core_.meters.answered(*method_, reason.kind, took_ns);
  const auto who = method_->service.starts_with("uber.cadence.admin.") ? told_by::admin : told_by::frontend;
  end(nullptr, to_wire(reason, caller_.told_already_completed, who));
}

bool rpc::was_expired() {
  const std::lock_guard guard(lock_);
  return expired_;
}

void rpc::end(const grpc::ByteBuffer* response, const wire_status& status) {
  if (method_->hangs && core_.hanging.remove(*this))
    core_.meters.hanging().sub();
  else if (method_->asks_worker)
    core_.asking.remove(*this);
  std::function<void()> unused_hook; // goes after the lock: it may hold actors
  const std::lock_guard guard(lock_);
  unused_hook.swap(hook_);
  if (std::exchange(answered_, true) || ended_)
    return;
  if (response)
    wire_.WriteAndFinish(*response, grpc::WriteOptions(), grpc::Status::OK, start(finished_));
  else
    wire_.Finish(to_grpc(status), start(finished_));
}

void rpc::finish(const wire_status& status) {
  const std::lock_guard guard(lock_);
  if (ended_ || answered_)
    return;
  answered_ = true;
  wire_.Finish(to_grpc(status), start(finished_));
}

void rpc::write(const google::protobuf::MessageLite& message) {
  const auto bytes = to_buffer(message);
  const std::lock_guard guard(lock_);
  if (!ended_ && !answered_)
    wire_.Write(bytes, start(written_));
}

void rpc::on_cancel(std::function<void()> hook) {
  {
    const std::lock_guard guard(lock_);
    if (answered_)
      return;
    if (!gone_.load(std::memory_order_relaxed)) {
      hook_ = std::move(hook);
      return;
    }
  }
  hook();
}

void rpc::expire() {
  std::function<void()> hook;
  {
    const std::lock_guard guard(lock_);
    if (answered_ || gone_.load(std::memory_order_relaxed))
      return;
    expired_ = true;
    gone_.store(true, std::memory_order_release);
    hook.swap(hook_);
  }
  if (hook)
    hook();
}

void rpc::on_written(bool ok) {
  if (ok)
    stream_->on_written(*this);
}

void rpc::on_finished(bool) { over(); }

void rpc::begin() {
  const std::lock_guard guard(lock_);
  if (ended_)
    return;
  under_way_ = true;
  core_.under_way.begin();
}

void rpc::over() {
  {
    const std::lock_guard guard(lock_);
    if (!std::exchange(under_way_, false))
      return;
  }
  core_.under_way.end();
}

void rpc::on_done(bool) {
  std::function<void()> hook;
  {
    const std::lock_guard guard(lock_);
    ended_ = true;
    if (context_.IsCancelled()) {
      gone_.store(true, std::memory_order_release);
      hook.swap(hook_);
    }
  }
  if (stream_)
    stream_->on_done(*this);
  if (hook)
    hook();
  if (context_.IsCancelled())
    over();
  core_.leave();
}

// --- calls that wait

hanging_list::shard& hanging_list::shard_of(const rpc& call) {
  return shards_[(reinterpret_cast<std::uintptr_t>(&call) >> 8) % shards_count];
}

void hanging_list::add(rpc& call) {
  auto& in = shard_of(call);
  const std::lock_guard guard(in.lock);
  call.next_ = in.first;
  if (in.first)
    in.first->previous_ = &call;
  in.first = &call;
  call.listed_ = true;
}

bool hanging_list::remove(rpc& call) {
  auto& in = shard_of(call);
  const std::lock_guard guard(in.lock);
  if (!call.listed_)
    return false;
  (call.previous_ ? call.previous_->next_ : in.first) = call.next_;
  if (call.next_)
    call.next_->previous_ = call.previous_;
  call.next_ = call.previous_ = nullptr;
  call.listed_ = false;
  return true;
}

std::vector<rpc_ptr> hanging_list::all() {
  std::vector<rpc_ptr> out; // a listed call is held by its call object
  for (auto& in : shards_) {
    const std::lock_guard guard(in.lock);
    for (auto* call = in.first; call; call = call->next_)
      out.emplace_back(call);
  }
  return out;
}

void hanging_list::expire_all() {
  for (const auto& poll : all())
    poll->expire();
}

void hanging_list::refuse_all(const wire_status& reason) {
  for (const auto& call : all())
    call->finish(reason);
}

} // namespace cadenza::bridge
