#include "cli/help.hpp"

#include <algorithm>

namespace cadenza::cli {

namespace {

constexpr std::size_t line_width = 110;

std::string flag_label(const flag& declared) {
  std::string label;
  for (const auto& name : declared.all_names())
    label.append(label.empty() ? "" : ", ").append(name.size() == 1 ? "-" : "--").append(name);
  switch (declared.kind) {
  case flag_kind::text: label += " VALUE"; break;
  case flag_kind::boolean: label += " true|false"; break;
  case flag_kind::list: label += " VALUE..."; break;
  case flag_kind::names: label += " NAME..."; break;
  case flag_kind::number:
  case flag_kind::wide: label += " N"; break;
  case flag_kind::seconds: label += " TIME"; break;
  case flag_kind::days: label += " DAYS"; break;
  case flag_kind::real: label += " X"; break;
  case flag_kind::toggle: break;
  }
  return label;
}

std::string flag_meaning(const flag& declared) {
  auto text = declared.help;
  if (!declared.choices.empty()) {
    text += " (one of";
    for (const auto& choice : declared.choices)
      text.append(&choice == &declared.choices.front() ? " " : ", ").append(choice);
    text += ")";
  }
  if (declared.required)
    text += " (required)";
  if (!declared.initial.empty() && declared.kind != flag_kind::toggle)
    text += " (default: " + declared.initial + ")";
  if (!declared.env.empty())
    text += " [$" + declared.env + "]";
  return text;
}

/// Two columns: a label and its meaning, wrapped.
void add_rows(std::string& page, const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t width = 0;
  for (const auto& row : rows)
    width = std::max(width, std::min<std::size_t>(row.first.size(), 38));
  for (const auto& [label, meaning] : rows) {
    std::string line = "   " + label;
    if (label.size() > width) {
      page += line + "\n";
      line.assign(width + 3, ' ');
    } else {
      line.append(width - label.size(), ' ');
    }
    line += "  ";
    std::size_t start = 0;
    bool first = true;
    while (start < meaning.size() || first) {
      first = false;
      const std::size_t room = line_width - (width + 5);
      std::size_t length = meaning.size() - start;
      if (length > room) {
        const auto space = meaning.rfind(' ', start + room);
        length = space == std::string::npos || space <= start ? room : space - start;
      }
      page += line + meaning.substr(start, length) + "\n";
      start += length + 1;
      line.assign(width + 5, ' ');
    }
  }
}

void add_flags(std::string& page, std::string_view title, const std::vector<flag>& flags) {
  if (flags.empty())
    return;
  page.append("\n").append(title).append(":\n");
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& declared : flags)
    rows.emplace_back(flag_label(declared), flag_meaning(declared));
  add_rows(page, rows);
}

/// " <workflow_id> [run_id]", or the flags whose values may stand without them.
std::string arguments_text(const command& leaf) {
  if (!leaf.arguments.empty())
    return " " + leaf.arguments;
  std::string text;
  for (const auto& name : leaf.positional)
    text += " [" + name + "]";
  return text;
}

} // namespace

std::string version_text(const std::string& program, const std::string& version) {
  return program + " version " + version + " (CLI feature version 1.7.0)\n";
}

std::string help_text(const command& tree, const command& leaf, const std::vector<std::string>& path,
                      const std::string& program) {
  std::string name = program;
  for (const auto& part : path)
    name += " " + part;
  std::string page = "NAME:\n   " + name + " - " + leaf.summary + "\n\nUSAGE:\n   " + name;
  if (!leaf.commands.empty())
    page += &leaf == &tree ? " [global options] command [command options] [arguments...]\n"
                           : " command [command options] [arguments...]\n";
  else
    page += " [command options]" + arguments_text(leaf) + "\n";
  if (!leaf.commands.empty()) {
    page += "\nCOMMANDS:\n";
    std::vector<std::pair<std::string, std::string>> rows;
    for (const auto& child : leaf.commands) {
      if (child.hidden || !child.absent.empty())
        continue;
      auto label = child.name;
      for (const auto& alias : child.aliases)
        label += ", " + alias;
      rows.emplace_back(label, child.summary);
    }
    rows.emplace_back("help, h", "Show help for a command");
    add_rows(page, rows);
  }
  if (!leaf.examples.empty())
    page += "\nEXAMPLES:\n";
  for (const auto& line : leaf.examples)
    page += "   " + line + "\n";
  if (&leaf == &tree) {
    add_flags(page, "GLOBAL OPTIONS", tree.flags);
    return page;
  }
  auto flags = leaf.flags;
  if (leaf.needs_domain)
    for (const auto& global : tree.flags)
      if (global.name() == "domain")
        flags.insert(flags.begin(), global)->required = true;
  add_flags(page, "OPTIONS", flags);
  // Spelled out on each page they would be most of it.
  page += "\nGLOBAL OPTIONS ('" + program + " --help' explains them):\n  ";
  for (const auto& global : tree.flags)
    page.append(" --").append(global.name());
  return page + "\n";
}

} // namespace cadenza::cli
