#include "bridge/rpc/reflection.hpp"

#include "grpc/reflection/v1/reflection.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <set>

namespace cadenza::bridge {

namespace {

namespace proto = grpc::reflection::v1alpha;
using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;

constexpr int code_not_found = 5;
constexpr int code_unimplemented = 12;

void set_error(proto::ServerReflectionResponse& response, int code, const std::string& message) {
  response.mutable_error_response()->set_error_code(code);
  response.mutable_error_response()->set_error_message(message);
}

void add_file(const FileDescriptor& file, std::set<const FileDescriptor*>& seen,
              proto::FileDescriptorResponse& response) {
  if (!seen.insert(&file).second)
    return;
  google::protobuf::FileDescriptorProto description;
  file.CopyTo(&description);
  response.add_file_descriptor_proto(description.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i)
    add_file(*file.dependency(i), seen, response);
}

void answer_with_file(const FileDescriptor* file, const std::string& asked, proto::ServerReflectionResponse& response) {
  if (!file)
    return set_error(response, code_not_found, asked + " is not known");
  std::set<const FileDescriptor*> seen;
  add_file(*file, seen, *response.mutable_file_descriptor_response());
}

} // namespace

proto::ServerReflectionResponse reflect(const proto::ServerReflectionRequest& question,
                                        const std::vector<std::string>& rpc_context) {
  (void)grpc::reflection::v1::ServerReflectionRequest::descriptor(); // or the linker leaves its file out
  const auto& pool = *DescriptorPool::generated_pool();
  proto::ServerReflectionResponse response;
  response.set_valid_host(question.host());
  *response.mutable_original_request() = question;
  switch (question.message_request_case()) {
  case proto::ServerReflectionRequest::kFileByFilename:
    answer_with_file(pool.FindFileByName(question.file_by_filename()), question.file_by_filename(), response);
    break;
  case proto::ServerReflectionRequest::kFileContainingSymbol:
    answer_with_file(pool.FindFileContainingSymbol(question.file_containing_symbol()),
                     question.file_containing_symbol(), response);
    break;
  case proto::ServerReflectionRequest::kListServices:
    for (const auto& name : rpc_context)
      response.mutable_list_services_response()->add_service()->set_name(name);
    break;
  case proto::ServerReflectionRequest::kFileContainingExtension:
    set_error(response, code_not_found, "there are no extensions");
    break;
  case proto::ServerReflectionRequest::kAllExtensionNumbersOfType:
    if (!pool.FindMessageTypeByName(question.all_extension_numbers_of_type()))
      set_error(response, code_not_found, question.all_extension_numbers_of_type() + " is not known");
    else
      response.mutable_all_extension_numbers_response()->set_base_type_name(question.all_extension_numbers_of_type());
    break;
  case proto::ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
    set_error(response, code_unimplemented, "the question is not known");
    break;
  }
  return response;
}

} // namespace cadenza::bridge
