#pragma once

#include "messages/thrift_output.hpp"
#include "messages/thrift_plan.hpp"

#include <google/protobuf/message.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace cadenza {

/// Reads structs in Thrift's binary protocol, from bytes of anybody, into messages. Stops at the first thing that is
/// wrong; what is read after that is zero and empty. Fields that are not known are passed over.
///
/// Bounds: nothing is set aside for sizes that the bytes do not have; `elements_max` entries of lists and maps in all;
/// structs are nested as deeply as the contract has them, and 32 deep in what is passed over.
class thrift_reader {
public:
  static constexpr std::size_t elements_max = 1 << 18;

  explicit thrift_reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool failed() const { return !wrong_.empty(); }
  [[nodiscard]] const std::string& wrong() const { return wrong_; }
  /// What is wrong is what the request says, not how it says it: `wrong` is the answer.
  [[nodiscard]] bool rule_broken() const { return rule_broken_; }
  /// Some text was not UTF-8: what is readable of it was taken.
  [[nodiscard]] bool mended() const { return mended_; }
  [[nodiscard]] std::string_view rest() const { return rest_; }

  void structure(google::protobuf::Message& message, const thrift_plan& plan);

  /// The next field of a struct; false: the struct is over, or something is wrong.
  [[nodiscard]] bool next(thrift_type& type, std::int16_t& id);
  void skip(thrift_type t) { skip(t, 0); }
  [[nodiscard]] std::string_view bytes() { return take(size()); }
  template <class T> T number() {
    std::uint64_t out = 0;
    for (const auto c : take(sizeof(T)))
      out = out << 8 | static_cast<std::uint8_t>(c);
    return static_cast<T>(out);
  }
  void fail(std::string what);

private:
  [[nodiscard]] std::string_view take(std::size_t size);
  [[nodiscard]] std::size_t size();
  [[nodiscard]] std::size_t elements();
  [[nodiscard]] std::int64_t integer(thrift_type t);
  void skip(thrift_type t, int depth);
  void skip_elements(thrift_type key, thrift_type value, int depth);
  void field(google::protobuf::Message& into, const thrift_plan& plan, const thrift_step& step);
  [[nodiscard]] bool expect(thrift_type t, const thrift_step& step);
  void map(google::protobuf::Message& into, const thrift_step& step);
  void list(google::protobuf::Message& into, const thrift_step& step);
  void value(google::protobuf::Message& into, const google::protobuf::FieldDescriptor& field, thrift_type t,
             const thrift_step& step);
  void inner(google::protobuf::Message& into, thrift_type t, const thrift_step& step);
  [[nodiscard]] std::string text(const google::protobuf::FieldDescriptor& field);
  void text_number(google::protobuf::Message& into, const google::protobuf::FieldDescriptor& field);
  void enumeration(google::protobuf::Message& into, const google::protobuf::FieldDescriptor& field, std::int64_t value,
                   const thrift_step& step);
  void kind(google::protobuf::Message& into, const thrift_plan& plan, std::int32_t value);
  [[nodiscard]] bool alone(const google::protobuf::Message& into, const google::protobuf::FieldDescriptor& field);
  [[nodiscard]] bool chooses_nothing(const google::protobuf::Message& into,
                                     const google::protobuf::FieldDescriptor& field);

  std::string_view rest_;
  std::string wrong_;
  std::size_t elements_left_ = elements_max;
  bool rule_broken_ = false;
  bool mended_ = false;
};

} // namespace cadenza
