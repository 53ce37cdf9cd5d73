#include "harness.hpp"

#include "grpc/health/v1/health.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"
#include "uber/cadence/api/v1/service_meta.pb.h"

#include <boost/test/unit_test.hpp>
#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/support/sync_stream.h>

#include <set>

namespace api = uber::cadence::api::v1;
using namespace cadenza;
using tests::harness;

namespace {

namespace health_proto = grpc::health::v1;
namespace reflection_proto = grpc::reflection::v1alpha;

template <class Request, class Response> struct conversation {
  conversation(harness& h, const char* path)
    : method(path, grpc::internal::RpcMethod::BIDI_STREAMING),
      wire(grpc::internal::ClientReaderWriterFactory<Request, Response>::Create(h.channel.get(), method, &context)) {}
  grpc::ClientContext context;
  grpc::internal::RpcMethod method;
  std::unique_ptr<grpc::ClientReaderWriter<Request, Response>> wire;

  Response ask(const Request& request) {
    Response response;
    BOOST_TEST(wire->Write(request));
    BOOST_TEST(wire->Read(&response));
    return response;
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(standard)

BOOST_AUTO_TEST_CASE(health_is_told_for_the_server_and_each_service) {
  harness h;
  health_proto::HealthCheckRequest request;
  health_proto::HealthCheckResponse response;
  for (const char* service :
       {"", "uber.cadence.api.v1.WorkflowAPI", "uber.cadence.admin.v1.AdminAPI", "uber.cadence.api.v1.ScheduleAPI"}) {
    request.set_service(service);
    BOOST_TEST(h.call<health_proto::HealthCheckResponse>("/grpc.health.v1.Health/Check", request, {}, &response).ok());
    BOOST_TEST(response.status() == health_proto::HealthCheckResponse::SERVING);
  }
  request.set_service("nobody");
  BOOST_TEST(h.call<health_proto::HealthCheckResponse>("/grpc.health.v1.Health/Check", request).error_code() ==
             grpc::StatusCode::NOT_FOUND);
  h.health.set(bridge::health_state::warming_up);
  request.clear_service();
  BOOST_TEST(h.call<health_proto::HealthCheckResponse>("/grpc.health.v1.Health/Check", request, {}, &response).ok());
  BOOST_TEST(response.status() == health_proto::HealthCheckResponse::NOT_SERVING);

  api::HealthResponse meta;
  BOOST_TEST(h.call<api::HealthResponse>("MetaAPI/Health", api::HealthRequest{}, {}, &meta).ok());
  BOOST_TEST(!meta.ok());
  BOOST_TEST(meta.message() == "WarmingUp");
}

BOOST_AUTO_TEST_CASE(a_watch_sees_each_change) {
  harness h;
  {
    conversation<health_proto::HealthCheckRequest, health_proto::HealthCheckResponse> watch(
        h, "/grpc.health.v1.Health/Watch");
    BOOST_TEST(watch.ask({}).status() == health_proto::HealthCheckResponse::SERVING);
    h.server.drain();
    health_proto::HealthCheckResponse response;
    BOOST_TEST(watch.wire->Read(&response));
    BOOST_TEST(response.status() == health_proto::HealthCheckResponse::NOT_SERVING);
    watch.context.TryCancel();
    BOOST_TEST(!watch.wire->Read(&response));
  }
  conversation<health_proto::HealthCheckRequest, health_proto::HealthCheckResponse> other(
      h, "/grpc.health.v1.Health/Watch");
  health_proto::HealthCheckRequest request;
  request.set_service("nobody");
  BOOST_TEST(other.ask(request).status() == health_proto::HealthCheckResponse::SERVICE_UNKNOWN);
  other.context.TryCancel();
}

BOOST_AUTO_TEST_CASE(reflection_describes_every_service) {
  harness h;
  conversation<reflection_proto::ServerReflectionRequest, reflection_proto::ServerReflectionResponse> talk(
      h, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo");
  reflection_proto::ServerReflectionRequest request;
  request.set_list_services("*");
  const auto listed = talk.ask(request);
  std::set<std::string> names;
  for (const auto& service : listed.list_services_response().service())
    names.insert(service.name());
  BOOST_TEST(names.size() == 10u);
  BOOST_TEST(names.contains("uber.cadence.api.v1.WorkerAPI"));

  int methods = 0;
  for (const auto& name : names) {
    request.set_file_containing_symbol(name);
    const auto files = talk.ask(request).file_descriptor_response();
    BOOST_TEST(files.file_descriptor_proto_size() > 0, name);
    google::protobuf::FileDescriptorProto first;
    BOOST_TEST(first.ParseFromString(files.file_descriptor_proto(0)));
    const auto package = first.package() + ".";
    for (const auto& service : first.service())
      if (name == package + service.name() && name.starts_with("uber."))
        methods += service.method_size();
  }
  BOOST_TEST(methods == 95);

  request.set_file_by_filename("uber/cadence/api/v1/common.proto");
  BOOST_TEST(talk.ask(request).file_descriptor_response().file_descriptor_proto_size() == 2);
  request.set_file_containing_symbol("no.such.Thing");
  BOOST_TEST(talk.ask(request).error_response().error_code() == grpc::StatusCode::NOT_FOUND);
  talk.wire->WritesDone();
  BOOST_TEST(talk.wire->Finish().ok());
}

BOOST_AUTO_TEST_SUITE_END()
