#pragma once

#include <boost/test/unit_test.hpp>
#include <httplib.h>

#include <string>
#include <thread>

namespace cadenza::test {

/// An HTTP side that answers what a test sets. Every POST to it must have the content type that servers demand, which
/// the forms and scripts of other web sites cannot send.
class http_side {
public:
  http_side() {
    server_.set_pre_routing_handler([](const httplib::Request& request, httplib::Response&) {
      if (request.method == "POST")
        BOOST_TEST(request.get_header_value("Content-Type") == "application/json", request.path);
      return httplib::Server::HandlerResponse::Unhandled;
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread{[this] { server_.listen_after_bind(); }};
  }
  ~http_side() {
    server_.stop();
    thread_.join();
  }
  httplib::Server& server() { return server_; }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  void wait() const {
    while (!server_.is_running())
      std::this_thread::yield();
  }

private:
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

} // namespace cadenza::test
