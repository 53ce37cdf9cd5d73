#include "target.hpp"

#include "actors/base/json_object.hpp"
#include "messages/json_text.hpp"

using namespace cadenza;

// Members are read as text, as numbers or passed over, in turn; whatever is text must survive being written again.
FUZZ_TARGET(json_objects) {
  actors::json_object_reader reader(input);
  std::string text;
  std::int64_t number = 0;
  int turn = 0;
  while (const auto key = reader.next_key()) {
    const std::string name(*key);
    switch (turn++ % 3) {
    case 0: reader.read(text); break;
    case 1: reader.read(number); break;
    default: reader.skip(); break;
    }
  }
  (void)reader.complete();

  std::string again = "{";
  append_json_string(again, "k");
  again += ':';
  append_json_string(again, text);
  again += '}';
  actors::json_object_reader second(again);
  std::string back;
  REQUIRE(second.next_key() == "k");
  second.read(back);
  REQUIRE(!second.next_key() && second.complete());
  REQUIRE(back == text);
}
