#include "tests/unit/cli/fake_server.hpp"

#include "google/rpc/status.pb.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <mutex>

namespace cadenza::test {

namespace {

std::string text_of(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string text;
  if (buffer.Dump(&slices).ok())
    for (const auto& slice : slices)
      text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return text;
}

} // namespace

struct fake_server::state : grpc::CallbackGenericService {
  /// One call: reads the request, answers, deletes itself.
  struct reactor : grpc::ServerGenericBidiReactor {
    reactor(state& owner, grpc::GenericCallbackServerContext& context) : owner_(owner), context_(context) {
      StartRead(&request_);
    }

    void OnReadDone(bool ok) override {
      if (!ok)
        return Finish({grpc::StatusCode::INTERNAL, "no request"});
      std::string reply;
      const auto result = owner_.handle(context_, text_of(request_), reply);
      if (result.code != 0)
        return Finish({static_cast<grpc::StatusCode>(result.code), result.message, result.details});
      const grpc::Slice slice{reply};
      response_ = grpc::ByteBuffer{&slice, 1};
      StartWriteAndFinish(&response_, {}, grpc::Status::OK);
    }

    void OnDone() override { delete this; }

    state& owner_;
    grpc::GenericCallbackServerContext& context_;
    grpc::ByteBuffer request_;
    grpc::ByteBuffer response_;
  };

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    return new reactor{*this, *context};
  }

  answer handle(const grpc::GenericCallbackServerContext& context, std::string request, std::string& reply) {
    seen_call call{context.method(), std::move(request), {}};
    for (const auto& [key, value] : context.client_metadata())
      call.headers.emplace(std::string{key.data(), key.size()}, std::string{value.data(), value.size()});
    raw_method act;
    {
      const std::lock_guard guard{mutex_};
      calls_.push_back(call);
      for (const auto& [name, known] : methods_)
        if (call.method.ends_with("." + name))
          act = known;
    }
    if (!act)
      return answer::error(12, call.method + " is not built yet");
    return act(call.request, reply);
  }

  mutable std::mutex mutex_;
  std::map<std::string, raw_method> methods_;
  std::vector<seen_call> calls_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

answer answer::error(int code, std::string message) { return {code, std::move(message), {}}; }

answer answer::error(int code, std::string message, const google::protobuf::Message& detail) {
  google::rpc::Status status;
  status.set_code(code);
  status.set_message(message);
  status.add_details()->PackFrom(detail);
  return {code, std::move(message), status.SerializeAsString()};
}

fake_server::fake_server() : state_(std::make_unique<state>()) {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterCallbackGenericService(state_.get());
  state_->server_ = builder.BuildAndStart();
  state_->address_ = "127.0.0.1:" + std::to_string(port);
}

fake_server::~fake_server() { state_->server_->Shutdown(); }

const std::string& fake_server::address() const { return state_->address_; }

void fake_server::set(const std::string& method, raw_method act) {
  const std::lock_guard guard{state_->mutex_};
  state_->methods_[method] = std::move(act);
}

std::vector<seen_call> fake_server::calls() const {
  const std::lock_guard guard{state_->mutex_};
  return state_->calls_;
}

} // namespace cadenza::test
