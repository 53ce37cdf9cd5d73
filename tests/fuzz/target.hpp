#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <google/protobuf/message.h>

/// One decoder of bytes that come from outside or from disk. A target is a function that may do anything with any
/// input but crash, hang, leak or break one of its own `REQUIRE`s. Built with clang each is a libFuzzer program of its
/// own (`./dev fuzz`); in the ordinary build one program plays the inputs kept in `corpus/` through all of them.
namespace cadenza::fuzz {

struct target {
  const char* name; ///< also of its folder in corpus/
  void (*run)(std::string_view input);
  target* next = nullptr;

  target(const char* called, void (*does)(std::string_view)) : name(called), run(does), next(first()) {
    first() = this;
  }
  [[nodiscard]] static target*& first() {
    static target* head = nullptr;
    return head;
  }
};

[[noreturn]] inline void broken(const char* what, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
  std::abort();
}

/// Takes the first line off the input.
[[nodiscard]] std::string_view take_line(std::string_view& input);

/// Reads a message as it comes over the wire or from disk. An input that begins with "text:" is the message in
/// protobuf's text form instead, so that corpora can be read and written by people.
[[nodiscard]] bool read_message(std::string_view input, google::protobuf::Message& into);

} // namespace cadenza::fuzz

#define REQUIRE(condition)                                                                                             \
  do {                                                                                                                 \
    if (!(condition))                                                                                                  \
      ::cadenza::fuzz::broken(#condition, __FILE__, __LINE__);                                                         \
  } while (false)

#ifdef CADENZA_LIBFUZZER
#define CADENZA_FUZZ_ENTRY(name)                                                                                       \
  extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {                                 \
    name({reinterpret_cast<const char*>(data), size});                                                                 \
    return 0;                                                                                                          \
  }
#else
#define CADENZA_FUZZ_ENTRY(name)
#endif

#define FUZZ_TARGET(name)                                                                                              \
  static void name(std::string_view input);                                                                            \
  static ::cadenza::fuzz::target target_##name(#name, name);                                                           \
  CADENZA_FUZZ_ENTRY(name)                                                                                             \
  static void name(std::string_view input)
