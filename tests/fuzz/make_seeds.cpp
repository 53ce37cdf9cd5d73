#include "tests/unit/bridge/requests.hpp"
#include "tests/unit/bridge/tchannel_client.hpp"
#include "tests/unit/messages/thrift_peer.hpp"
#include "tests/unit/messages/thrift_random.hpp"
#include "messages/thrift_writer.hpp"
#include "uber/cadence/api/v1/service_domain.pb.h"
#include "uber/cadence/api/v1/service_visibility.pb.h"
#include "uber/cadence/api/v1/service_worker.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"
#include <filesystem>
#include <fstream>
namespace api = uber::cadence::api::v1;
using namespace cadenza;
using namespace cadenza::tests;
using bridge::tchannel::frame_type;
using tc = tchannel_client;
std::string root;
void put(const std::string& target, const std::string& name, const std::string& bytes) {
  std::filesystem::create_directories(root + "/" + target);
  std::ofstream(root + "/" + target + "/" + name, std::ios::binary) << bytes;
}
std::string args(const std::string& name, const google::protobuf::Message& m) { return thrift_arguments(thrift_method_named(name), m); }
std::string be32(std::uint32_t v) { std::string o; for (int i = 3; i >= 0; --i) o += char(v >> (8 * i)); return o; }
int main(int, char** argv) {
  root = argv[1];
  int n = 0;
  for (const auto& m : thrift_methods()) {
    if (!m.request || !m.translated) continue;
    std::unique_ptr<google::protobuf::Message> msg(google::protobuf::MessageFactory::generated_factory()->GetPrototype(m.request->message)->New());
    std::string best;
    for (int seed = 0; seed < 40; ++seed) {
      msg->Clear();
      thrift_filler(static_cast<std::uint64_t>(seed)).fill(*msg, *m.request);
      auto b = thrift_arguments(m, *msg);
      if (b.size() < 1500 && b.size() > best.size()) best = b;
    }
    auto name = m.name;
    name.replace(name.find("::"), 2, "_");
    if (!best.empty()) { put("thrift_calls", name, m.name + "\n" + best); ++n; }
  }
  const std::string S = "WorkflowService::";
  const auto start = args(S + "StartWorkflowExecution", good_start());
  put("thrift_calls", "strict_envelope", S + "StartWorkflowExecution\n" + std::string("\x80\x01\0\1", 4) + be32(22) + "StartWorkflowExecution" + be32(7) + start);
  put("thrift_calls", "old_envelope", S + "StartWorkflowExecution\n" + be32(22) + "StartWorkflowExecution" + std::string(1, '\1') + be32(7) + start);
  put("thrift_calls", "size_beyond_the_end", S + "StartWorkflowExecution\n" + std::string("\x0c\0\1\x0b\0\x0a\x7f\xff\xff\xff" "d", 11));
  put("thrift_calls", "deep", S + "StartWorkflowExecution\n" + [] { std::string o; for (int i = 0; i < 60; ++i) o += std::string("\x0c\0\x63", 3); return o; }());
  put("thrift_calls", "many_elements", S + "StartWorkflowExecution\n" + std::string("\x0c\0\1\x0f\0\x63\x02\x7f\xff\xff\xff", 11));
  put("thrift_calls", "no_request", S + "StartWorkflowExecution\n" + std::string(1, '\0'));
  // bodies
  auto body = [&](const std::string& file, const std::string& name, const google::protobuf::Message& m, char part = '\x0f') {
    put("thrift_bodies", file, std::string(1, part) + S + name + "\n" + args(S + name, m));
  };
  body("start", "StartWorkflowExecution", good_start());
  body("start_bytewise", "StartWorkflowExecution", good_start(), '\0');
  { auto r = good_start(); r.mutable_input()->set_data(std::string(3000, 'x')); body("start_in_frames", "StartWorkflowExecution", r, '\x09'); }
  { api::SignalWorkflowExecutionRequest r; r.set_domain("orders"); r.mutable_workflow_execution()->set_workflow_id("w"); r.set_signal_name("s"); r.set_request_id("i"); r.set_identity("me"); body("signal", "SignalWorkflowExecution", r); }
  { api::PollForDecisionTaskRequest r; r.set_domain("orders"); r.mutable_task_list()->set_name("t"); r.set_identity("me"); body("poll", "PollForDecisionTask", r); }
  { api::RespondActivityTaskCompletedRequest r; r.set_task_token("no token"); body("token", "RespondActivityTaskCompleted", r); }
  { api::ListWorkflowExecutionsRequest r; r.set_domain("orders"); r.set_page_size(10); r.set_query("WorkflowType = 'x'"); body("list", "ListWorkflowExecutions", r); }
  { api::RegisterDomainRequest r; r.set_name("new"); r.mutable_workflow_execution_retention_period()->set_seconds(86400); body("register", "RegisterDomain", r); }
  { api::QueryWorkflowRequest r; r.set_domain("orders"); r.mutable_workflow_execution()->set_workflow_id("w"); r.mutable_query()->set_query_type("q"); body("query", "QueryWorkflow", r); }
  put("thrift_bodies", "unknown", std::string(1, '\x0f') + S + "Nothing\n" + std::string(1, '\0'));
  put("thrift_bodies", "broken", std::string(1, '\x0f') + S + "StartWorkflowExecution\n" + start.substr(0, start.size() / 2));
  put("thrift_bodies", "not_utf8", std::string(1, '\x0f') + S + "StartWorkflowExecution\n" + [&] { auto b = start; b[b.find("orders") + 2] = '\xff'; return b; }());
  // tchannel
  const std::string whole(1, '\x0f');
  tc::call c; c.method = S + "StartWorkflowExecution"; c.body = start; c.headers = {{"rpc-caller", "me"}, {"cadence-client-name", "uber-go"}};
  auto none = c; none.sums = bridge::tchannel::checksum_type::none;
  put("tchannel_connections", "start", whole + tc::bytes(2, none));
  put("tchannel_connections", "start_crc32c", whole + tc::bytes(2, c));
  { auto x = c; x.sums = bridge::tchannel::checksum_type::crc32; put("tchannel_connections", "start_crc32", whole + tc::bytes(2, x)); }
  put("tchannel_connections", "bytewise", std::string(1, '\0') + tc::bytes(2, none));
  put("tchannel_connections", "unread", std::string(1, '\x1f') + tc::bytes(2, none) + tc::bytes(3, none));
  { auto x = none; x.frame_bytes_max = 200; put("tchannel_connections", "frames", whole + tc::bytes(2, x));
    auto a = tc::frames(2, x), b = tc::frames(3, x); std::string mix; for (std::size_t i = 0; i < a.size(); ++i) mix += a[i] + b[i];
    put("tchannel_connections", "mixed_frames", whole + mix);
    put("tchannel_connections", "half_a_call", whole + a[0]);
    put("tchannel_connections", "cancel_arriving", whole + a[0] + tc::framed(frame_type::cancel, 2, be32(100) + std::string(25, 't') + std::string("\0\0", 2)));
    put("tchannel_connections", "id_twice", whole + a[0] + a[0]); }
  { auto x = none; x.ttl_ms = 0; put("tchannel_connections", "no_time", whole + tc::bytes(2, x)); }
  { auto x = none; x.scheme = "json"; put("tchannel_connections", "json", whole + tc::bytes(2, x)); }
  { auto x = none; x.method = "Meta::health"; x.body = std::string(1, '\0'); put("tchannel_connections", "health", whole + tc::bytes(2, x)); }
  { auto x = none; x.method = "nobody"; put("tchannel_connections", "unknown", whole + tc::bytes(2, x)); }
  put("tchannel_connections", "ping", whole + tc::framed(frame_type::ping_request, 9, "") + tc::framed(frame_type::ping_response, 9, ""));
  put("tchannel_connections", "init_twice", whole + tc::init());
  put("tchannel_connections", "error_frame", whole + tc::framed(frame_type::error, 2, std::string("\4", 1) + std::string(25, 't') + std::string("\0\1x", 3)));
  put("tchannel_connections", "no_greeting", std::string(1, '\x2f') + tc::bytes(2, none));
  put("tchannel_connections", "old_version", std::string(1, '\x2f') + tc::init(1));
  put("tchannel_connections", "short_frame", whole + std::string("\0\3\3\0", 4));
  put("tchannel_connections", "unknown_frame", whole + tc::framed(static_cast<frame_type>(0x77), 2, "abc"));
  // headers
  const std::string g = ":method: POST\n:scheme: http\n:path: /uber.cadence.api.v1.WorkflowAPI/StartWorkflowExecution\n:authority: a\nte: trailers\n";
  const auto m = good_start().SerializeAsString();
  put("grpc_headers", "start", g + "content-type: application/grpc\nuser-agent: grpc-go/1.67\ncadence-client-name: uber-go\ncadence-client-feature-version: 1.7.0\nrpc-caller: me\ngrpc-timeout: 10S\n\n" + m);
  put("grpc_headers", "proto", g + "content-type: application/grpc+proto; charset=x\ngrpc-accept-encoding: gzip,identity\ngrpc-encoding: identity\n\n" + m);
  put("grpc_headers", "gzip", g + "content-type: application/grpc\ngrpc-encoding: gzip\n\n" + m);
  put("grpc_headers", "deflate", g + "content-type: application/grpc\ngrpc-encoding: deflate\n\n" + m);
  put("grpc_headers", "timeouts", g + "content-type: application/grpc\ngrpc-timeout: 99999999999H\ngrpc-timeout: 1n\n\n" + m);
  put("grpc_headers", "binary", g + "content-type: application/grpc\ntrace-bin: AAEC\nbad-bin: =%\n\n" + m);
  put("grpc_headers", "get", ":method: GET\n:scheme: http\n:path: /health\n:authority: a\n\n");
  put("grpc_headers", "no_path", ":method: POST\n:scheme: http\ncontent-type: application/grpc\n\n" + m);
  put("grpc_headers", "unknown", ":method: POST\n:scheme: http\n:path: /x\xc3\xa9%00/y\n:authority: a\nte: trailers\ncontent-type: application/grpc\n\n" + m);
  put("grpc_headers", "large", g + "content-type: application/grpc\nx: " + std::string(18'000, 'x') + "\n\n" + m);
  put("grpc_headers", "thrift", ":method: POST\n:scheme: http\n:path: /WorkflowService/StartWorkflowExecution\n:authority: a\nte: trailers\ncontent-type: application/grpc\nrpc-encoding: thrift\nrpc-service: cadence-frontend\nrpc-caller: me\n\n" + start);
  put("grpc_headers", "watch", ":method: POST\n:scheme: http\n:path: /grpc.health.v1.Health/Watch\n:authority: a\nte: trailers\ncontent-type: application/grpc\n\n");
}
