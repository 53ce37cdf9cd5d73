#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// The Thrift contract as `thrift_contract.txt` tells it.
namespace cadenza::tests {

struct contract_field {
  std::int16_t id = 0;
  std::string name;
  std::string type; ///< "i32", "list<WorkflowExecution>"
};

struct contract_method {
  std::string argument; ///< "": none
  std::string result;   ///< "": nothing
  std::map<std::int16_t, std::string> throws;
};

struct thrift_contract {
  std::map<std::string, std::vector<contract_field>> structs; ///< exceptions, too
  std::map<std::string, std::map<std::string, int>> enums;
  std::map<std::string, contract_method> methods;
};

[[nodiscard]] const thrift_contract& the_thrift_contract();

} // namespace cadenza::tests
