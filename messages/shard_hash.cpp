#include "messages/shard_hash.hpp"

#include <bit>
#include <cstring>

namespace cadenza {
namespace {

// The "mk" variant of FarmHash's 32-bit fingerprint.
constexpr std::uint32_t c1 = 0xcc9e2d51;
constexpr std::uint32_t c2 = 0x1b873593;

std::uint32_t fetch(const char* p) {
  std::uint32_t v = 0;
  std::memcpy(&v, p, sizeof v);
  return v;
}

std::uint32_t rotate(std::uint32_t v, int shift) { return std::rotr(v, shift); }

std::uint32_t mur(std::uint32_t a, std::uint32_t h) {
  a *= c1;
  a = rotate(a, 17);
  a *= c2;
  h ^= a;
  h = rotate(h, 19);
  return h * 5 + 0xe6546b64;
}

std::uint32_t fmix(std::uint32_t h) {
  h ^= h >> 16;
  h *= 0x85ebca6b;
  h ^= h >> 13;
  h *= 0xc2b2ae35;
  h ^= h >> 16;
  return h;
}

std::uint32_t hash_0_to_4(const char* s, std::size_t len, std::uint32_t seed) {
  std::uint32_t b = seed;
  std::uint32_t c = 9;
  for (std::size_t i = 0; i < len; ++i) {
    const auto v = static_cast<signed char>(s[i]);
    b = b * c1 + static_cast<std::uint32_t>(v);
    c ^= b;
  }
  return fmix(mur(b, mur(static_cast<std::uint32_t>(len), c)));
}

std::uint32_t hash_5_to_12(const char* s, std::size_t len, std::uint32_t seed) {
  const auto n = static_cast<std::uint32_t>(len);
  std::uint32_t a = n;
  std::uint32_t b = n * 5;
  std::uint32_t c = 9;
  const std::uint32_t d = b + seed;
  a += fetch(s);
  b += fetch(s + len - 4);
  c += fetch(s + ((len >> 1) & 4));
  return fmix(seed ^ mur(c, mur(b, mur(a, d))));
}

std::uint32_t hash_13_to_24(const char* s, std::size_t len, std::uint32_t seed) {
  std::uint32_t a = fetch(s - 4 + (len >> 1));
  std::uint32_t b = fetch(s + 4);
  std::uint32_t c = fetch(s + len - 8);
  std::uint32_t d = fetch(s + (len >> 1));
  const std::uint32_t e = fetch(s);
  const std::uint32_t f = fetch(s + len - 4);
  std::uint32_t h = d * c1 + static_cast<std::uint32_t>(len) + seed;
  a = rotate(a, 12) + f;
  h = mur(c, h) + a;
  a = rotate(a, 3) + c;
  h = mur(e, h) + a;
  a = rotate(a + f, 12) + d;
  h = mur(b ^ seed, h) + a;
  return fmix(h);
}

} // namespace

std::uint32_t farm_fingerprint32(std::string_view text) {
  const char* s = text.data();
  const std::size_t len = text.size();
  if (len <= 24) {
    if (len <= 4)
      return hash_0_to_4(s, len, 0);
    return len <= 12 ? hash_5_to_12(s, len, 0) : hash_13_to_24(s, len, 0);
  }
  const auto n = static_cast<std::uint32_t>(len);
  std::uint32_t h = n;
  std::uint32_t g = c1 * n;
  std::uint32_t f = g;
  const auto tail = [&](std::size_t back) { return rotate(fetch(s + len - back) * c1, 17) * c2; };
  const std::uint32_t a0 = tail(4);
  const std::uint32_t a1 = tail(8);
  const std::uint32_t a2 = tail(16);
  const std::uint32_t a3 = tail(12);
  const std::uint32_t a4 = tail(20);
  const auto step = [](std::uint32_t x, std::uint32_t a) { return rotate(x ^ a, 19) * 5 + 0xe6546b64; };
  h = step(h, a0);
  h = step(h, a2);
  g = step(g, a1);
  g = step(g, a3);
  f = rotate(f + a4, 19) + 113;
  std::size_t rounds = (len - 1) / 20;
  do {
    const std::uint32_t a = fetch(s);
    const std::uint32_t b = fetch(s + 4);
    const std::uint32_t c = fetch(s + 8);
    const std::uint32_t d = fetch(s + 12);
    const std::uint32_t e = fetch(s + 16);
    h += a;
    g += b;
    f += c;
    h = mur(d, h) + e;
    g = mur(c, g) + a;
    f = mur(b + e * c1, f) + d;
    f += g;
    g += f;
    s += 20;
  } while (--rounds != 0);
  g = rotate(g, 11) * c1;
  g = rotate(g, 17) * c1;
  f = rotate(f, 11) * c1;
  f = rotate(f, 17) * c1;
  h = rotate(h + g, 19);
  h = h * 5 + 0xe6546b64;
  h = rotate(h, 17) * c1;
  h = rotate(h + f, 19);
  h = h * 5 + 0xe6546b64;
  h = rotate(h, 17) * c1;
  return h;
}

int shard_of(std::string_view workflow_id, int shard_count) {
  return static_cast<int>(farm_fingerprint32(workflow_id) % static_cast<std::uint32_t>(shard_count));
}

} // namespace cadenza
