#include "bridge/rpc/grpc_codes.hpp"
#include "bridge/rpc/reflection.hpp"
#include "bridge/rpc/stream.hpp"
#include "messages/utf8.hpp"
#include "messages/wire_text.hpp"

#include "grpc/health/v1/health.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"

#include <algorithm>

namespace cadenza::bridge {

namespace {

namespace health_proto = grpc::health::v1;
namespace reflection_proto = grpc::reflection::v1alpha;

template <class Message> bool parse(call_core& core, Message& into, std::string_view from) {
  if (into.ParseFromArray(from.data(), static_cast<int>(from.size())))
    return true;
  const auto mended = with_readable_text(from, *Message::descriptor());
  if (!mended || !into.ParseFromString(*mended))
    return false;
  core.meters.mended();
  return true;
}

wire_status invalid() { return {grpc_code::invalid_argument, "the request cannot be read", {}}; }

/// "" asks for the server as a whole.
bool is_known(call_core& core, const std::string& service) {
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
  void on_message(stream_peer& at, std::string_view message) override {
    health_proto::HealthCheckRequest request;
    if (!parse(at.calls(), request, message))
      return at.finish(invalid());
    if (!is_known(at.calls(), request.service()))
      return at.finish({grpc_code::not_found, "unknown service " + utf8::excerpt(request.service(), 256), {}});
    at.write(to_response(at.calls().health.state()));
  }
  void on_half_close(stream_peer& at) override { at.finish(invalid()); }
  void on_written(stream_peer& at) override { at.finish({grpc_code::ok, {}, {}}); }
  void on_done(stream_peer&) override {}
};

/// Tells the state now and each time it changes, until the client leaves. Only the newest state matters: changes during
/// a write are told together.
class health_watch final : public stream {
public:
  void on_message(stream_peer& at, std::string_view message) override {
    health_proto::HealthCheckRequest request;
    if (!parse(at.calls(), request, message))
      return at.finish(invalid());
    if (!is_known(at.calls(), request.service())) {
      // The protocol keeps such a watch open; our services never change, so nothing follows.
      health_proto::HealthCheckResponse unknown;
      unknown.set_status(health_proto::HealthCheckResponse::SERVICE_UNKNOWN);
      return at.write(unknown);
    }
    const stream_peer_ptr keep(&at);
    const auto id = at.calls().health.listen([this, keep](health_state state) { tell(*keep, state); });
    bool late = false;
    {
      const std::lock_guard guard(lock_);
      late = done_;
      if (!late)
        listener_ = id;
    }
    if (late)
      return at.calls().health.forget(id);
    tell(at, at.calls().health.state());
  }
  void on_half_close(stream_peer&) override {}
  void on_written(stream_peer& at) override {
    const std::lock_guard guard(lock_);
    writing_ = false;
    write_newest(at);
  }
  void on_done(stream_peer& at) override {
    std::uint64_t id = 0;
    {
      const std::lock_guard guard(lock_);
      done_ = true;
      id = std::exchange(listener_, 0);
    }
    if (id)
      at.calls().health.forget(id);
  }

private:
  void tell(stream_peer& at, health_state state) {
    const std::lock_guard guard(lock_);
    newest_ = state;
    write_newest(at);
  }
  void write_newest(stream_peer& at) {
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
  explicit reflection(call_core& core) : services_(core.table.services_served()) {
    services_.emplace_back("grpc.health.v1.Health");
    services_.emplace_back("grpc.reflection.v1.ServerReflection");
    services_.emplace_back("grpc.reflection.v1alpha.ServerReflection");
  }
  void on_message(stream_peer& at, std::string_view message) override {
    reflection_proto::ServerReflectionRequest request;
    if (!parse(at.calls(), request, message))
      return at.finish(invalid());
    at.write(reflect(request, services_));
  }
  void on_half_close(stream_peer& at) override { at.finish({grpc_code::ok, {}, {}}); }
  void on_written(stream_peer& at) override { at.read_next(); }
  void on_done(stream_peer&) override {}

private:
  std::vector<std::string> services_;
};

} // namespace

std::unique_ptr<stream> make_stream(std::string_view path, call_core& core) {
  if (path == "/grpc.health.v1.Health/Check")
    return std::make_unique<health_check>();
  if (path == "/grpc.health.v1.Health/Watch")
    return std::make_unique<health_watch>();
  // The messages of both versions are the same on the wire.
  if (path == "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo" ||
      path == "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")
    return std::make_unique<reflection>(core);
  return nullptr;
}

} // namespace cadenza::bridge
