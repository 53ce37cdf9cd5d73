#include "bridge/handlers/method_table.hpp"

#include "uber/cadence/api/v1/service_meta.pb.h"
#include "uber/cadence/api/v1/service_schedule.pb.h"

#include <google/protobuf/descriptor.h>

#include <cstdio>
#include <cstdlib>

namespace cadenza::bridge {

namespace {

namespace api = uber::cadence::api::v1;

constexpr std::string_view admin_service = "uber.cadence.admin.v1.AdminAPI";
constexpr std::string_view meta_service = "uber.cadence.api.v1.MetaAPI";

/// The files that declare services. Naming one message of each also makes the linker keep the file's descriptors.
std::vector<const google::protobuf::FileDescriptor*> files_with_services() {
  return {api::StartWorkflowExecutionRequest::descriptor()->file(),
          api::PollForDecisionTaskRequest::descriptor()->file(),
          api::ListWorkflowExecutionsRequest::descriptor()->file(),
          api::RegisterDomainRequest::descriptor()->file(),
          api::CreateScheduleRequest::descriptor()->file(),
          api::HealthRequest::descriptor()->file(),
          uber::cadence::admin::v1::DescribeClusterRequest::descriptor()->file()};
}

bool is_version_checked(const method& m) {
  return m.service != admin_service && m.service != meta_service && m.name != "GetClusterInfo";
}

} // namespace

method_table::method_table() {
  for (const auto* file : files_with_services()) {
    for (int i = 0; i < file->service_count(); ++i) {
      const auto* service = file->service(i);
      services_.push_back(service->full_name());
      for (int k = 0; k < service->method_count(); ++k) {
        method m;
        m.service = service->full_name();
        m.name = service->method(k)->name();
        m.path = "/" + m.service + "/" + m.name;
        m.input = service->method(k)->input_type();
        m.output = service->method(k)->output_type();
        m.version_checked = is_version_checked(m);
        m.index = methods_.size();
        methods_.push_back(std::move(m));
      }
    }
  }
  for (const auto& m : methods_)
    by_path_.emplace(m.path, m.index);
}

const method* method_table::find(std::string_view path) const {
  const auto at = by_path_.find(path);
  return at == by_path_.end() ? nullptr : &methods_[at->second];
}

method& method_table::must_find(std::string_view service, std::string_view name,
                                const google::protobuf::Descriptor* input) {
  const auto path = "/" + std::string(service) + "/" + std::string(name);
  const auto at = by_path_.find(path);
  if (at == by_path_.end() || methods_[at->second].input != input) {
    std::fprintf(stderr, "method table: %s does not exist or does not take a %s\n", path.c_str(),
                 input->full_name().c_str());
    std::abort();
  }
  return methods_[at->second];
}

method_table full_method_table() {
  method_table table;
  add_workflow_methods(table);
  add_diagnosis_methods(table);
  add_worker_methods(table);
  add_domain_methods(table);
  add_visibility_methods(table);
  add_admin_methods(table);
  add_config_methods(table);
  add_group_methods(table);
  add_meta_methods(table);
  return table;
}

} // namespace cadenza::bridge
