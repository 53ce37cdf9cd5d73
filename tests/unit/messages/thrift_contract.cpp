#include "tests/unit/messages/thrift_contract.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace cadenza::tests {
namespace {

std::string none_if_dash(const std::string& text) { return text == "-" ? std::string() : text; }

void read_line(const std::string& line, thrift_contract& into) {
  std::istringstream words(line);
  std::string what;
  std::string name;
  words >> what >> name;
  if (what == "method") {
    auto& method = into.methods[name];
    words >> method.argument >> method.result;
    method.argument = none_if_dash(method.argument);
    method.result = none_if_dash(method.result);
    for (std::string one; words >> one;)
      method.throws[static_cast<std::int16_t>(std::stoi(one))] = one.substr(one.find(':') + 1);
  } else if (what == "enum") {
    auto& values = into.enums[name];
    for (std::string one; words >> one;)
      values[one.substr(0, one.find('='))] = std::stoi(one.substr(one.find('=') + 1));
  } else if (what == "struct" || what == "exception") {
    auto& fields = into.structs[name];
    for (std::string one; words >> one;) {
      const auto first = one.find(':');
      const auto second = one.find(':', first + 1);
      fields.push_back({static_cast<std::int16_t>(std::stoi(one)), one.substr(first + 1, second - first - 1),
                        one.substr(second + 1)});
    }
  } else {
    throw std::runtime_error("not a line of the contract: " + line);
  }
}

} // namespace

const thrift_contract& the_thrift_contract() {
  static const auto contract = [] {
    std::ifstream file(CADENZA_THRIFT_CONTRACT);
    if (!file)
      throw std::runtime_error("cannot read " CADENZA_THRIFT_CONTRACT);
    thrift_contract out;
    for (std::string line; std::getline(file, line);) {
      if (!line.empty() && line.front() != '#')
        read_line(line, out);
    }
    return out;
  }();
  return contract;
}

} // namespace cadenza::tests
