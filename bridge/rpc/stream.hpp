#pragma once

#include "bridge/base/error_mapping.hpp"
#include "bridge/rpc/call_core.hpp"

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <google/protobuf/message_lite.h>

#include <memory>
#include <string_view>

namespace cadenza::bridge {

/// The client's side of an RPC that is more than one request and one answer. Counted. Any thread.
class stream_peer {
public:
  stream_peer(const stream_peer&) = delete;
  stream_peer& operator=(const stream_peer&) = delete;

  virtual void read_next() = 0;                                         ///< asks for the next message
  virtual void write(const google::protobuf::MessageLite& message) = 0; ///< not again before `on_written`
  virtual void finish(const wire_status& status) = 0;
  [[nodiscard]] virtual call_core& calls() = 0;

protected:
  stream_peer() = default;
  virtual ~stream_peer() = default;

private:
  friend void intrusive_ptr_add_ref(const stream_peer* at) { at->hold_peer(); }
  friend void intrusive_ptr_release(const stream_peer* at) { at->let_go_of_peer(); }
  virtual void hold_peer() const = 0;
  virtual void let_go_of_peer() const = 0;
};

using stream_peer_ptr = boost::intrusive_ptr<stream_peer>;

/// An RPC of the standard protocols (health, reflection). Its functions run on the server's threads, `on_done` possibly
/// beside another one. The first message is asked for already.
class stream {
public:
  virtual ~stream() = default;
  virtual void on_message(stream_peer& from, std::string_view message) = 0;
  virtual void on_half_close(stream_peer& from) = 0; ///< the client says no more
  virtual void on_written(stream_peer& to) = 0;      ///< the last `write` is through
  virtual void on_done(stream_peer& context) = 0;    ///< the end; no function is called after it returned
};

/// The standard protocols for health and reflection; null when `path` is none of theirs.
[[nodiscard]] std::unique_ptr<stream> make_stream(std::string_view path, call_core& core);

} // namespace cadenza::bridge
