#include "bridge/rpc/mended_text.hpp"
#include "bridge/rpc/reflection.hpp"
#include "bridge/rpc/rpc.hpp"
#include "messages/utf8.hpp"

#include "grpc/health/v1/health.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"

#include <grpcpp/support/proto_buffer_reader.h>

#include <algorithm>

namespace cadenza::bridge {

namespace {

namespace health_proto = grpc::health::v1;
namespace reflection_proto = grpc::reflection::v1alpha;

template <class Message> bool parse(Message& into, grpc::ByteBuffer& from) {
  grpc::ProtoBufferReader bytes(&from);
  if (!bytes.status().ok())
    return false;
  if (into.ParseFromZeroCopyStream(&bytes))
    return true;
  const auto mended = with_readable_text(from, *Message::descriptor());
  return mended && into.ParseFromString(*mended);
}

wire_status invalid() { return {grpc::StatusCode::INVALID_ARGUMENT, "the request cannot be read", {}}; }

/// "" asks for the server as a whole.
bool is_known(rpc_core& core, const std::string& service) {
  const auto& known = core.table.services_served();
  return service.empty() || service == "grpc.health.v1.Health" ||
         std::find(known.begin(), known.end(), service) != known.end();
}

health_proto::HealthCheckResponse to_response(health_state state) {
  health_proto::HealthCheckResponse response;
  response.set_status(state == health_state::ok ? health_proto::HealthCheckResponse::SERVING
                                                : health_proto::HealthCheckResponse::NOT_SERVING);
  return response;
}

class health_check final : public stream {
public:
  void on_message(rpc& at, grpc::ByteBuffer& message) override {
    health_proto::HealthCheckRequest request;
    if (!parse(request, message))
      return at.finish(invalid());
    if (!is_known(at.core(), request.service()))
      return at.finish({grpc::StatusCode::NOT_FOUND, "unknown service " + utf8::excerpt(request.service(), 256), {}});
    at.write(to_response(at.core().health.state()));
  }
  void on_half_close(rpc& at) override { at.finish(invalid()); }
  void on_written(rpc& at) override { at.finish({grpc::StatusCode::OK, {}, {}}); }
  void on_done(rpc&) override {}
};

/// Tells the state now and each time it changes, until the client leaves. Only the newest state matters: changes during
/// a write are told together.
class health_watch final : public stream {
public:
  void on_message(rpc& at, grpc::ByteBuffer& message) override {
    health_proto::HealthCheckRequest request;
    if (!parse(request, message))
      return at.finish(invalid());
    if (!is_known(at.core(), request.service())) {
      // The protocol keeps such a watch open; our services never change, so nothing follows.
      health_proto::HealthCheckResponse unknown;
      unknown.set_status(health_proto::HealthCheckResponse::SERVICE_UNKNOWN);
      return at.write(unknown);
    }
    const rpc_ptr keep(&at);
    const auto id = at.core().health.listen([this, keep](health_state state) { tell(*keep, state); });
    bool late = false;
    {
      const std::lock_guard guard(lock_);
      late = done_;
      if (!late)
        listener_ = id;
    }
    if (late)
      return at.core().health.forget(id);
    tell(at, at.core().health.state());
  }
  void on_half_close(rpc&) override {}
  void on_written(rpc& at) override {
    const std::lock_guard guard(lock_);
    writing_ = false;
    write_newest(at);
  }
  void on_done(rpc& at) override {
    std::uint64_t id = 0;
    {
      const std::lock_guard guard(lock_);
      done_ = true;
      id = std::exchange(listener_, 0);
    }
    if (id)
      at.core().health.forget(id);
  }

private:
  void tell(rpc& at, health_state state) {
    const std::lock_guard guard(lock_);
    newest_ = state;
    write_newest(at);
  }
  void write_newest(rpc& at) {
    if (writing_ || done_ || told_ == newest_)
      return;
    writing_ = true;
    told_ = newest_;
    at.write(to_response(*newest_));
  }

  std::mutex lock_;
  std::uint64_t listener_ = 0;
  bool done_ = false;
  bool writing_ = false;
  std::optional<health_state> newest_;
  std::optional<health_state> told_;
};

class reflection final : public stream {
public:
  explicit reflection(rpc_core& core) : services_(core.table.services_served()) {
    services_.emplace_back("grpc.health.v1.Health");
    services_.emplace_back("grpc.reflection.v1alpha.ServerReflection");
  }
  void on_message(rpc& at, grpc::ByteBuffer& message) override {
    reflection_proto::ServerReflectionRequest request;
    if (!parse(request, message))
      return at.finish(invalid());
    message.Clear();
    at.write(reflect(request, services_));
  }
  void on_half_close(rpc& at) override { at.finish({grpc::StatusCode::OK, {}, {}}); }
  void on_written(rpc& at) override { at.read_next(); }
  void on_done(rpc&) override {}

private:
  std::vector<std::string> services_;
};

} // namespace

std::unique_ptr<stream> make_stream(std::string_view path, rpc_core& core) {
  if (path == "/grpc.health.v1.Health/Check")
    return std::make_unique<health_check>();
  if (path == "/grpc.health.v1.Health/Watch")
    return std::make_unique<health_watch>();
  if (path == "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
    return std::make_unique<reflection>(core);
  return nullptr;
}

} // namespace cadenza::bridge
