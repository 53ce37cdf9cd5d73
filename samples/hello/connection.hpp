#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

namespace google::protobuf {
class Message;
}
namespace grpc {
class ClientContext;
}

namespace hello {

/// What came of a call: `ok`, or the gRPC status code and its text.
struct reply {
  int code = 0;
  std::string message;

  [[nodiscard]] bool ok() const { return code == 0; }
  [[nodiscard]] bool not_found() const { return code == 5; }
  [[nodiscard]] bool already_exists() const { return code == 6; }
};

/// Calls a server through the public contract `uber.cadence.api.v1`. Any thread may call; calls block.
class connection {
public:
  explicit connection(const std::string& address);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Calls `method`, as "WorkerAPI/PollForDecisionTask".
  reply call(const std::string& method, const google::protobuf::Message& request, google::protobuf::Message& response,
             std::chrono::milliseconds timeout);

  /// Ends the calls in flight and refuses all later ones. Polls hang for a minute otherwise.
  void close();

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace hello
