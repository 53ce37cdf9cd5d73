#pragma once

#include "bridge/net/connection.hpp"
#include "bridge/net/protocol.hpp"
#include "bridge/net/worker.hpp"
#include "bridge/rpc/tchannel_arguments.hpp"
#include "bridge/rpc/tchannel_call.hpp"

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

namespace cadenza::bridge {

/// What all TChannel connections of one server share. Outlives them.
struct tchannel_shared {
  call_core& calls;
  net::worker& heavy;
  std::string host_port; ///< under which clients know this server
};

/// TChannel, version 2, on one connection: clients' calls in Thrift. Nothing is called the other way.
///
/// Threads: under the loop's turn. Lifetime: its connection's.
class tchannel_session final : public net::protocol {
public:
  tchannel_session(net::connection& on, tchannel_shared& shared);

  void on_bytes(std::string_view bytes) override;
  void produce(net::output& into) override;
  void on_closed() override;
  std::int64_t check(std::int64_t now_ns) override;
  void drain() override;
  void abandon() override;
  [[nodiscard]] bool finished() const override;
  [[nodiscard]] bool greeted() const override { return greeted_; }
  [[nodiscard]] bool takes_bytes() const override { return !over_; }
  [[nodiscard]] std::int64_t bytes_held() const override;

  // --- for calls
  [[nodiscard]] net::connection& on() { return connection_; }
  void answered(tchannel_call& which);
  /// Answers before its answer is there, which then goes nowhere. On the loop's own thread.
  void end_call_early(tchannel_call& which, tchannel::error_code code, std::string_view why);

private:
  /// A call some of whose frames are here.
  struct arrival {
    arrival(const tchannel_marks& m, std::string s, std::string c, std::string as, std::uint32_t ttl, std::int64_t due,
            tchannel_arrival a)
      : marks(m), service(std::move(s)), caller(std::move(c)), scheme(std::move(as)), ttl_ms(ttl), due_ns(due),
        arguments(std::move(a)) {}
    tchannel_marks marks;
    std::string service;
    std::string caller;
    std::string scheme;
    std::uint32_t ttl_ms;
    std::int64_t due_ns; ///< when it must be whole
    tchannel_arrival arguments;
  };
  /// What is known of a call whose arguments are whole.
  struct whole_call {
    tchannel_marks marks;
    std::string_view service;
    std::string_view caller;
    std::string_view scheme;
    std::uint32_t ttl_ms = 0;
    tchannel_arguments arguments; ///< the body is empty where it has come in several frames:
    std::shared_ptr<const tchannel_arrival> gathered = nullptr; ///< it is here then
  };

  void take(const tchannel::frame& frame);
  void greet(const tchannel::frame& frame);
  void begin_call(const tchannel::frame& frame);
  void begin_arrival(const tchannel::call_head& head, const tchannel_marks& marks,
                     const tchannel::arguments_part& part);
  void continue_call(const tchannel::frame& frame);
  void cancel(std::uint32_t id);
  void dispatch(const whole_call& call);
  void refuse(const tchannel_marks& marks, tchannel::error_code code, std::string_view why);
  void refuse_flaw(const tchannel_marks& marks, tchannel_flaw why);
  void drop_arrival(std::uint32_t id);
  [[nodiscard]] std::optional<tchannel_flaw> add(arrival& to, const tchannel::arguments_part& part, bool last);
  void say(const std::string& frame);
  void break_off(std::string_view why);
  void overdone(net::refusal why);
  [[nodiscard]] std::shared_ptr<const actors::caller_info> caller_of(const whole_call& call);
  void call_over(); ///< one fewer is under way
  [[nodiscard]] std::size_t under_way() const { return calls_.size() + arrivals_.size(); }

  net::connection& connection_;
  tchannel_shared& shared_;
  std::string in_;      ///< the beginning of a frame
  std::string control_; ///< frames that go before answers
  std::deque<tchannel_answer> answers_;
  std::int64_t answer_bytes_ = 0; ///< of those
  std::unordered_map<std::uint32_t, tchannel_call_ptr> calls_;
  std::unordered_map<std::uint32_t, std::unique_ptr<arrival>> arrivals_;
  std::int64_t arriving_bytes_ = 0; ///< of those
  net::bucket control_frames_;
  net::bucket cancels_;
  std::string last_said_; ///< what the last caller said about itself: most clients say the same with every call
  std::shared_ptr<const actors::caller_info> last_caller_;
  bool greeted_ = false;
  bool over_ = false; ///< no more is read
  bool draining_ = false;
  bool pinged_ = false;
  std::int64_t heard_ns_;
  std::int64_t idle_ns_; ///< since when nothing is under way
};

/// TChannel clients: those that begin with an init request.
class tchannel_front final : public net::front {
public:
  explicit tchannel_front(tchannel_shared& shared) : shared_(shared) {}
  [[nodiscard]] match recognise(std::string_view first) const override;
  [[nodiscard]] std::string_view name() const override { return "tchannel"; }
  [[nodiscard]] std::unique_ptr<net::protocol> open(net::connection& on) override {
    return std::make_unique<tchannel_session>(on, shared_);
  }

private:
  tchannel_shared& shared_;
};

} // namespace cadenza::bridge
