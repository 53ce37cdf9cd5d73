#pragma once

#include "messages/outcome.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace google::protobuf {
class Message;
}

namespace cadenza::cli {

struct client_options {
  std::string address;        ///< host:port
  std::string ca_certificate; ///< PEM; empty for plain text
  std::string token;          ///< sent as cadence-authorization; empty for none
};

/// Calls a server through its public gRPC contract, without generated stubs. Any thread may call; calls block.
class client {
public:
  explicit client(client_options options);
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// Calls `method` ("WorkflowAPI/StartWorkflowExecution"; AdminAPI is found in its own package). Errors carry the
  /// kind the server meant, from the status code and the typed detail.
  [[nodiscard]] outcome<void> call(std::string_view method, const google::protobuf::Message& request,
                                   google::protobuf::Message& response, std::chrono::milliseconds timeout);

private:
  struct connection;
  client_options options_;
  std::unique_ptr<connection> connection_;
};

/// The error as an operator should read it: message plus what the detail tells.
[[nodiscard]] std::string explain(const error& reason);

} // namespace cadenza::cli
