#include "cli/help.hpp"

namespace cadenza::cli {

namespace {

void each(const command& node, const std::string& path,
          const std::function<void(const command&, const std::string&)>& visit) {
  visit(node, path);
  for (const auto& child : node.commands)
    each(child, path.empty() ? child.name : path + " " + child.name, visit);
}

std::string flag_words(const std::vector<flag>& flags) {
  std::string words;
  for (const auto& declared : flags)
    words.append(words.empty() ? "" : " ").append("--").append(declared.name());
  return words;
}

/// Single-quoted for a POSIX-like shell.
std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char letter : text)
    result += letter == '\'' ? std::string{"'\\''"} : std::string(1, letter);
  return result + "'";
}

/// One table of "path → words" serves bash and zsh: both walk the words typed so far down the tree.
std::string table_of(const command& tree) {
  std::string table;
  each(tree, "", [&](const command& node, const std::string& path) {
    std::string words;
    for (const auto& child : node.commands)
      words += (words.empty() ? "" : " ") + child.name;
    const auto flags = flag_words(&node == &tree ? tree.flags : node.flags);
    table += "    " + quoted(path) + ") words=" + quoted(words) + "; flags=" + quoted(flags) + " ;;\n";
  });
  return table;
}

std::string aliases_of(const command& tree) {
  std::string table;
  each(tree, "", [&](const command& node, const std::string& path) {
    for (const auto& child : node.commands)
      for (const auto& alias : child.aliases)
        table += "    " + quoted(path + "|" + alias) + ") word=" + quoted(child.name) + " ;;\n";
  });
  return table;
}

/// Finds the command typed so far: sets `path`, and for it `words` (commands below) and `flags`.
std::string walk(const command& tree) {
  return "_cadenza_words() {\n  case \"$1\" in\n" + table_of(tree) +
         "    *) words=; flags= ;;\n  esac\n}\n"
         "_cadenza_walk() {\n  local word\n  path=\n  _cadenza_words \"\"\n  for word in \"$@\"; do\n"
         "    case \"$path|$word\" in\n" +
         aliases_of(tree) +
         "    esac\n    case \" $words \" in\n      *\" $word \"*) path=\"${path:+$path }$word\"; _cadenza_words "
         "\"$path\" ;;\n"
         "    esac\n  done\n}\n";
}

std::string bash(const command& tree) {
  return "# bash completion of cadenza and cadence\n" + walk(tree) +
         "_cadenza() {\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" path words flags\n"
         "  _cadenza_walk \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"\n"
         "  case \"$current\" in\n"
         "    -*) COMPREPLY=($(compgen -W \"$flags " +
         flag_words(tree.flags) +
         "\" -- \"$current\")) ;;\n"
         "    *) COMPREPLY=($(compgen -W \"$words\" -- \"$current\")) ;;\n"
         "  esac\n}\ncomplete -o default -F _cadenza cadenza cadence\n";
}

std::string zsh(const command& tree) {
  return "#compdef cadenza cadence\n" + walk(tree) +
         "_cadenza() {\n"
         "  local path words_typed flags\n  words_typed=(\"${(@)words[2,CURRENT-1]}\")\n"
         "  local current=\"${words[CURRENT]}\"\n  local words\n"
         "  _cadenza_walk \"${words_typed[@]}\"\n"
         "  case \"$current\" in\n"
         "    -*) compadd -- ${=flags} " +
         flag_words(tree.flags) +
         " ;;\n"
         "    *) if [[ -n \"$words\" ]]; then compadd -- ${=words}; else _files; fi ;;\n"
         "  esac\n}\ncompdef _cadenza cadenza cadence\n";
}

std::string fish(const command& tree) {
  std::string script = "# fish completion of cadenza and cadence\n"
                       "function __cadenza_at\n"
                       "  set -l path\n"
                       "  for word in (commandline -opc)[2..-1]\n"
                       "    switch \"$path|$word\"\n";
  each(tree, "", [&script](const command& node, const std::string& path) {
    for (const auto& child : node.commands) {
      script += "      case " + quoted(path + "|" + child.name);
      for (const auto& alias : child.aliases)
        script += " " + quoted(path + "|" + alias);
      script += "\n        set path " + quoted(path.empty() ? child.name : path + " " + child.name) + "\n";
    }
  });
  script += "    end\n  end\n  test \"$path\" = \"$argv\"\nend\n";
  for (const std::string program : {"cadenza", "cadence"}) {
    each(tree, "", [&](const command& node, const std::string& path) {
      const auto condition = "complete -c " + program + " -n '__cadenza_at" + (path.empty() ? "" : " " + path) + "'";
      for (const auto& child : node.commands)
        script += condition + " -f -a " + child.name + " -d " + quoted(child.summary) + "\n";
      if (&node != &tree)
        for (const auto& declared : node.flags)
          script += condition + " -l " + std::string{declared.name()} +
                    (declared.kind == flag_kind::toggle ? "" : " -r") + " -d " + quoted(declared.help) + "\n";
    });
    for (const auto& declared : tree.flags)
      script += "complete -c " + program + " -l " + std::string{declared.name()} +
                (declared.kind == flag_kind::toggle ? "" : " -r") + " -d " + quoted(declared.help) + "\n";
  }
  return script;
}

} // namespace

std::string completion_script(const command& tree, std::string_view shell) {
  if (shell == "bash")
    return bash(tree);
  if (shell == "zsh")
    return zsh(tree);
  if (shell == "fish")
    return fish(tree);
  return {};
}

} // namespace cadenza::cli
