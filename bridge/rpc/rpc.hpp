#pragma once

#include "bridge/rpc/inbound_call.hpp"
#include "bridge/rpc/rpc_core.hpp"
#include "bridge/rpc/stream.hpp"
#include "bridge/rpc/thrift_trailers.hpp"

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace cadenza::bridge {

/// The server's side of one RPC on a completion queue, from the moment it is waited for until its last event.
///
/// Lifetime: counted; every operation that is under way and every call object made from it holds a count.
/// Threads: events come on the queue's threads, answers from any thread.
class rpc final : private inbound_call, private stream_peer {
public:
  /// Asks the queue for the next RPC.
  static void await(rpc_core& core, grpc::ServerCompletionQueue& queue);

  /// The queue's loop: hands events to their RPCs until the queue is shut down and empty.
  static void serve(grpc::ServerCompletionQueue& queue);

private:
  struct tag {
    rpc* owner;
    void (rpc::*on)(bool ok);
  };

  rpc(rpc_core& core, grpc::ServerCompletionQueue& queue)
    : inbound_call(core.calls, wire_kind::grpc), server_(core), queue_(queue) {}
  ~rpc() override = default;

  friend void intrusive_ptr_add_ref(const rpc* at) { at->references_.fetch_add(1, std::memory_order_relaxed); }
  friend void intrusive_ptr_release(const rpc* at) {
    if (at->references_.fetch_sub(1, std::memory_order_acq_rel) == 1)
      delete at;
  }
  void hold() const override { intrusive_ptr_add_ref(this); }
  void let_go() const override { intrusive_ptr_release(this); }
  void hold_peer() const override { intrusive_ptr_add_ref(this); }
  void let_go_of_peer() const override { intrusive_ptr_release(this); }

  // --- the answer to a single request
  void send(const google::protobuf::MessageLite& response) override;
  void send(std::string serialized_response) override;
  void send(const error& reason) override;

  // --- for streams
  void read_next() override;
  void write(const google::protobuf::MessageLite& message) override;
  void finish(const wire_status& status) override;
  call_core& calls() override { return server_.calls; }

  void on_arrived(bool ok);
  void on_read(bool ok);
  void on_written(bool ok);
  void on_finished(bool ok);
  void on_done(bool ok);

  void send_thrift(std::string body, const std::vector<header_text>& trailers);
  void end(const grpc::ByteBuffer* response, const wire_status& status);
  void count_in();         ///< as under way
  void over();             ///< a call's answer is out, or nobody is there to take it
  void* start(tag& which); ///< counts an operation; gives its tag
  [[nodiscard]] std::shared_ptr<const actors::caller_info> learn_caller() const;
  [[nodiscard]] std::int64_t deadline_ns() const;
  [[nodiscard]] std::string_view metadata(std::string_view name) const;

  rpc_core& server_;
  grpc::ServerCompletionQueue& queue_;
  mutable std::atomic<int> references_{0};
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter wire_{&context_};
  grpc::ByteBuffer in_;
  tag arrived_{this, &rpc::on_arrived};
  tag read_{this, &rpc::on_read};
  tag written_{this, &rpc::on_written};
  tag finished_{this, &rpc::on_finished};
  tag done_{this, &rpc::on_done};

  std::unique_ptr<stream> stream_; // null: one request, one answer, or a method that is unknown

  std::mutex operations_; // guards what follows
  bool ended_ = false;    // the last event came: no operation may start
  bool finishing_ = false;
  bool under_way_ = false; // counted as such
};

} // namespace cadenza::bridge
