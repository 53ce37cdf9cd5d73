#pragma once

#include "uber/cadence/api/v1/service_domain.pb.h"
#include "uber/cadence/api/v1/service_worker.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

/// A client for load and crash tests: speaks the public contract only, asynchronously, over a few connections.
namespace cadenza::load {

namespace api = uber::cadence::api::v1;

/// How a call ended. `code` is the gRPC status code, 0 for success.
struct result {
  int code = 0;
  std::string message;
  [[nodiscard]] bool ok() const { return code == 0; }
  /// Worth sending again as it is: the outcome is unknown or the server is away.
  [[nodiscard]] bool transient() const {
    return code == 1 || code == 2 || code == 4 || code == 8 || code == 13 || code == 14;
  }
};

class client {
public:
  /// `address` host:port; calls are spread over `connections`.
  client(const std::string& address, int connections);
  ~client();

  /// Calls `method` ("WorkflowAPI/StartWorkflowExecution", "AdminAPI/DescribeCluster"); `done` runs on one of gRPC's
  /// threads.
  template <class Request, class Response>
  void call(const char* method, const Request& request, std::chrono::milliseconds timeout,
            std::function<void(const result&, Response&)> done) {
    auto response = std::make_shared<Response>();
    raw_call(method, request, timeout, [response, done = std::move(done)](const result& r, const std::string& bytes) {
      if (r.ok() && !response->ParseFromString(bytes))
        return done(result{13, "answer does not parse"}, *response);
      done(r, *response);
    });
  }

  /// The same, waiting for the answer.
  template <class Request, class Response>
  result wait(const char* method, const Request& request, Response& response,
              std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
    std::string bytes;
    const auto r = raw_wait(method, request, timeout, bytes);
    if (r.ok() && !response.ParseFromString(bytes))
      return {13, "answer does not parse"};
    return r;
  }

  /// Sent with every call, beyond what every client says of itself; to be set before the first.
  std::map<std::string, std::string> headers;

  /// Cancels every call under way; their `done` runs as for any other end.
  void cancel_all();

private:
  void raw_call(const char* method, const google::protobuf::MessageLite& request, std::chrono::milliseconds timeout,
                std::function<void(const result&, const std::string&)> done);
  result raw_wait(const char* method, const google::protobuf::MessageLite& request, std::chrono::milliseconds timeout,
                  std::string& bytes);

  struct state;
  std::unique_ptr<state> state_;
};

/// A random version 4 UUID.
[[nodiscard]] std::string new_uuid();

/// Registers the domain unless it exists; waits until the server answers. False when it never does.
[[nodiscard]] bool prepare_domain(client& c, const std::string& domain, std::chrono::seconds patience);

} // namespace cadenza::load
