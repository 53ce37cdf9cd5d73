#pragma once

#include "config/problems.hpp"
#include "config/tree.hpp"

#include <functional>
#include <optional>
#include <string>

/// Values of configuration files that come from the environment, written as the reference system's files write them.
namespace cadenza::config {

/// The value of an environment variable, nothing when it is not set.
using variables = std::function<std::optional<std::string>(const std::string& name)>;

/// That of this process. Not to be asked while another thread changes the environment.
[[nodiscard]] std::optional<std::string> process_environment(const std::string& name);

/// Puts the environment into every value of a document (keys stay as they are): `${NAME}`, `${NAME:default}` and
/// `$NAME`; `$$` is a `$`. The default `""` is an empty one, and a value that becomes empty is as good as not given.
/// What is put in is read as if it had stood there without quotes. A variable that is not set and has no default is a
/// problem.
void expand(tree& document, const variables& from, problems& found);

/// Doubles every `$` in the values of a document, so that `expand` makes of it what it is.
void escape(tree& document);

} // namespace cadenza::config
