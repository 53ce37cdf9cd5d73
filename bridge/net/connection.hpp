#pragma once

#include "bridge/net/addresses.hpp"
#include "bridge/net/loop.hpp"
#include "bridge/net/meters.hpp"
#include "bridge/net/protocol.hpp"
#include "bridge/net/settings.hpp"
#include "bridge/net/transport.hpp"

#include <functional>
#include <span>
#include <string>

namespace cadenza::bridge::net {

/// What all connections of one server share. Outlives them.
struct common {
  common(const settings& s, metrics::registry& registry, const std::string& server)
    : how(s), counts(registry, server), requests(s.request_bytes_max, counts.request_bytes),
      answers(s.answer_bytes_max, counts.answer_bytes), addresses(how) {}

  const settings how;
  meters counts;
  account requests;
  account answers;
  address_book addresses;
};

/// One client's connection: its socket, what is still to be written to it, its time-outs and its share of the bounds.
/// What is spoken on it is a protocol's business.
///
/// Threads: belongs to a loop, under its turn. It is closed on the loop's own thread only.
class connection final : public watched, public flushed, private timer {
public:
  using goodbye = std::function<void(connection&)>;

  /// `closed` is called last, on the loop's own thread, and takes the connection out of the world.
  connection(loop& on, common& shared, std::unique_ptr<transport> through, const address& peer,
             address_book::place counted_at, std::span<front* const> fronts, goodbye closed);
  ~connection() = default;

  /// False when the system cannot watch it.
  [[nodiscard]] bool begin();

  // --- for protocols
  [[nodiscard]] loop& on() { return loop_; }
  [[nodiscard]] common& shared() { return common_; }
  [[nodiscard]] const address& peer() const { return peer_; }

  /// There is something to produce.
  void write_later() { loop_.flush_later(*this); }
  void read_again();
  /// Writes what there is to say, then closes.
  void end();
  /// The same for a client that overdid it: the connection is kept for a while, unread, so that it is not back at once.
  void offend(refusal why);
  /// `check` is to be called by then.
  void check_by(std::int64_t due_ns);

  /// The bounds of calls under way: true counts one in. `refused` counts why not.
  [[nodiscard]] bool begin_call(int under_way_here);
  void end_call();

  /// More has been written to the client than it takes.
  [[nodiscard]] bool blocked() const { return !pending_.empty(); }
  [[nodiscard]] std::int64_t bytes_held() const;
  /// Whether clients that do not take their answers are to be cut off early.
  [[nodiscard]] bool pressed(std::int64_t progress_ns, std::int64_t now_ns) const;
  /// Whether an answer of so many bytes may wait here for a client that does not take it yet.
  [[nodiscard]] bool has_room_for(std::int64_t answer_bytes);

  void cut(refusal why); ///< closes at once; on the loop's own thread
  void drain();          ///< on the loop's own thread
  void abandon();        ///< answers what is under way, then closes; on the loop's own thread
  void close();          ///< at once; on the loop's own thread

  void on_events(std::uint32_t events) override;
  void flush() override;

private:
  enum class phase {
    open,
    ending,    ///< what there is to say is written
    parting,   ///< all is said; what the client still sends is thrown away until it closes, so that it sees our words
    offending, ///< as `ending`
    held,      ///< nothing is read, nothing is written
    closed
  };
  struct closer final : posted {
    explicit closer(connection& c) : of(c) {}
    void on_posted() override { of.close(); }
    connection& of;
  };

  void on_timer(std::int64_t now_ns) override;
  void read();
  bool read_once();
  void recognise(std::string_view bytes);
  void watch_again();
  [[nodiscard]] bool write(output& from);
  void close_soon();
  void end_if_said();
  void settle();
  [[nodiscard]] bool cut_if_late(std::int64_t now_ns);
  [[nodiscard]] std::int64_t patience_ns() const;

  loop& loop_;
  common& common_;
  const std::unique_ptr<transport> transport_;
  const address peer_;
  const address_book::place place_;
  const std::span<front* const> fronts_;
  const goodbye closed_;
  closer closer_{*this};

  phase phase_ = phase::open;
  bool closing_ = false;  ///< `closer_` is on its way
  bool more_ = false;     ///< `flush` stopped before it was through
  bool stopping_ = false; ///< so does the server
  std::uint32_t watching_ = 0;
  std::unique_ptr<protocol> protocol_;
  std::string first_;           ///< of the client's bytes, until the protocol is known
  output pending_;              ///< what the socket did not take
  std::size_t thrown_away_ = 0; ///< bytes that came after the end
  std::int64_t settled_ = 0;    ///< bytes of answers that are counted for it
  std::int64_t since_ns_;       ///< when the phase began
  std::int64_t progress_ns_;    ///< when something was written last
  std::int64_t check_ns_ = INT64_MAX;
};

} // namespace cadenza::bridge::net
