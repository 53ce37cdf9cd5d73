#pragma once

#include "actors/base/call.hpp"
#include "actors/nodes/link_frames.hpp"
#include "actors/nodes/node_card.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace cadenza::actors {

/// A frame travels as this atom, its head (wire.v1.LinkHead) and its body: types that every version of CAF's peers
/// knows, so that nothing has to be announced.
using frame_atom = caf::atom_constant<caf::atom("cadenza")>;

/// Something for another node. It is carried out once or not at all; when the connection breaks before its answer has
/// come nobody knows which, and it is never sent again by itself.
struct link_request {
  std::uint32_t kind = 0; ///< what is asked: see whoever gives the handler
  std::string bytes;
  bool waits = false; ///< the answer may take long (a poll): it counts in a window of its own
  call_ptr call;      ///< null: nobody waits for an answer, and it may be lost without a word
};

/// Carries out a request of another node, on some thread, and must not wait. `answer` is null when nobody waits for
/// one; else it is answered once, and says UNAVAILABLE by itself when it is dropped. Its `cancelled` and `on_cancel`
/// tell when the other node does not wait any more or has gone.
using link_handler = std::function<void(const std::string& from, std::uint32_t kind, std::string bytes, call_ptr call)>;

/// What became of a link to another node.
struct link_event {
  enum class kind {
    opened,
    lost,    ///< the connection broke, or the other side was silent for too long
    refused, ///< nobody listens where this life of the node was, or another life does: it is over
    met,     ///< a node that has dialled this one
  };
  kind what = kind::opened;
  std::string node;
  std::int64_t incarnation = 0;
  std::string why;
};

struct link_options {
  std::string cluster; ///< nodes of different clusters refuse each other
  std::string self;
  std::int64_t incarnation = 0;
  int protocol_oldest = node_protocol_oldest;
  int protocol_newest = node_protocol_newest;
  link_bounds bounds;
  std::int64_t beat_ns = 1'000'000'000;    ///< between signs of life
  std::int64_t silence_ns = 5'000'000'000; ///< without any the session is over
  link_handler handle;
  std::function<void(link_event)> on_event = [](const link_event&) {}; ///< any thread; must be quick
};

/// How a try to reach a node has ended.
struct dialled {
  std::uint64_t attempt = 0;
  caf::actor hall;      ///< null: it was not reached
  bool refused = false; ///< its host says that nobody listens there
  std::string why;
};

/// How nodes are reached: over a network, or over none in tests. Thread-safe.
class link_transport {
public:
  virtual ~link_transport() = default;
  /// Sends `link` one `dialled` with this number, some time.
  virtual void dial(const std::string& address, std::uint64_t attempt, const caf::actor& link) = 0;
};

/// The links there are, for any thread.
class node_links {
public:
  using table = std::map<std::string, caf::actor>;

  node_links() : table_(std::make_shared<const table>()) {}

  /// Sends a request to a node. Refused at once, UNAVAILABLE, when the node is not known or not reached, and
  /// SERVICE_BUSY when its window is full.
  void ask(const std::string& node, link_request request) const;
  /// Tells every node that is reached.
  void tell_all(std::uint32_t kind, const std::string& bytes) const;

  [[nodiscard]] std::shared_ptr<const table> get() const { return table_.load(); }
  void publish(table next) { table_.store(std::make_shared<const table>(std::move(next))); }

private:
  std::atomic<std::shared_ptr<const table>> table_;
};

using link_request_ptr = std::shared_ptr<link_request>;

/// How two ranges of versions come together: the newest that both have; 0 when there is none.
[[nodiscard]] int common_version(int a_oldest, int a_newest, int b_oldest, int b_newest);

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::dialled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::link_request_ptr)
