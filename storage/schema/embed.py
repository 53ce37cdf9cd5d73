"""Writes the migrations of a dialect into a C++ source: embed.py OUT NAMESPACE FILE..."""
import pathlib
import re
import sys

out, namespace, *files = sys.argv[1:]
rows = []
for path in sorted(map(pathlib.Path, files)):
    version, name = re.fullmatch(r"(\d{4})_(\w+)\.sql", path.name).groups()
    text = path.read_text()
    # A program that knows this older version may go on working with the new one.
    oldest = re.search(r"^-- works for programs of version (\d+)", text, re.MULTILINE)
    needs = int(oldest[1]) if oldest else int(version)
    if ')sql"' in text:
        sys.exit(f"{path}: cannot be put into a literal")
    rows.append(f'    {{{int(version)}, {needs}, "{name}", R"sql({text})sql"}},\n')
pathlib.Path(out).write_text(
    '#include "storage/schema/migration.hpp"\n\n'
    f"namespace cadenza::storage::schema {{\n\nnamespace {{\n\nconstexpr migration all[]{{\n{''.join(rows)}}};\n\n"
    f"}} // namespace\n\nstd::span<const migration> {namespace}_migrations() {{ return all; }}\n\n"
    "} // namespace cadenza::storage::schema\n")
