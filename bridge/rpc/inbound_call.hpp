#pragma once

#include "actors/base/call.hpp"
#include "bridge/base/error_mapping.hpp"
#include "bridge/rpc/call_core.hpp"
#include "bridge/rpc/thrift_routes.hpp"
#include "messages/thrift_calls.hpp"

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <google/protobuf/io/zero_copy_stream.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace cadenza::bridge {

/// A failure as clients that speak Thrift are told it.
struct thrift_failure {
  std::string body;      ///< the exception; "": the method declares none for it, and `status` says it all
  std::string_view name; ///< of the exception
  std::string text;      ///< what it says, for the headers of YARPC
  wire_status status;
};

/// One request with one answer, from its arrival to the answer, whatever protocol brought it: what call objects and the
/// list of hanging polls hold. A protocol derives its own kind, which knows how answers are sent.
///
/// Lifetime: counted by the derived class. Threads: answers come from any thread; the protocol calls from its own.
class inbound_call {
public:
  inbound_call(const inbound_call&) = delete;
  inbound_call& operator=(const inbound_call&) = delete;

  // --- for call objects; there is one answer
  void answer(const google::protobuf::MessageLite& response);
  void answer(std::string serialized_response);
  void answer(const error& reason);
  void on_cancel(std::function<void()> hook);
  [[nodiscard]] bool gone() const { return gone_.load(std::memory_order_acquire); }
  [[nodiscard]] const actors::caller_info& caller() const { return *caller_; }

  /// As if the client had left, but what is then dropped is answered empty instead of with an error.
  void expire();
  /// Answers instead of whoever works for it, whose answer then goes nowhere.
  void refuse(const error& reason);

protected:
  inbound_call(call_core& core, wire_kind over) : core_(core), over_(over) {}
  virtual ~inbound_call() = default;

  // --- for protocols
  [[nodiscard]] call_core& core() const { return core_; }
  /// It has arrived: it is a call of some method.
  [[nodiscard]] bool is_call() const { return method_ != nullptr; }
  /// Before anything else.
  void arrived(const method& which);
  /// The same for a call in Thrift, whose client has called `service`.
  void arrived(const thrift_route& which, std::string service);
  /// Makes the call object and hands the request to its handler. Once. `deadline_ns`: unix time, INT64_MAX if there is
  /// none. `again` gives all bytes of the request, for the rare case that they cannot be read as they are.
  void begin(std::shared_ptr<const actors::caller_info> caller, std::int64_t deadline_ns,
             google::protobuf::io::ZeroCopyInputStream& request, const std::function<std::string()>& again);
  /// The same for a call in Thrift.
  void begin_thrift(std::shared_ptr<const actors::caller_info> caller, std::int64_t deadline_ns, std::string_view body);
  /// The client has left: whoever works for it is told so.
  void left();

  // --- by protocols: the answer, from any thread, once. Must not throw or wait.
  virtual void send(const google::protobuf::MessageLite& response) = 0;
  virtual void send(std::string serialized_response) = 0;
  virtual void send(const error& reason) = 0;
  /// A failure as gRPC tells it to this caller.
  [[nodiscard]] wire_status status_of(const error& reason) const;

  // --- for answers to calls in Thrift
  [[nodiscard]] bool speaks_thrift() const { return thrift_ != nullptr; }
  [[nodiscard]] const std::string& thrift_service() const { return thrift_->service; }
  [[nodiscard]] std::string in_thrift(const google::protobuf::MessageLite& response) const;
  [[nodiscard]] std::string in_thrift(const std::string& serialized_response) const;
  [[nodiscard]] thrift_failure in_thrift(const error& reason) const;

private:
  struct thrift_side {
    const thrift_method& how;
    std::string service;
    thrift_envelope around;
  };
  friend class hanging_list;
  friend void intrusive_ptr_add_ref(const inbound_call* at) { at->hold(); }
  friend void intrusive_ptr_release(const inbound_call* at) { at->let_go(); }
  virtual void hold() const = 0;
  virtual void let_go() const = 0;

  /// The call object; null: the call was answered already.
  /// Whether the method changes something that operators find in the log.
  [[nodiscard]] bool is_noted() const;
  [[nodiscard]] actors::call_ptr admit(std::shared_ptr<const actors::caller_info> caller, std::int64_t deadline_ns);
  [[nodiscard]] bool was_expired();
  /// The request, made readable; null: there is no way.
  [[nodiscard]] method::request_ptr read_mended(const std::string& request);
  template <class Send> void send_or_fail(Send send_it);
  void hand_over(method::request_ptr request, actors::call_ptr call);
  void refuse_unreadable(actors::call& call);
  void count(std::optional<error_kind> failure);
  [[nodiscard]] bool settle();

  call_core& core_;
  wire_kind over_;
  std::atomic<bool> gone_{false};
  const method* method_ = nullptr;
  std::unique_ptr<thrift_side> thrift_; // null: it speaks protobuf
  std::shared_ptr<const actors::caller_info> caller_;
  std::int64_t arrived_ns_ = 0; // steady

  std::mutex lock_; // guards what follows
  bool answered_ = false;
  bool expired_ = false;
  std::function<void()> hook_; // for the client's leaving

  bool listed_ = false; // these three: under the hanging list's lock
  inbound_call* next_ = nullptr;
  inbound_call* previous_ = nullptr;
};

using inbound_ptr = boost::intrusive_ptr<inbound_call>;

/// What a call to a path that is no method is told.
[[nodiscard]] wire_status unknown_method(std::string_view path);

/// What calls are told that come, or would wait, when the server is about to end.
[[nodiscard]] error server_stopping();

} // namespace cadenza::bridge
