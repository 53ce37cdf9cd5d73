#include "messages/wire_text.hpp"

#include "messages/utf8.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

namespace cadenza {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;
using input = google::protobuf::io::CodedInputStream;

constexpr int depth_max = 100; // as the parsers have it

void append_varint(std::string& to, std::uint32_t value) {
  std::uint8_t bytes[5];
  const auto* end = google::protobuf::io::CodedOutputStream::WriteVarint32ToArray(value, bytes);
  to.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(end - bytes));
}

/// A field that is text or a message, whose content may have to change.
const FieldDescriptor* field_with_text(const Descriptor& type, std::uint32_t tag) {
  if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED)
    return nullptr;
  const auto* field = type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
  if (field == nullptr ||
      (field->type() != FieldDescriptor::TYPE_STRING && field->type() != FieldDescriptor::TYPE_MESSAGE))
    return nullptr;
  return field;
}

class mender {
public:
  /// Appends the message to `out`. False: it is none.
  bool message(std::string_view wire, const Descriptor& type, int depth, std::string& out) {
    if (depth > depth_max)
      return false;
    input in(reinterpret_cast<const std::uint8_t*>(wire.data()), static_cast<int>(wire.size()));
    const auto at = [&in] { return static_cast<std::size_t>(in.CurrentPosition()); };
    while (true) {
      const auto begin = at();
      const auto tag = in.ReadTag();
      if (tag == 0)
        return in.ConsumedEntireMessage();
      const auto tag_end = at();
      const auto* field = field_with_text(type, tag);
      if (field == nullptr) {
        if (!WireFormatLite::SkipField(&in, tag))
          return false;
        out += wire.substr(begin, at() - begin);
        continue;
      }
      std::uint32_t size = 0;
      if (!in.ReadVarint32(&size) || size > wire.size() - at())
        return false;
      std::string fresh;
      if (!content(wire.substr(at(), size), *field, depth, fresh))
        return false;
      in.Skip(static_cast<int>(size));
      out += wire.substr(begin, tag_end - begin);
      append_varint(out, static_cast<std::uint32_t>(fresh.size()));
      out += fresh;
    }
  }

  [[nodiscard]] bool mended() const { return mended_; }

private:
  bool content(std::string_view wire, const FieldDescriptor& field, int depth, std::string& out) {
    if (field.type() == FieldDescriptor::TYPE_MESSAGE)
      return message(wire, *field.message_type(), depth + 1, out);
    if (utf8::valid(wire)) {
      out = wire;
    } else {
      out = utf8::readable(wire);
      mended_ = true;
    }
    return true;
  }

  bool mended_ = false;
};

} // namespace

std::optional<std::string> with_readable_text(std::string_view wire, const Descriptor& type) {
  mender at_work;
  std::string out;
  out.reserve(wire.size() + 64);
  if (!at_work.message(wire, type, 0, out) || !at_work.mended())
    return std::nullopt;
  return out;
}

} // namespace cadenza
