#include "cli/parser.hpp"

#include "cli/suggest.hpp"
#include "cli/values.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace cadenza::cli {

namespace {

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

problem unknown_command(const command& group, const std::vector<std::string>& path, const std::string& word) {
  std::vector<std::string> candidates;
  for (const auto& child : group.commands) {
    candidates.push_back(child.name);
    candidates.insert(candidates.end(), child.aliases.begin(), child.aliases.end());
  }
  std::string text = "command not found: ";
  for (const auto& part : path)
    text += part + " ";
  return {text + word, did_you_mean(word, candidates, "")};
}

problem unknown_flag(const command& tree, const command& leaf, const std::string& name) {
  std::vector<std::string> candidates;
  for (const auto* flags : {&leaf.flags, &tree.flags})
    for (const auto& candidate : *flags)
      candidates.emplace_back(candidate.name());
  return {"unknown flag: --" + name, did_you_mean(name, candidates, "--")};
}

bool looks_like_flag(std::string_view word) {
  if (word.size() < 2 || word[0] != '-')
    return false;
  const char first = word[1];
  return first == '-' || (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
}

/// The line with every flag under its one internal name, ready for the value parser.
struct normal_line {
  std::vector<std::string> words; ///< `--key=value` and positional arguments
  std::vector<std::string> arguments;
};

std::variant<normal_line, problem> normalise(const command& tree, const std::vector<std::string>& words,
                                             parsed& result) {
  normal_line line;
  result.leaf = &tree;
  bool only_arguments = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    if (only_arguments || !looks_like_flag(word)) {
      if (!only_arguments && !result.leaf->commands.empty()) {
        if (word == "help" || word == "h") {
          result.wants_help = true;
          continue;
        }
        const auto* next = result.leaf->find(word);
        if (next == nullptr)
          return unknown_command(*result.leaf, result.path, word);
        result.leaf = next;
        result.path.push_back(next->name);
      } else {
        line.arguments.push_back(word);
      }
      continue;
    }
    if (word == "--") {
      only_arguments = true;
      continue;
    }
    const auto equals = word.find('=');
    const auto start = word.starts_with("--") ? std::size_t{2} : std::size_t{1};
    const auto name = word.substr(start, equals == std::string::npos ? equals : equals - start);
    const auto found = find_flag(tree, *result.leaf, name);
    if (found.declared == nullptr) {
      if (name == "help" || name == "h") {
        result.wants_help = true;
        continue;
      }
      if ((name == "version" || name == "v") && result.leaf == &tree) {
        result.wants_version = true;
        continue;
      }
      return unknown_flag(tree, *result.leaf, name);
    }
    std::string content;
    if (equals != std::string::npos) {
      content = word.substr(equals + 1);
    } else if (found.declared->kind == flag_kind::toggle) {
      content = "true";
    } else if (i + 1 < words.size()) {
      content = words[++i];
    } else {
      return problem{"flag needs a value: --" + std::string{found.declared->name()}, ""};
    }
    line.words.push_back("--" + found.key());
    line.words.push_back(std::move(content));
    // `--clusters a b c`: no other word could stand there, as the command takes none.
    if (found.declared->kind == flag_kind::names && result.leaf->arguments_max == 0)
      while (i + 1 < words.size() && !looks_like_flag(words[i + 1])) {
        line.words.push_back("--" + found.key());
        line.words.push_back(words[++i]);
      }
  }
  return line;
}

bool takes_many(const flag& declared) { return declared.kind == flag_kind::list || declared.kind == flag_kind::names; }

/// The names between commas of all texts.
std::vector<std::string> separate(const std::vector<std::string>& texts) {
  std::vector<std::string> names;
  for (const auto& text : texts)
    for (auto& name : parts_of(text, ','))
      if (!name.empty())
        names.push_back(std::move(name));
  return names;
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
    if (declared.kind == flag_kind::number)
      option->check(CLI::TypeValidator<std::int64_t>("NUMBER"));
    if (declared.kind == flag_kind::real)
      option->check(CLI::TypeValidator<double>("NUMBER"));
    if (declared.kind == flag_kind::toggle || declared.kind == flag_kind::boolean)
      option->check([](const std::string& text) {
        return parse_bool(text) ? std::string{} : "true or false is expected, found " + text;
      });
    if (!declared.choices.empty())
      option->check(CLI::IsMember(declared.choices));
    if (!declared.env.empty())
      option->envname(declared.env);
    options[key] = option;
  }
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
    if (declared.kind == flag_kind::toggle || declared.kind == flag_kind::boolean)
      for (auto& text : target.texts)
        text = parse_bool(text).value_or(false) ? "true" : "false";
    if (declared.kind == flag_kind::names)
      target.texts = separate(target.texts);
  }
}

status check_complete(const parsed& result) {
  for (const auto& declared : result.leaf->flags) {
    const std::string name{declared.name()};
    const auto& texts = result.flags.at(name).texts;
    if (declared.required && (texts.empty() || texts.back().empty()))
      return problem{"Required flag not found: ", "option " + name + " is required"};
  }
  if (result.leaf->needs_domain) {
    const auto& texts = result.flags.at("domain").texts;
    if (texts.empty() || texts.back().empty())
      return problem{"Required flag not found: ", "option domain is required"};
  }
  const auto count = result.arguments.size();
  if (count < result.leaf->arguments_min)
    return problem{"Argument " + result.leaf->arguments + " is required.", ""};
  if (count > result.leaf->arguments_max)
    return problem{"unexpected argument: " + result.arguments[result.leaf->arguments_max], ""};
  return {};
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
  auto line = normalise(tree, words, result);
  if (auto* failure = std::get_if<problem>(&line))
    return std::move(*failure);
  auto& normal = std::get<normal_line>(line);
  result.arguments = std::move(normal.arguments);
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
    std::ranges::reverse(normal.words);
    app.parse(normal.words);
  } catch (const CLI::ParseError& failure) {
    return problem{"invalid flag value", readable(failure.what())};
  }
  if (result.leaf != &tree)
    collect(result.leaf->flags, false, options, values, result.flags);
  collect(tree.flags, true, options, values, result.flags);
  if (result.wants_help || result.wants_version)
    return result;
  if (auto incomplete = check_complete(result))
    return std::move(*incomplete);
  return result;
}

} // namespace cadenza::cli
