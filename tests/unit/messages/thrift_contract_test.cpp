#include "tests/unit/messages/thrift_contract.hpp"

#include "messages/thrift_calls.hpp"
#include "messages/thrift_fields.hpp"
#include "messages/thrift_methods.hpp"
#include "messages/thrift_plan.hpp"

#include "uber/cadence/api/v1/service_meta.pb.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using namespace cadenza;
using namespace cadenza::tests;

namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using way = thrift_step::way;

const std::map<std::string, std::string>& structs_left_out() {
  static const std::string errors = "an exception between the reference system's own servers";
  static const std::string servers = "of a method between clusters, which this server does not have";
  static const std::string nobody = "of no method";
  static const std::map<std::string, std::string> all{
      {"RetryTaskV2Error", errors},
      {"CurrentBranchChangedError", errors},
      {"RemoteSyncMatchedError", errors},
      {"TaskListNotOwnedByHostError", errors},
      {"TransientDecisionInfo", nobody},
      {"HistoryBranchRange", "a branch token, which is written by itself"},
      {"HistoryBranch", "a branch token, which is written by itself"},
      {"VersionHistories", nobody},
      {"FeatureFlags", "read from a header, where it is JSON"},
      {"Any", nobody},
      {"QueueState", nobody},
      {"VirtualQueueState", nobody},
      {"VirtualSliceState", nobody},
      {"TaskRange", nobody},
      {"TaskKey", nobody},
      {"UniversalPredicateAttributes", nobody},
      {"EmptyPredicateAttributes", nobody},
      {"DomainIDPredicateAttributes", nobody},
      {"Predicate", nobody},
      {"ReapplyEventsRequest", servers},
      {"admin.ResendReplicationTasksRequest", servers},
  };
  return all;
}

bool left_out(const std::string& name) {
  return structs_left_out().contains(name) || name.find("CrossCluster") != std::string::npos ||
         name.starts_with("ApplyParentClosePolicy");
}

/// By the table's name of the struct and the contract's name of the field.
const std::map<std::pair<std::string, std::string>, std::string>& fields_left_out() {
  static const std::map<std::pair<std::string, std::string>, std::string> all{
      {{"RegisterDomainRequest", "emitMetric"}, "metrics of every domain are told"},
      {{"UpdatedConfiguration", "emitMetric"}, "metrics of every domain are told"},
      {{"UpdatedConfiguration", "isolationgroups"}, "only UpdateDomainIsolationGroups changes it"},
      {{"UpdatedConfiguration", "AsyncWorkflowConfiguration"}, "only UpdateDomainAsyncWorkflowConfiguraton changes it"},
  };
  return all;
}

std::string struct_of(const thrift_plan& plan) {
  return std::string(plan.from->struct_name.empty() ? plan.from->name : plan.from->struct_name);
}

thrift_type type_of(const std::string& text) {
  static const std::map<std::string, thrift_type> simple{
      {"bool", thrift_type::boolean}, {"i32", thrift_type::i32},      {"i64", thrift_type::i64},
      {"double", thrift_type::real},  {"string", thrift_type::bytes}, {"binary", thrift_type::bytes}};
  if (const auto found = simple.find(text); found != simple.end())
    return found->second;
  if (text.starts_with("list<"))
    return thrift_type::list;
  if (text.starts_with("map<"))
    return thrift_type::map;
  return the_thrift_contract().enums.contains(text) ? thrift_type::i32 : thrift_type::structure;
}

std::string letters_of(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c != '_')
      out += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  }
  return out;
}

/// Every value there is a value here under the number that the step makes of it, with the same name behind its prefix.
void compare_enumeration(const std::string& name, const EnumDescriptor& here, const thrift_step& step) {
  if (here.name() == "TaskType") {
    BOOST_TEST(step.offset == -1); // an i32 there: numbers of the reference system's tables, 2 for transfer tasks
    return;
  }
  const auto& values = the_thrift_contract().enums.at(name);
  for (const auto& [value, number] : values) {
    const auto* found = here.FindValueByNumber(number + step.offset);
    BOOST_REQUIRE_MESSAGE(found != nullptr, name << "." << value);
    const bool renamed = name == "QueryTaskCompletedType" && value == "COMPLETED"; // ANSWERED here
    BOOST_TEST((renamed || letters_of(found->name()).ends_with(letters_of(value))),
               name << "." << value << " is not " << found->name());
  }
}

/// What a list or map holds, or the type itself.
std::string inner_of(const std::string& type) {
  const auto open = type.find('<');
  if (open == std::string::npos)
    return type;
  const auto from = type.starts_with("map<") ? type.find(',') + 1 : open + 1;
  return type.substr(from, type.size() - 1 - from);
}

void compare_field(const thrift_plan& plan, const contract_field& field, const thrift_step& step) {
  const auto where = std::string(plan.from->name) + "." + field.name;
  BOOST_TEST((step.type == type_of(field.type)), where);
  const auto inner = inner_of(field.type);
  if (step.type == thrift_type::list || step.type == thrift_type::map)
    BOOST_TEST((step.inner == type_of(inner)), where);
  if (step.type == thrift_type::map)
    BOOST_TEST((step.key == type_of(field.type.substr(4, field.type.find(',') - 4))), where);
  if (step.how == way::message) {
    BOOST_REQUIRE_MESSAGE(step.nested != nullptr, where);
    BOOST_TEST(struct_of(*step.nested) == inner, where);
  }
  if (step.how == way::enumeration) {
    const auto* of = step.field->is_map() ? step.field->message_type()->map_value() : step.field;
    compare_enumeration(inner, *of->enum_type(), step);
  }
}

const thrift_method& method_named(const std::string& name) {
  const auto& all = thrift_methods();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
  BOOST_REQUIRE_MESSAGE(found != all.end(), name);
  return *found;
}

} // namespace

BOOST_AUTO_TEST_SUITE(thrift_contract_suite)

BOOST_AUTO_TEST_CASE(every_struct_is_translated_or_left_out_for_a_reason) {
  std::set<std::string> translated;
  for (const auto* plan : all_thrift_plans())
    translated.insert(struct_of(*plan));
  for (const auto& [name, fields] : the_thrift_contract().structs) {
    bool exception = false;
    for (int i = 0; i <= static_cast<int>(error_kind::unknown); ++i)
      exception |= thrift_exception_name(static_cast<error_kind>(i)) == name;
    BOOST_TEST((translated.contains(name) + exception + left_out(name) == 1), name);
  }
  BOOST_TEST(translated.size() > 220);
}

BOOST_AUTO_TEST_CASE(every_field_is_translated_or_left_out_for_a_reason) {
  std::set<std::pair<std::string, std::string>> unused;
  for (const auto& [field, reason] : fields_left_out())
    unused.insert(field);
  for (const auto* plan : all_thrift_plans()) {
    const auto name = struct_of(*plan);
    BOOST_REQUIRE_MESSAGE(the_thrift_contract().structs.contains(name), name);
    std::set<std::int16_t> seen;
    for (const auto& field : the_thrift_contract().structs.at(name)) {
      const auto where = std::pair(std::string(plan->from->name), field.name);
      const auto* step = plan->find(field.id);
      const bool kind = field.id == plan->kind_id;
      BOOST_TEST(((step != nullptr) + kind + unused.erase(where) == 1), where.first << "." << where.second);
      if (step != nullptr)
        compare_field(*plan, field, *step);
      seen.insert(field.id);
    }
    for (const auto& step : plan->steps)
      BOOST_TEST(seen.contains(step.id), name << " has no field " << step.id);
  }
  BOOST_TEST(unused.empty());
}

BOOST_AUTO_TEST_CASE(fields_stand_in_the_order_of_their_numbers) {
  for (const auto* plan : all_thrift_plans()) {
    std::int16_t last = 0;
    for (const auto& step : plan->steps) {
      BOOST_TEST(step.id > last, plan->from->name << " " << step.id);
      last = step.id;
    }
  }
}

BOOST_AUTO_TEST_CASE(kinds_stand_in_the_order_of_their_enumeration) {
  for (const auto& [plan_name, enumeration] :
       {std::pair("HistoryEvent", "EventType"), std::pair("Decision", "DecisionType")}) {
    const auto& plan = *thrift_plan_of(plan_name);
    const auto& values = the_thrift_contract().enums.at(enumeration);
    BOOST_TEST(plan.kinds.size() == values.size());
    BOOST_TEST(plan.kinds.size() == static_cast<std::size_t>(plan.message->oneof_decl(0)->field_count()));
    for (const auto& [value, number] : values) {
      const auto* field = plan.kinds.at(static_cast<std::size_t>(number));
      BOOST_REQUIRE(field != nullptr);
      BOOST_TEST(letters_of(field->name()).starts_with(letters_of(value)), value << " is not " << field->name());
    }
  }
}

BOOST_AUTO_TEST_CASE(every_method_is_there_with_what_it_takes_gives_and_throws) {
  BOOST_TEST(thrift_methods().size() == the_thrift_contract().methods.size());
  for (const auto& [name, told] : the_thrift_contract().methods) {
    const auto& method = method_named(name);
    if (method.translated) {
      BOOST_TEST((method.request == nullptr ? std::string() : struct_of(*method.request)) == told.argument, name);
      BOOST_TEST((method.response == nullptr ? std::string() : struct_of(*method.response)) == told.result, name);
    } else {
      BOOST_TEST(name.starts_with("AdminService::"), name);
    }
    std::size_t throws = 0;
    for (std::size_t i = 0; i < method.throws.size(); ++i) {
      if (method.throws[i] == 0)
        continue;
      ++throws;
      const auto found = told.throws.find(method.throws[i]);
      BOOST_REQUIRE_MESSAGE(found != told.throws.end(), name);
      BOOST_TEST(thrift_exception_name(static_cast<error_kind>(i)) == found->second, name);
    }
    BOOST_TEST(throws == told.throws.size(), name);
  }
}

BOOST_AUTO_TEST_CASE(every_rpc_has_a_method_or_none_for_a_reason) {
  const std::map<std::string, std::string> without{
      {"/uber.cadence.admin.v1.AdminAPI/CountDLQMessages", "the Thrift contract has none"},
      {"/uber.cadence.admin.v1.AdminAPI/UpdateTaskListPartitionConfig", "the Thrift contract has none"}};
  std::map<std::string, const thrift_method*> by_rpc;
  for (const auto& method : thrift_methods())
    BOOST_TEST(by_rpc.emplace(method.rpc_path, &method).second, method.rpc_path);
  std::size_t rpcs = 0;
  for (const auto& [path, method] : by_rpc) {
    const auto slash = path.rfind('/');
    const auto& pool = *google::protobuf::DescriptorPool::generated_pool();
    const auto* service = pool.FindServiceByName(path.substr(1, slash - 1));
    BOOST_REQUIRE_MESSAGE(service != nullptr, path);
    const auto* rpc = service->FindMethodByName(path.substr(slash + 1));
    BOOST_REQUIRE_MESSAGE(rpc != nullptr, path);
    if (method->request != nullptr)
      BOOST_TEST((method->request->message == rpc->input_type()), path);
    if (method->response != nullptr)
      BOOST_TEST((method->response->message == rpc->output_type()), path);
    if (service->method(0) == rpc)
      for (int i = 0; i < service->method_count(); ++i, ++rpcs) {
        const auto one = "/" + service->full_name() + "/" + service->method(i)->name();
        BOOST_TEST((by_rpc.contains(one) != without.contains(one)), one);
      }
  }
  BOOST_TEST(rpcs > 90);
}

BOOST_AUTO_TEST_SUITE_END()
