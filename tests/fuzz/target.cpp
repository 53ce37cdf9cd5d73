#include "target.hpp"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <string>

namespace cadenza::fuzz {

std::string_view take_line(std::string_view& input) {
  const auto end = input.find('\n');
  const auto line = input.substr(0, end);
  input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
  return line;
}

bool read_message(std::string_view input, google::protobuf::Message& into) {
  constexpr std::string_view text = "text:";
  if (!input.starts_with(text))
    return into.ParseFromArray(input.data(), static_cast<int>(input.size()));
  struct silent final : google::protobuf::io::ErrorCollector {
    void AddError(int, int, const std::string&) override {}
  } nobody;
  google::protobuf::TextFormat::Parser parser;
  parser.SetRecursionLimit(50);
  parser.RecordErrorsTo(&nobody);
  return parser.ParseFromString(std::string(input.substr(text.size())), &into);
}

} // namespace cadenza::fuzz
