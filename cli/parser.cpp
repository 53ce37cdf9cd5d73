#include "cli/parser.hpp"

#include "cli/suggest.hpp"
#include "cli/values.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace cadenza::cli {

namespace {

constexpr std::int64_t day_seconds = 86400;

/// A flag as found on the line: where it was declared, and under which name the value parser knows it.
struct known_flag {
  const flag* declared = nullptr;
  bool global = false;

  [[nodiscard]] std::string key() const { return (global ? "global." : "local.") + std::string{declared->name()}; }
};

known_flag find_flag(const command& tree, const command& leaf, std::string_view name) {
  const auto search = [name](const std::vector<flag>& flags) -> const flag* {
    for (const auto& candidate : flags)
      if (std::ranges::any_of(candidate.all_names(), [name](const auto& known) { return known == name; }))
        return &candidate;
    return nullptr;
  };
  if (&leaf != &tree)
    if (const auto* local = search(leaf.flags))
      return {local, false};
  return {search(tree.flags), true};
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates, std::string_view dashes) {
  const auto near = closest(word, candidates);
  return near.empty() ? std::string{} : "did you mean '" + std::string{dashes} + near + "'?";
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string text;
  for (const auto& word : words)
    text.append(text.empty() ? "" : separator).append(word);
  return text;
}

problem unknown_command(const command& group, const std::vector<std::string>& path, const std::string& word) {
  std::vector<std::string> candidates;
  for (const auto& child : group.commands) {
    if (!child.absent.empty())
      continue;
    candidates.push_back(child.name);
    // One letter is near to every short word, and tells nobody anything.
    std::ranges::copy_if(child.aliases, std::back_inserter(candidates),
                         [](const auto& alias) { return alias.size() > 1; });
  }
  std::string text = "command not found: ";
  for (const auto& part : path)
    text += part + " ";
  return {text + word, did_you_mean(word, candidates, "")};
}

/// Flags with which the reference's tools reach a database behind the server's back.
bool is_database_flag(std::string_view name) {
  static constexpr std::array<std::string_view, 7> prefixes{"db_",  "service_", "keyspace",  "conn_attrs",
                                                            "tls_", "encoding", "protocol_v"};
  return std::ranges::any_of(prefixes, [name](auto prefix) { return name.starts_with(prefix); });
}

problem unknown_flag(const command& tree, const command& leaf, const std::string& name) {
  std::vector<std::string> candidates;
  for (const auto* flags : {&leaf.flags, &tree.flags})
    for (const auto& candidate : *flags)
      candidates.emplace_back(candidate.name());
  if (is_database_flag(name))
    return {"unknown flag: --" + name,
            "no command reaches a database by itself: all go through the server (--address)"};
  return {"unknown flag: --" + name, did_you_mean(name, candidates, "--")};
}

bool looks_like_flag(std::string_view word) {
  if (word.size() < 2 || word[0] != '-')
    return false;
  const char first = word[1];
  return first == '-' || (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
}

/// Brings a line to one form: every flag under its one internal name, ready for the value parser.
class line_reader {
public:
  line_reader(const command& tree, const std::vector<std::string>& words, parsed& result)
    : tree_(tree), words_(words), result_(result) {
    result_.leaf = &tree;
  }

  status read() {
    for (; at_ < words_.size(); ++at_) {
      const auto& word = words_[at_];
      if (only_arguments_ || !looks_like_flag(word)) {
        if (auto failure = take_word(word))
          return failure;
      } else if (word == "--") {
        only_arguments_ = true;
      } else if (auto failure = take_flag(word)) {
        return failure;
      }
    }
    return place_arguments();
  }

  /// `--key` and value by turns.
  std::vector<std::string> flags;

private:
  /// A word without dashes: a command while commands are below, else an argument.
  status take_word(const std::string& word) {
    if (only_arguments_ || result_.leaf->commands.empty()) {
      result_.arguments.push_back(word);
      return {};
    }
    if (word == "help" || word == "h") {
      result_.wants_help = true;
      return {};
    }
    const auto* next = result_.leaf->find(word);
    if (next == nullptr)
      return unknown_command(*result_.leaf, result_.path, word);
    result_.leaf = next;
    result_.path.push_back(next->name);
    if (!next->absent.empty())
      return problem{joined(result_.path, " ") + " is not in this version.", next->absent};
    return {};
  }

  status take_flag(const std::string& word) {
    const auto equals = word.find('=');
    const auto start = word.starts_with("--") ? std::size_t{2} : std::size_t{1};
    const auto name = word.substr(start, equals == std::string::npos ? equals : equals - start);
    const auto found = find_flag(tree_, *result_.leaf, name);
    if (found.declared == nullptr) {
      if (name == "help" || name == "h") {
        result_.wants_help = true;
        return {};
      }
      if ((name == "version" || name == "v") && result_.leaf == &tree_) {
        result_.wants_version = true;
        return {};
      }
      return unknown_flag(tree_, *result_.leaf, name);
    }
    if (equals != std::string::npos) {
      add(found, word.substr(equals + 1));
    } else if (found.declared->kind == flag_kind::toggle) {
      add(found, "true");
    } else if (at_ + 1 < words_.size()) {
      add(found, words_[++at_]);
    } else {
      return problem{"flag needs a value: --" + std::string{found.declared->name()}, ""};
    }
    // `--clusters a b c`: what follows names is a name, too.
    if (found.declared->kind == flag_kind::names)
      while (at_ + 1 < words_.size() && !looks_like_flag(words_[at_ + 1]))
        add(found, words_[++at_]);
    return {};
  }

  void add(const known_flag& found, std::string content) {
    flags.push_back("--" + found.key());
    flags.push_back(std::move(content));
  }

  /// Gives the arguments of a command that takes flags only to the flags that they are values of.
  status place_arguments() {
    const auto& leaf = *result_.leaf;
    if (leaf.positional.empty())
      return {};
    if (result_.arguments.size() > leaf.positional.size())
      return problem{"unexpected argument: " + result_.arguments[leaf.positional.size()], ""};
    for (std::size_t i = 0; i < result_.arguments.size(); ++i) {
      const auto target = find_flag(tree_, leaf, leaf.positional[i]);
      if (std::ranges::find(flags, "--" + target.key()) != flags.end())
        return problem{"--" + leaf.positional[i] + " is given twice: once as '" + result_.arguments[i] + "'", ""};
      add(target, result_.arguments[i]);
    }
    result_.arguments.clear();
    return {};
  }

  const command& tree_;
  const std::vector<std::string>& words_;
  parsed& result_;
  std::size_t at_ = 0;
  bool only_arguments_ = false;
};

bool takes_many(const flag& declared) { return declared.kind == flag_kind::list || declared.kind == flag_kind::names; }

/// What is wrong with a value, "" when nothing is.
std::string fault_of(flag_kind kind, const std::string& text) {
  using limits = std::numeric_limits<std::int32_t>;
  const auto whole = parse_whole(text);
  switch (kind) {
  case flag_kind::number:
    if (whole && *whole >= limits::min() && *whole <= limits::max())
      return {};
    return "a whole number of at most " + std::to_string(limits::max()) + " is expected, found " + text;
  case flag_kind::wide: return whole ? std::string{} : "a whole number is expected, found " + text;
  case flag_kind::seconds:
    return parse_span(text, 1) ? std::string{} : "seconds are expected, as 10, or 10s, 5m, 1h30m, 2d; found " + text;
  case flag_kind::days: {
    const auto span = parse_span(text, day_seconds);
    return span && *span % day_seconds == 0 ? std::string{} : "whole days are expected, as 7, or 7d, 2w; found " + text;
  }
  case flag_kind::toggle:
  case flag_kind::boolean: return parse_bool(text) ? std::string{} : "true or false is expected, found " + text;
  default: return {};
  }
}

/// Hands types, choices and environment variables of one list of flags to the value parser.
void declare(CLI::App& app, const std::vector<flag>& flags, bool global, std::map<std::string, CLI::Option*>& options,
             std::map<std::string, std::vector<std::string>>& values) {
  for (const auto& declared : flags) {
    const auto key = known_flag{&declared, global}.key();
    auto* option = app.add_option("--" + key, values[key]);
    option->expected(1)->multi_option_policy(takes_many(declared) ? CLI::MultiOptionPolicy::TakeAll
                                                                  : CLI::MultiOptionPolicy::TakeLast);
    option->allow_extra_args(false);
    if (declared.kind == flag_kind::real)
      option->check(CLI::TypeValidator<double>("NUMBER"));
    else
      option->check([kind = declared.kind](const std::string& text) { return fault_of(kind, text); });
    if (!declared.choices.empty())
      option->check(CLI::IsMember(declared.choices));
    if (!declared.env.empty())
      option->envname(declared.env);
    options[key] = option;
  }
}

/// A value in the one form in which an invocation has it.
std::string normal(flag_kind kind, const std::string& text) {
  switch (kind) {
  case flag_kind::toggle:
  case flag_kind::boolean: return parse_bool(text).value_or(false) ? "true" : "false";
  case flag_kind::seconds: return std::to_string(parse_span(text, 1).value_or(0));
  case flag_kind::days: return std::to_string(parse_span(text, day_seconds).value_or(0) / day_seconds);
  default: return text;
  }
}

/// The names between commas of all texts.
std::vector<std::string> separate(const std::vector<std::string>& texts) {
  std::vector<std::string> names;
  for (const auto& text : texts)
    for (auto& name : parts_of(text, ','))
      if (!name.empty())
        names.push_back(std::move(name));
  return names;
}

void collect(const std::vector<flag>& flags, bool global, const std::map<std::string, CLI::Option*>& options,
             const std::map<std::string, std::vector<std::string>>& values, invocation::values& into) {
  for (const auto& declared : flags) {
    const std::string name{declared.name()};
    if (global && into.count(name) != 0)
      continue;
    const auto key = known_flag{&declared, global}.key();
    auto& target = into[name];
    target.given = options.at(key)->count() > 0;
    if (target.given)
      target.texts = values.at(key);
    else if (!declared.initial.empty())
      target.texts = {declared.initial};
    for (auto& text : target.texts)
      text = normal(declared.kind, text);
    if (declared.kind == flag_kind::names)
      target.texts = separate(target.texts);
  }
}

/// All that is missing at once, so that nobody has to try again for each.
status check_complete(const command& tree, const parsed& result) {
  const auto& leaf = *result.leaf;
  std::vector<std::string> missing;
  const auto need = [&](const std::string& name) {
    const auto& texts = result.flags.at(name).texts;
    if (texts.empty() || texts.back().empty())
      missing.push_back("--" + name);
  };
  if (leaf.needs_domain)
    need("domain");
  for (const auto& declared : leaf.flags)
    if (declared.required)
      need(std::string{declared.name()});
  const auto count = result.arguments.size();
  if (count < leaf.arguments_min)
    missing.push_back(leaf.arguments);
  if (!missing.empty())
    return problem{
        "missing: " + joined(missing, ", "),
        std::string{missing.front() == "--domain" ? "the domain may also come from CADENCE_CLI_DOMAIN; " : ""} + "'" +
            tree.name + " " + joined(result.path, " ") + " --help' has examples"};
  if (count <= leaf.arguments_max)
    return {};
  const auto& surplus = result.arguments[leaf.arguments_max];
  const auto takes_id =
      std::ranges::any_of(leaf.flags, [](const auto& declared) { return declared.name() == "workflow_id"; });
  return problem{"unexpected argument: " + surplus, takes_id ? "did you mean '--workflow_id " + surplus + "'?" : ""};
}

/// The value parser names flags by their internal key; people know them by their own name.
std::string readable(std::string text) {
  for (const std::string_view prefix : {"--global.", "--local."})
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at))
      text.replace(at, prefix.size(), "--");
  return text;
}

} // namespace

std::variant<parsed, problem> parse(const command& tree, const std::vector<std::string>& words) {
  parsed result;
  line_reader line{tree, words, result};
  if (auto failure = line.read())
    return std::move(*failure);
  if (!result.leaf->run)
    result.wants_help = result.wants_help || !result.wants_version;

  CLI::App app;
  app.set_help_flag();
  std::map<std::string, CLI::Option*> options;
  std::map<std::string, std::vector<std::string>> values;
  if (result.leaf != &tree)
    declare(app, result.leaf->flags, false, options, values);
  declare(app, tree.flags, true, options, values);
  try {
    std::ranges::reverse(line.flags);
    app.parse(line.flags);
  } catch (const CLI::ParseError& failure) {
    return problem{"invalid flag value", readable(failure.what())};
  }
  if (result.leaf != &tree)
    collect(result.leaf->flags, false, options, values, result.flags);
  collect(tree.flags, true, options, values, result.flags);
  if (result.wants_help || result.wants_version)
    return result;
  if (auto incomplete = check_complete(tree, result))
    return std::move(*incomplete);
  return result;
}

} // namespace cadenza::cli
