#include "target.hpp"

#include "actors/history/history_token.hpp"
#include "actors/history/token_check.hpp"
#include "storage/scan_tokens.hpp"
#include "storage/visibility/rows/page_token.hpp"

using namespace cadenza;
namespace lists = cadenza::storage::visibility;

// Every kind of page token a client can send back.
FUZZ_TARGET(page_tokens) {
  // A check sum cannot be guessed: what would be a token with the right one is looked at as such.
  if (input.ends_with('}'))
    (void)actors::decode_history_token(actors::with_check_sum(std::string(input.substr(0, input.size() - 1))));
  if (const auto token = actors::decode_history_token(std::string(input))) {
    const auto again = actors::decode_history_token(actors::encode(*token));
    REQUIRE(again);
    REQUIRE(again->run_id == token->run_id && again->branch == token->branch);
    REQUIRE(again->first_event_id == token->first_event_id && again->synthetic == token->synthetic);
  }
  if (const auto token = storage::history_token::parse(input))
    REQUIRE(token->text() == input);
  for (const auto kind : {lists::token_kind::list, lists::token_kind::query, lists::token_kind::scan}) {
    if (const auto position = lists::read_token(kind, input))
      REQUIRE(lists::write_token(kind, *position) == input);
  }
}
