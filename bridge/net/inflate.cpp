#include "bridge/net/inflate.hpp"

#include <zlib.h>

namespace cadenza::bridge::net {

namespace {

constexpr int gzip_only = 15 + 16; // the largest window, and gzip's header and trailer

struct inflater {
  z_stream stream{};
  bool good = inflateInit2(&stream, gzip_only) == Z_OK;
  ~inflater() {
    if (good)
      inflateEnd(&stream);
  }
};

} // namespace

inflated inflate(const body& compressed, std::size_t bytes_max, share& memory, body& into) {
  inflater z;
  if (!z.good)
    return inflated::no_memory;
  body::reader from(compressed);
  std::size_t room = 0; // left in the present block of `into`
  while (true) {
    if (z.stream.avail_in == 0) {
      const void* data = nullptr;
      int size = 0;
      if (!from.Next(&data, &size))
        return inflated::broken; // it ends before gzip's end
      z.stream.next_in = static_cast<Bytef*>(const_cast<void*>(data));
      z.stream.avail_in = static_cast<uInt>(size);
    }
    const auto [to, free] = into.room();
    if (room == 0) {
      if (!memory.take_even_beyond(static_cast<std::int64_t>(free)))
        return inflated::no_memory;
      room = free;
    }
    z.stream.next_out = to;
    z.stream.avail_out = static_cast<uInt>(room);
    const int result = ::inflate(&z.stream, Z_NO_FLUSH);
    const auto made = room - z.stream.avail_out;
    into.grown(made);
    room -= made;
    if (into.size() > bytes_max)
      return inflated::too_large;
    const void* rest = nullptr;
    int rest_size = 0;
    if (result == Z_STREAM_END) // nothing may follow
      return z.stream.avail_in == 0 && !from.Next(&rest, &rest_size) ? inflated::whole : inflated::broken;
    if (result != Z_OK && result != Z_BUF_ERROR)
      return inflated::broken;
  }
}

} // namespace cadenza::bridge::net
