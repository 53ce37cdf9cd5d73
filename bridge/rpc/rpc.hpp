#pragma once

#include "actors/base/call.hpp"
#include "bridge/base/error_mapping.hpp"
#include "bridge/rpc/rpc_core.hpp"

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

namespace cadenza::bridge {

class rpc;

/// An RPC that is more than one request and one answer (health watches, reflection). Its functions run on the queue's
/// threads, `on_done` possibly beside another one.
class stream {
public:
  virtual ~stream() = default;
  virtual void on_message(rpc& at, grpc::ByteBuffer& message) = 0;
  virtual void on_half_close(rpc& at) = 0; ///< the client says no more
  virtual void on_written(rpc& at) = 0;    ///< the last `write` is through
  virtual void on_done(rpc& at) = 0;       ///< the end; no function is called after it returned
};

/// The server's side of one RPC on a completion queue, from the moment it is waited for until its last event.
///
/// Lifetime: counted; every operation that is under way and every call object made from it holds a count.
/// Threads: events come on the queue's threads, answers from any thread.
class rpc {
public:
  /// Asks the queue for the next RPC.
  static void await(rpc_core& core, grpc::ServerCompletionQueue& queue);

  /// The queue's loop: hands events to their RPCs until the queue is shut down and empty.
  static void serve(grpc::ServerCompletionQueue& queue);

  // --- for call objects; the first answer ends the RPC
  void answer(const google::protobuf::MessageLite& response);
  void answer(std::string serialized_response);
  void answer(const error& reason);
  void on_cancel(std::function<void()> hook);
  [[nodiscard]] bool gone() const { return gone_.load(std::memory_order_acquire); }
  [[nodiscard]] const actors::caller_info& caller() const { return caller_; }

  /// As if the client had left, but what is then dropped is answered empty instead of with an error.
  void expire();

  // --- for streams
  void read_next();
  void write(const google::protobuf::MessageLite& message); ///< not again before `on_written`
  void finish(const wire_status& status);
  [[nodiscard]] rpc_core& core() { return core_; }

private:
  friend class hanging_list;
  struct tag {
    rpc* owner;
    void (rpc::*on)(bool ok);
  };

  rpc(rpc_core& core, grpc::ServerCompletionQueue& queue) : core_(core), queue_(queue) {}
  ~rpc() = default;

  friend void intrusive_ptr_add_ref(rpc* at) { at->references_.fetch_add(1, std::memory_order_relaxed); }
  friend void intrusive_ptr_release(rpc* at) {
    if (at->references_.fetch_sub(1, std::memory_order_acq_rel) == 1)
      delete at;
  }

  void on_arrived(bool ok);
  void on_read(bool ok);
  void on_written(bool ok);
  void on_finished(bool ok);
  void on_done(bool ok);

  void dispatch();
  void dispatch_mended(actors::call_ptr call);
  void end(const grpc::ByteBuffer* response, const wire_status& status);
  void begin();            ///< counts a call as under way
  void over();             ///< a call's answer is out, or nobody is there to take it
  void* start(tag& which); ///< counts an operation; gives its tag
  void learn_caller();
  [[nodiscard]] bool was_expired();
  [[nodiscard]] std::int64_t deadline_ns() const;

  rpc_core& core_;
  grpc::ServerCompletionQueue& queue_;
  std::atomic<int> references_{0};
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter wire_{&context_};
  grpc::ByteBuffer in_;
  tag arrived_{this, &rpc::on_arrived};
  tag read_{this, &rpc::on_read};
  tag written_{this, &rpc::on_written};
  tag finished_{this, &rpc::on_finished};
  tag done_{this, &rpc::on_done};

  const method* method_ = nullptr; // null: a stream, or unknown
  std::unique_ptr<stream> stream_;
  actors::caller_info caller_;
  std::int64_t arrived_ns_ = 0; // steady
  std::atomic<bool> gone_{false};

  std::mutex lock_;    // guards what follows
  bool ended_ = false; // the last event came: no operation may start
  bool answered_ = false;
  bool under_way_ = false; // counted as such
  bool expired_ = false;
  std::function<void()> hook_; // for the client's leaving

  bool listed_ = false; // these three: under the hanging list's lock
  rpc* next_ = nullptr;
  rpc* previous_ = nullptr;
};

using rpc_ptr = boost::intrusive_ptr<rpc>;

/// What calls are told that come, or would wait, when the server is about to end.
[[nodiscard]] wire_status stopping();

/// The standard protocols for health and reflection; null when `path` is none of theirs.
[[nodiscard]] std::unique_ptr<stream> make_stream(std::string_view path, rpc_core& core);

} // namespace cadenza::bridge
