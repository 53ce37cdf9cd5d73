#include "workflow/checksum.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <zlib.h>

namespace cadenza::workflow {
namespace {

/// Never 0: that means "none".
std::uint32_t checksum_of(const std::string& header, const row_counts& counts) {
  auto crc = crc32(0, reinterpret_cast<const Bytef*>(header.data()), static_cast<uInt>(header.size()));
  for (const auto n : counts) {
    const Bytef bytes[4] = {static_cast<Bytef>(n), static_cast<Bytef>(n >> 8), static_cast<Bytef>(n >> 16),
                            static_cast<Bytef>(n >> 24)};
    crc = crc32(crc, bytes, 4);
  }
  const auto sum = static_cast<std::uint32_t>(crc);
  return sum == 0 ? 1 : sum;
}

} // namespace

row_counts counts_of(const run& r) {
  const auto n = [](std::size_t size) { return static_cast<std::uint32_t>(size); };
  return {n(r.activities().size()),      n(r.timers().size()),  n(r.children().size()),
          n(r.cancel_requests().size()), n(r.signals().size()), n(r.signal_requests().size()),
          n(r.buffered().size())};
}

std::string seal(rec::Run& head, const row_counts& counts) {
  using google::protobuf::internal::WireFormatLite;
  head.clear_checksum();
  std::string bytes;
  bytes.reserve(head.ByteSizeLong() + 8);
  head.AppendToString(&bytes);
  const auto sum = checksum_of(bytes, counts);
  head.set_checksum(sum);
  // Fields may stand in any order, so the sum of all other bytes can simply follow them.
  std::uint8_t tail[16];
  auto* end = WireFormatLite::WriteUInt32ToArray(rec::Run::kChecksumFieldNumber, sum, tail);
  bytes.append(reinterpret_cast<const char*>(tail), static_cast<std::size_t>(end - tail));
  return bytes;
}

bool checksum_holds(const rec::Run& head, const row_counts& counts) {
  if (head.checksum() == 0)
    return true;
  rec::Run copy = head;
  copy.clear_checksum();
  return checksum_of(copy.SerializeAsString(), counts) == head.checksum();
}

} // namespace cadenza::workflow
