#pragma once

#include "messages/thrift_output.hpp"
#include "messages/thrift_plan.hpp"

#include <google/protobuf/message.h>

#include <string>

namespace cadenza {

/// Writes messages as structs in Thrift's binary protocol.
class thrift_writer {
public:
  /// What is written goes behind `begin`.
  explicit thrift_writer(std::string begin) : out_(std::move(begin)) {}

  void structure(const google::protobuf::Message& message, const thrift_plan& plan);
  [[nodiscard]] thrift_output& out() { return out_; }
  [[nodiscard]] std::string take() && { return std::move(out_).take(); }

private:
  void integer(thrift_type t, std::int64_t value);
  void kind(const google::protobuf::Message& message, const thrift_plan& plan);
  void field(const google::protobuf::Message& from, const thrift_plan& plan, const thrift_step& step);
  void map(const google::protobuf::Message& message, const thrift_step& step);
  void list(const google::protobuf::Message& message, const thrift_step& step);
  void element(const google::protobuf::Message& message, const thrift_step& step, int index);
  void value(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field, thrift_type t,
             const thrift_step& step);
  void inner(const google::protobuf::Message& message, thrift_type t, const thrift_step& step);

  thrift_output out_;
};

} // namespace cadenza
