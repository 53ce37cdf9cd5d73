#include "target.hpp"

#include "workflow/search_attributes.hpp"

using namespace cadenza;
namespace api = uber::cadence::api::v1;

// JSON values of search attributes, alone and in a request: a line with the key, then the value.
FUZZ_TARGET(search_values) {
  for (int type = 0; type < api::IndexedValueType_ARRAYSIZE; ++type) {
    if (api::IndexedValueType_IsValid(type))
      (void)workflow::is_attribute_value(input, static_cast<api::IndexedValueType>(type));
  }
  api::SearchAttributes attributes;
  const auto key = fuzz::take_line(input);
  (*attributes.mutable_indexed_fields())[std::string(key)].set_data(std::string(input));
  (void)workflow::validate_search_attributes(attributes, workflow::default_attribute_types(), {});
}
