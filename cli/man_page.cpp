#include "cli/help.hpp"

namespace cadenza::cli {

namespace {

/// Text that troff prints as it stands: no control lines, no escapes, real hyphens.
std::string escaped(std::string_view text) {
  std::string result;
  bool line_start = true;
  for (const char letter : text) {
    if (line_start && (letter == '.' || letter == '\''))
      result += "\\&";
    if (letter == '\\')
      result += "\\e";
    else if (letter == '-')
      result += "\\-";
    else
      result += letter;
    line_start = letter == '\n';
  }
  return result;
}

void add_flags(std::string& page, const std::vector<flag>& flags) {
  for (const auto& declared : flags) {
    page += ".TP\n";
    std::string label;
    for (const auto& name : declared.all_names())
      label += (label.empty() ? "\\fB" : ", \\fB") + escaped((name.size() == 1 ? "-" : "--") + name) + "\\fR";
    if (declared.kind != flag_kind::toggle)
      label += " \\fIvalue\\fR";
    page += label + "\n" + escaped(declared.help) + ".";
    for (const auto& choice : declared.choices)
      page += escaped((&choice == &declared.choices.front() ? " One of: " : ", ") + choice);
    if (declared.required)
      page += " Required.";
    if (!declared.initial.empty() && declared.kind != flag_kind::toggle)
      page += " Default: " + escaped(declared.initial) + ".";
    if (!declared.env.empty())
      page += " Environment: " + escaped(declared.env) + ".";
    page += "\n";
  }
}

void add_command(std::string& page, const command& node, const std::string& path) {
  if (node.run) {
    page += ".SS " + escaped(path);
    for (const auto& alias : node.aliases)
      page += escaped((&alias == &node.aliases.front() ? " (" : ", ") + alias);
    page += std::string{node.aliases.empty() ? "" : ")"} + "\n" + escaped(node.summary) + ".\n";
    if (!node.arguments.empty())
      page += ".br\nArguments: " + escaped(node.arguments) + "\n";
    for (const auto& name : node.positional)
      page += (&name == &node.positional.front() ? ".br\nWithout their names, in this order:" : std::string{}) + " --" +
              escaped(name) + (&name == &node.positional.back() ? "\n" : "");
    add_flags(page, node.flags);
    for (const auto& line : node.examples)
      page += (&line == &node.examples.front() ? ".PP\nExamples:\n.br\n" : ".br\n") + escaped(line) + "\n";
  }
  for (const auto& child : node.commands)
    if (!child.hidden && child.absent.empty())
      add_command(page, child, path.empty() ? child.name : path + " " + child.name);
}

} // namespace

std::string man_page(const command& tree, const std::string& version) {
  std::string page = ".TH CADENZA 1 \"\" \"cadenza " + escaped(version) + "\" \"User Commands\"\n";
  page += ".SH NAME\ncadenza, cadence \\- " + escaped(tree.summary) + "\n";
  page += ".SH SYNOPSIS\n.B cadenza\n[\\fIglobal options\\fR] \\fIcommand\\fR [\\fIcommand options\\fR] "
          "[\\fIarguments\\fR]\n";
  page += ".SH DESCRIPTION\nRuns a Cadenza server, and operates any server that speaks the Cadence gRPC contract. Data "
          "goes to standard output, everything else to standard error. Flags may be written with one or two dashes.\n";
  page += ".SH GLOBAL OPTIONS\n";
  add_flags(page, tree.flags);
  page += ".SH COMMANDS\n";
  add_command(page, tree, "");
  page +=
      ".SH EXIT STATUS\n0 when the command did what was asked, 1 on any error. \\fBworkflow run\\fR and \\fBworkflow "
      "observe\\fR: 0 when the workflow completed or continued as new, 2 when it failed, timed out, was canceled or "
      "terminated, 130 when the wait was ended with Ctrl\\-C.\n";
  return page;
}

} // namespace cadenza::cli
