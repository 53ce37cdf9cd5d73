#pragma once

#include "messages/error.hpp"
#include "messages/invariant.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace google::protobuf {
class MessageLite;
}

namespace cadenza::actors {

/// What the caller of an RPC said about itself in its headers. Empty texts: not said.
struct caller_info {
  std::string name;                    ///< rpc-caller
  std::string client_impl;             ///< cadence-client-name: uber-go, uber-java, cli…
  std::string library_version;         ///< cadence-client-library-version
  std::string feature_version;         ///< cadence-client-feature-version
  std::string isolation_group;         ///< cadence-worker-isolation-group, or cadence-client-isolation-group
  std::string partition_config;        ///< cadence-workflow-partition-config, JSON
  std::string caller_type;             ///< cadence-caller-type
  std::string authorization;           ///< cadence-authorization
  bool told_already_completed = false; ///< may receive WorkflowExecutionAlreadyCompletedError
  bool reads_raw_history = false;      ///< may receive histories as batches in Thrift
  bool takes_sticky_queries = false;   ///< answers queries on its sticky list, without a history
};

/// One request that somebody waits for. Whoever holds it must answer it once, with `reply` or `reject`; when the last
/// holder drops it unanswered (an actor was killed, a mailbox was lost) the caller is told UNAVAILABLE by itself.
///
/// Threads: may be answered from any thread; only the first answer counts. Copies of the shared pointer travel in
/// actor messages.
class call {
public:
  explicit call(std::int64_t deadline_ns) : deadline_ns_(deadline_ns) {}
  call(const call&) = delete;
  call& operator=(const call&) = delete;
  virtual ~call() = default;

  /// Answers with success. `response` is serialized before this returns.
  void reply(const google::protobuf::MessageLite& response) {
    if (!answered_.exchange(true))
      send(response);
  }

  /// Answers with success: `bytes` is the serialized response message.
  void reply_bytes(std::string bytes) {
    if (!answered_.exchange(true))
      send_bytes(std::move(bytes));
  }

  /// Answers with a failure.
  void reject(const error& reason) {
    if (!answered_.exchange(true))
      fail(reason);
  }

  [[nodiscard]] bool answered() const { return answered_.load(std::memory_order_relaxed); }

  /// True once the client has gone away: nothing handed to this call would arrive.
  [[nodiscard]] virtual bool cancelled() const { return false; }

  /// Runs `hook` once when the client goes away (at once if it already has). At most one hook; it may run on any
  /// thread and must only send a message.
  virtual void on_cancel(std::function<void()> hook) { (void)hook; }

  /// Unix time in ns by which the caller wants an answer; INT64_MAX when it set none.
  [[nodiscard]] std::int64_t deadline_ns() const { return deadline_ns_; }

  [[nodiscard]] virtual const caller_info& caller() const {
    static const caller_info nobody;
    return nobody;
  }

protected:
  virtual void send(const google::protobuf::MessageLite& response) = 0;
  virtual void send_bytes(std::string bytes) = 0;
  virtual void fail(const error& reason) = 0;

  /// For destructors of derived classes: the answer of a call that was lost.
  void lost() {
    if (!answered_.exchange(true))
      fail(unavailable("the request was dropped; send it again"));
  }

private:
  const std::int64_t deadline_ns_;
  std::atomic<bool> answered_{false};
};

using call_ptr = std::shared_ptr<call>;

/// A call made inside the server: hands its answer to a function. `Response` is the expected message type.
template <class Response> class inner_call final : public call {
public:
  using handler = std::function<void(const Response*, const error*)>; ///< exactly one of the two is set

  inner_call(std::int64_t deadline_ns, handler h) : call(deadline_ns), handler_(std::move(h)) {
    CADENZA_ASSERT(handler_, "somebody takes the answer to a call inside the server");
  }
  ~inner_call() override { lost(); }

protected:
  void send(const google::protobuf::MessageLite& response) override {
    handler_(static_cast<const Response*>(&response), nullptr);
  }
  void send_bytes(std::string bytes) override {
    Response response;
    if (response.ParseFromString(bytes))
      return handler_(&response, nullptr);
    const error reason = internal_error("an answer inside the server does not parse");
    handler_(nullptr, &reason);
  }
  void fail(const error& reason) override { handler_(nullptr, &reason); }

private:
  handler handler_;
};

} // namespace cadenza::actors
