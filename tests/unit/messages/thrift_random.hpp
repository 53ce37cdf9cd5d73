#pragma once

#include "messages/thrift_plan.hpp"

#include <google/protobuf/message.h>

#include <random>

namespace cadenza::tests {

/// Fills a message with what its struct can say: every field that the struct has, or some of them at random. What the
/// struct cannot say (fractions of a second, fields that it does not have) stays empty.
class thrift_filler {
public:
  explicit thrift_filler(std::uint64_t seed) : random_(seed) {}

  void fill(google::protobuf::Message& message, const thrift_plan& plan);
  std::int64_t below(std::int64_t end) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(end));
  }

private:
  void fill(google::protobuf::Message& message, const thrift_plan& plan, const thrift_step& step);
  void value(google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field, thrift_type t,
             const thrift_step& step);
  void inner(google::protobuf::Message& message, thrift_type t, const thrift_step& step);
  std::int64_t number(thrift_type t);
  std::string text(bool of_bytes);

  std::mt19937_64 random_;
  int depth_ = 0;
};

} // namespace cadenza::tests
