#pragma once

#include "actors/base/troubles.hpp"
#include "actors/nodes/link_hall.hpp"
#include "actors/nodes/link_keeper.hpp"
#include "actors/nodes/peer_link.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cadenza::actors {

/// A call that notes how it was answered.
class noted_call final : public call {
public:
  explicit noted_call(std::int64_t deadline_ns = INT64_MAX) : call(deadline_ns) {}
  ~noted_call() override { lost(); }

  [[nodiscard]] bool cancelled() const override { return gone; }
  void on_cancel(std::function<void()> given) override { hook = std::move(given); }
  [[nodiscard]] const caller_info& caller() const override { return who; }
  /// The client goes away.
  void leave() {
    gone = true;
    if (hook)
      hook();
  }

  std::optional<std::string> bytes;
  std::optional<error> failure;
  caller_info who;
  std::function<void()> hook;
  bool gone = false;

protected:
  void send(const google::protobuf::MessageLite& response) override { bytes = response.SerializeAsString(); }
  void send_bytes(std::string given) override { bytes = std::move(given); }
  void fail(const error& reason) override { failure = reason; }
};

/// Nodes on virtual time in one actor system, whose links go over a network that does what a test says.
class link_world : public link_transport {
public:
  struct connection {
    std::map<caf::actor_addr, caf::actor> proxies;
    std::string to;
  };
  using connection_ptr = std::shared_ptr<connection>;

  /// One side: what it is asked, and what became of its links.
  struct node {
    link_options options;
    caf::actor hall;
    std::vector<std::pair<std::string, call_ptr>> asked;
    std::vector<std::string> told;
    std::vector<link_event> events;
    link_handler handle; ///< in place of noting
  };

  link_world() {
    config_.set("scheduler.policy", caf::atom("testing"));
    system_ = std::make_unique<caf::actor_system>(config_);
    system_->await_actors_before_shutdown(false);
    scheduler_ = &dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
    env.time = &clock_;
    env.wrong = &wrong_;
    env.counters = &counters_;
    env.log = [this](log::level, log::fields values, log::sentence says) { log.push_back(log::text_of(values, says)); };
  }
  ~link_world() override {
    for (const auto& one : actors_)
      end(one);
    for (auto& [name, one] : nodes)
      end(one.hall);
    for (const auto& one : connections_)
      for (const auto& [address, proxy] : std::exchange(one->proxies, {}))
        end(proxy);
    nodes.clear();
    run();
    pass(24 * 3600);
  }

  node& add(const std::string& name, const std::function<void(link_options&)>& tune = {}) {
    auto& one = nodes[name];
    one.options.cluster = "test";
    one.options.self = name;
    one.options.incarnation = 1;
    one.options.handle = [&one](const std::string& from, std::uint32_t kind, std::string bytes, call_ptr call) {
      if (one.handle)
        return one.handle(from, kind, std::move(bytes), std::move(call));
      if (call)
        one.asked.emplace_back(std::move(bytes), std::move(call));
      else
        one.told.push_back(std::move(bytes));
    };
    one.options.on_event = [&one](const link_event& event) { one.events.push_back(event); };
    if (tune)
      tune(one.options);
    one.hall = system_->spawn<link_hall>(env, one.options);
    return one;
  }

  caf::actor link(const std::string& from, const std::string& to, std::int64_t incarnation = 1) {
    auto made = system_->spawn<peer_link>(env, nodes.at(from).options, *this, link_target{to, to, incarnation});
    actors_.push_back(made);
    run();
    return made;
  }

  void dial(const std::string& address, std::uint64_t attempt, const caf::actor& from) override {
    ++dials;
    const auto i = nodes.find(address);
    if (i == nodes.end() || refusing)
      return caf::anon_send(from, dialled{attempt, nullptr, true, "nobody listens there"});
    if (cut)
      return caf::anon_send(from, dialled{attempt, nullptr, false, "no answer"});
    auto made = std::make_shared<connection>();
    made->to = address;
    connections_.push_back(made);
    caf::anon_send(from, dialled{attempt, proxy(made, i->second.hall), false, {}});
  }

  /// Breaks every connection there is.
  void break_connections() {
    for (const auto& one : std::exchange(connections_, {}))
      for (const auto& [address, proxy] : std::exchange(one->proxies, {}))
        end(proxy);
    run();
  }

  std::shared_ptr<noted_call> ask(const caf::actor& link, const std::string& bytes, bool waits = false,
                                  std::int64_t deadline_ns = INT64_MAX, std::uint32_t kind = 1) {
    auto made = std::make_shared<noted_call>(deadline_ns);
    caf::anon_send(link, std::make_shared<link_request>(link_request{kind, bytes, waits, made}));
    return made;
  }

  void run() { scheduler_->run(); }
  void end(const caf::actor& which) { caf::anon_send_exit(which, caf::exit_reason::kill); }
  /// Time goes on, a tenth of a second each.
  void pass(std::int64_t seconds) {
    const auto steps = std::min<std::int64_t>(seconds * 10, 600);
    for (std::int64_t i = 0; i < steps; ++i) {
      scheduler_->advance_time(caf::timespan(seconds * 1'000'000'000 / steps));
      scheduler_->run();
    }
  }
  void pass_tenth() {
    scheduler_->advance_time(std::chrono::milliseconds(100));
    scheduler_->run();
  }
  [[nodiscard]] std::int64_t now_ns() const { return clock_.now_ns(); }
  [[nodiscard]] caf::actor_system& system() { return *system_; }

  actor_context env;
  std::map<std::string, node> nodes;
  std::vector<std::string> log;
  int dials = 0;
  bool refusing = false; ///< hosts say that nobody listens
  bool cut = false;      ///< attempts to connect come to nothing
  /// How many copies of a frame arrive.
  std::function<int(const std::string& to, const wire::v1::LinkHead&)> copies = [](const auto&, const auto&) {
    return 1;
  };

private:
  class virtual_clock final : public clock {
  public:
    explicit virtual_clock(link_world& of) : of_(of) {}
    [[nodiscard]] std::int64_t now_ns() const override {
      return 1'700'000'000'000'000'000 +
             std::chrono::duration_cast<std::chrono::nanoseconds>(of_.scheduler_->clock().now().time_since_epoch())
                 .count();
    }

  private:
    link_world& of_;
  };

  /// What stands for `to` at the other end of a connection.
  caf::actor proxy(const connection_ptr& over, const caf::actor& to) {
    auto& known = over->proxies[to->address()];
    if (known)
      return known;
    known = system_->spawn([this, over, to](caf::event_based_actor* self) -> caf::behavior {
      self->monitor(to);
      self->set_down_handler([self](const caf::down_msg& down) { self->quit(down.reason); });
      return {[this, self, over, to](frame_atom, const std::string& head_bytes, const std::string& body) {
        const auto from = caf::actor_cast<caf::actor>(self->current_sender());
        wire::v1::LinkHead head;
        if (!from || !head.ParseFromString(head_bytes))
          return;
        for (int i = copies(over->to, head); i > 0; --i)
          caf::send_as(proxy(over, from), to, frame_atom::value, head_bytes, body);
      }};
    });
    return known;
  }

  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator* scheduler_ = nullptr;
  virtual_clock clock_{*this};
  engine_counters counters_;
  troubles wrong_{clock_, [this](log::level, log::fields values, log::sentence says) {
                    log.push_back(log::text_of(values, says));
                  }};
  std::vector<connection_ptr> connections_;
  std::vector<caf::actor> actors_;
};

} // namespace cadenza::actors
