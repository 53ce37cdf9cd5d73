#include "bridge/rpc/inbound_call.hpp"

#include "bridge/base/caller.hpp"
#include "bridge/handlers/audit.hpp"
#include "bridge/rpc/grpc_codes.hpp"
#include "bridge/rpc/wire_call.hpp"
#include "config/log.hpp"
#include "messages/utf8.hpp"
#include "messages/wire_text.hpp"

#include <google/protobuf/message.h>

#include <chrono>
#include <exception>
#include <memory>
#include <utility>

namespace cadenza::bridge {

namespace {

constexpr std::size_t shown_bytes_max = 256; // of a path that a client asked for

std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

} // namespace

void inbound_call::arrived(const method& which) {
  method_ = &which;
  arrived_ns_ = steady_ns();
}

void inbound_call::arrived(const thrift_route& which, std::string service) {
  arrived(*which.which);
  thrift_ = std::make_unique<thrift_side>(thrift_side{*which.how, std::move(service), {}});
  if (over_ == wire_kind::grpc)
    over_ = wire_kind::thrift_grpc;
}

actors::call_ptr inbound_call::admit(std::shared_ptr<const actors::caller_info> caller, std::int64_t deadline_ns) {
  caller_ = std::move(caller);
  actors::call_ptr call = std::make_shared<wire_call>(inbound_ptr(this), deadline_ns);
  if (!method_->handle) {
    call->reject({error_kind::unimplemented, method_->service + "/" + method_->name + " is not implemented yet"});
    return nullptr;
  }
  if (method_->version_checked && core_.context.current_limits()->client_version_checked) {
    if (const auto good = check_client_version(*caller_); !good) {
      call->reject(good.error());
      return nullptr;
    }
  }
  if (method_->hangs) {
    core_.hanging.add(*this);
    core_.meters.hanging().add();
  } else if (method_->asks_worker) {
    core_.asking.add(*this);
  }
  return call;
}

bool inbound_call::is_noted() const {
  static const auto noted = noted_methods(core_.table);
  return noted[method_->index];
}

void inbound_call::begin(std::shared_ptr<const actors::caller_info> caller, std::int64_t deadline_ns,
                         google::protobuf::io::ZeroCopyInputStream& request,
                         const std::function<std::string()>& again) {
  auto call = admit(std::move(caller), deadline_ns);
  if (!call)
    return;
  auto message = method_->make();
  if (!message->ParseFromZeroCopyStream(&request))
    message = read_mended(again());
  if (!message)
    return refuse_unreadable(*call);
  hand_over(std::move(message), std::move(call));
}

void inbound_call::begin_thrift(std::shared_ptr<const actors::caller_info> caller, std::int64_t deadline_ns,
                                std::string_view body) {
  auto call = admit(std::move(caller), deadline_ns);
  if (!call)
    return;
  auto request = method_->make();
  bool mended = false;
  if (const auto good = read_thrift_call(thrift_->how, body, *request, thrift_->around, mended); !good)
    return call->reject(good.error());
  if (mended)
    core_.meters.mended(); // before the answer: whoever has that finds it counted
  hand_over(std::move(request), std::move(call));
}

void inbound_call::hand_over(method::request_ptr request, actors::call_ptr call) {
  if (is_noted())
    note_change(*request, *caller_);
  method_->handle(core_.context, std::move(request), std::move(call));
}

void inbound_call::refuse_unreadable(actors::call& call) {
  call.reject(bad_request("the request cannot be read as a " + method_->input->full_name()));
}

/// Clients in Go send any bytes as text, as a reason that was cut in the middle of a letter, and will do it again and
/// again: such a request is read with what is readable of it.
method::request_ptr inbound_call::read_mended(const std::string& request) {
  const auto mended = with_readable_text(request, *method_->input);
  auto out = method_->make();
  if (!mended || !out->ParseFromString(*mended))
    return nullptr;
  core_.meters.mended(); // before the answer: whoever has that finds it counted
  return out;
}

void inbound_call::answer(const google::protobuf::MessageLite& response) {
  if (!settle())
    return;
  count(std::nullopt);
  send_or_fail([&] { send(response); });
}

void inbound_call::answer(std::string serialized_response) {
  if (!settle())
    return;
  count(std::nullopt);
  send_or_fail([&] { send(std::move(serialized_response)); });
}

/// An answer that cannot be written is a fault of ours: it must not end whoever gave it, and the client hears of it.
template <class Send> void inbound_call::send_or_fail(Send send_it) {
  try {
    send_it();
  } catch (const std::exception& failure) {
    log::error({field::rpc(method_->path), field::error(failure.what())},
               "an answer of {rpc} cannot be written: {error}");
    send(internal_error("the answer cannot be written"));
  }
}

void inbound_call::answer(const error& reason) {
  const bool dropped_on_request = reason.kind == error_kind::unavailable && was_expired();
  if (!settle())
    return;
  if (dropped_on_request) {
    // The engine dropped a poll because we asked for it: nothing was found.
    count(std::nullopt);
    return send(std::string());
  }
  count(reason.kind);
  send(reason);
}

void inbound_call::refuse(const error& reason) {
  if (!settle())
    return;
  count(reason.kind);
  send(reason);
}

bool inbound_call::settle() {
  std::function<void()> unused_hook; // goes after the lock: it may hold actors
  {
    const std::lock_guard guard(lock_);
    if (std::exchange(answered_, true))
      return false; // and whoever was served may have ended since
    unused_hook.swap(hook_);
  }
  if (method_->hangs && core_.hanging.remove(*this))
    core_.meters.hanging().sub();
  else if (method_->asks_worker)
    core_.asking.remove(*this);
  return true;
}

wire_status inbound_call::status_of(const error& reason) const {
  const auto who = method_->service.starts_with("uber.cadence.admin.") ? told_by::admin : told_by::frontend;
  return to_wire(reason, caller().told_already_completed, who);
}

std::string inbound_call::in_thrift(const google::protobuf::MessageLite& response) const {
  const auto& message = static_cast<const google::protobuf::Message&>(response);
  // Some methods are answered with the message of another one that has the same fields: in protobuf nobody can tell.
  if (message.GetDescriptor() != method_->output)
    return in_thrift(message.SerializeAsString());
  return write_thrift_result(thrift_->how, thrift_->around, message);
}

std::string inbound_call::in_thrift(const std::string& serialized_response) const {
  return write_thrift_result(thrift_->how, thrift_->around, *response_of(*method_, serialized_response));
}

thrift_failure inbound_call::in_thrift(const error& reason) const {
  if (reason.kind == error_kind::workflow_already_completed && !caller().told_already_completed)
    return in_thrift(not_exists("Workflow execution already completed."));
  thrift_failure out;
  out.name = thrift_exception_name(reason.kind);
  if (!out.name.empty())
    out.text = std::string(out.name) + "{Message: " + reason.message + "}";
  if (auto body = write_thrift_exception(thrift_->how, thrift_->around, reason)) {
    out.body = std::move(*body);
    return out;
  }
  out.status = status_of(reason);
  out.status.details.clear();
  // The reference system's code does not know what to make of a failure that the method does not declare.
  if (!out.name.empty() && reason.kind != error_kind::internal_service)
    out.status = {grpc_code::unknown, out.text, {}};
  return out;
}

wire_status unknown_method(std::string_view path) {
  return {grpc_code::unimplemented, "unknown method " + utf8::excerpt(path, shown_bytes_max), {}};
}

error server_stopping() { return unavailable("the server is stopping; try again"); }

void inbound_call::count(std::optional<error_kind> failure) {
  core_.meters.answered(over_, *method_, failure, steady_ns() - arrived_ns_);
}

bool inbound_call::was_expired() {
  const std::lock_guard guard(lock_);
  return expired_;
}

void inbound_call::on_cancel(std::function<void()> hook) {
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

void inbound_call::expire() {
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

void inbound_call::left() {
  std::function<void()> hook;
  {
    const std::lock_guard guard(lock_);
    gone_.store(true, std::memory_order_release);
    hook.swap(hook_);
  }
  if (hook)
    hook();
}

// --- calls that wait

hanging_list::shard& hanging_list::shard_of(const inbound_call& call) {
  return shards_[(reinterpret_cast<std::uintptr_t>(&call) >> 8) % shards_count];
}

void hanging_list::add(inbound_call& call) {
  auto& in = shard_of(call);
  const std::lock_guard guard(in.lock);
  call.next_ = in.first;
  if (in.first)
    in.first->previous_ = &call;
  in.first = &call;
  call.listed_ = true;
}

bool hanging_list::remove(inbound_call& call) {
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

std::vector<inbound_ptr> hanging_list::all() {
  std::vector<inbound_ptr> out; // a listed call is held by its call object
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

void hanging_list::refuse_all(const error& reason) {
  for (const auto& call : all())
    call->refuse(reason);
}

} // namespace cadenza::bridge
