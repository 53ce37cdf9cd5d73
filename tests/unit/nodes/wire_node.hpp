#pragma once

#include "actors/base/system_sources.hpp"
#include "actors/base/troubles.hpp"
#include "actors/nodes/caf_transport.hpp"
#include "actors/nodes/link_keeper.hpp"

#include <caf/all.hpp>

#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cadenza::actors {

/// A node of which only the links are there, on a real network: an actor system of its own, a port on loopback.
class wire_node {
public:
  explicit wire_node(const std::string& name, link_wire_options wire = {}, link_handler handle = {},
                     std::int64_t beat_ns = 1'000'000'000) {
    config_.set("scheduler.policy", caf::atom("sharing"));
    config_.set("scheduler.max-threads", std::size_t{2});
    if (const auto usable = prepare_links(config_, wire); !usable)
      throw std::runtime_error(usable.error().message);
    system_ = std::make_unique<caf::actor_system>(config_);
    env_.time = &time_;
    env_.wrong = &wrong_;
    env_.counters = &counters_;
    env_.log = [this](log::level, log::fields values, log::sentence says) {
      const std::lock_guard lock(mutex_);
      log_.push_back(log::text_of(values, says));
    };
    options_.cluster = "test";
    options_.self = name;
    options_.incarnation = 1;
    options_.beat_ns = beat_ns;
    options_.silence_ns = 10 * beat_ns;
    options_.handle =
        handle ? std::move(handle) : [](const std::string&, std::uint32_t, std::string bytes, const call_ptr& call) {
          if (call)
            call->reply_bytes(std::move(bytes));
        };
    views_ = std::make_unique<cluster_views>(name, 4);
    transport_ = std::make_unique<caf_transport>(*system_, wire);
    const auto opened = transport_->open("127.0.0.1", 0);
    if (!opened)
      throw std::runtime_error(opened.error().message);
    port_ = *opened;
    keeper_ = system_->spawn<link_keeper>(env_, options_, *transport_, *views_, links_,
                                          [this](const caf::actor& hall) { transport_->set_hall(hall); });
  }
  ~wire_node() {
    caf::anon_send_exit(keeper_, caf::exit_reason::kill);
    keeper_ = nullptr;
    system_->await_all_actors_done(); // it may only now begin, and speak to the transport
    transport_.reset();
    system_.reset(); // waits for all actors
  }
  wire_node(const wire_node&) = delete;
  wire_node& operator=(const wire_node&) = delete;

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] const node_links& links() const { return links_; }

  /// Makes another node a member, and so has it linked.
  void know(const std::string& name, int port) { know_all({{name, port}}); }
  void know_all(const std::vector<std::pair<std::string, int>>& others) {
    std::vector<node_card> cards;
    for (const auto& [name, port] : others) {
      node_card card;
      card.name = name;
      card.incarnation = 1;
      card.link_address = "127.0.0.1:" + std::to_string(port);
      card.lease_ns = 1;
      cards.push_back(std::move(card));
    }
    const auto view = std::make_shared<const cluster_view>(1, options_.self, std::move(cards), 4);
    views_->publish(view);
    // Answered once the keeper has followed.
    caf::scoped_actor self(*system_);
    self->send(keeper_, cluster_view_ptr(view));
    std::promise<void> followed;
    self->send(keeper_, mailbox_query{[&](std::int64_t) { followed.set_value(); }});
    followed.get_future().wait();
  }
  [[nodiscard]] std::string log() {
    const std::lock_guard lock(mutex_);
    std::string out;
    for (const auto& line : log_)
      out += line + '\n';
    return out;
  }

private:
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  system_clock time_;
  engine_counters counters_;
  std::mutex mutex_;
  std::vector<std::string> log_;
  troubles wrong_{time_, [this](log::level, log::fields values, log::sentence says) {
                    const std::lock_guard lock(mutex_);
                    log_.push_back(log::text_of(values, says));
                  }};
  actor_context env_;
  link_options options_;
  std::unique_ptr<cluster_views> views_;
  node_links links_;
  std::unique_ptr<caf_transport> transport_;
  caf::actor keeper_;
  int port_ = 0;
};

/// A call whose answer can be waited for.
class promised_call final : public call {
public:
  explicit promised_call(std::int64_t deadline_ns = INT64_MAX) : call(deadline_ns) {}
  ~promised_call() override { lost(); }
  [[nodiscard]] std::future<outcome<std::string>> answer() { return promise_.get_future(); }

protected:
  void send(const google::protobuf::MessageLite& response) override {
    promise_.set_value(response.SerializeAsString());
  }
  void send_bytes(std::string bytes) override { promise_.set_value(std::move(bytes)); }
  void fail(const error& reason) override { promise_.set_value(reason); }

private:
  std::promise<outcome<std::string>> promise_;
};

inline std::future<outcome<std::string>> ask(const wire_node& from, const std::string& to, std::string bytes,
                                             std::uint32_t kind = 1, bool waits = false) {
  auto made = std::make_shared<promised_call>();
  auto answer = made->answer();
  from.links().ask(to, {kind, std::move(bytes), waits, std::move(made)});
  return answer;
}

} // namespace cadenza::actors
