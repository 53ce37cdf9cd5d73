#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <google/protobuf/message.h>

namespace cadenza::test {

/// What a fake method answers besides its message: a gRPC status with an optional typed detail.
struct answer {
  int code = 0;
  std::string message;
  std::string details; ///< serialized google.rpc.Status

  static answer ok() { return {}; }
  static answer error(int code, std::string message);
  static answer error(int code, std::string message, const google::protobuf::Message& detail);
};

/// One call as the server saw it.
struct seen_call {
  std::string method; ///< "/uber.cadence.api.v1.WorkflowAPI/StartWorkflowExecution"
  std::string request;
  std::multimap<std::string, std::string> headers;
};

/// A gRPC server on a free loopback port that answers by method name. Methods nobody set are UNIMPLEMENTED.
class fake_server {
public:
  fake_server();
  ~fake_server();
  fake_server(const fake_server&) = delete;
  fake_server& operator=(const fake_server&) = delete;

  [[nodiscard]] const std::string& address() const;

  /// Sets what `method` ("WorkflowAPI/…") does.
  template <class Request, class Response>
  void on(const std::string& method, std::function<answer(const Request&, Response&)> act) {
    set(method, [act](const std::string& bytes, std::string& reply) {
      Request request;
      Response response;
      if (!request.ParseFromString(bytes))
        return answer::error(3, "unreadable request");
      auto result = act(request, response);
      reply = response.SerializeAsString();
      return result;
    });
  }

  [[nodiscard]] std::vector<seen_call> calls() const;

  /// The last request of `method`; a default message when it was not called.
  template <class Request> [[nodiscard]] Request last(const std::string& method) const {
    Request request;
    for (const auto& call : calls())
      if (call.method.ends_with("." + method))
        request.ParseFromString(call.request);
    return request;
  }

private:
  using raw_method = std::function<answer(const std::string& request, std::string& response)>;
  void set(const std::string& method, raw_method act);

  struct state;
  std::unique_ptr<state> state_;
};

} // namespace cadenza::test
