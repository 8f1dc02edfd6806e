"""Write what the descriptions of the infrastructure know of the code, or tell a script of it.

facts.py write        write infrastructure/facts.json, and the generated parts of the SAM templates
facts.py check        name each of these files that is not what `write` would write; exit status 1 if there is one
facts.py functions    print the functions' names
facts.py settings     print each variable that a deployment may set, with its name as a parameter of SAM
facts.py environment  print those that are set here, as a JSON object

`make facts` runs `write`. A generated part of a template stands between the comments `facts: begin NAME` and
`facts: end`; scripts/sam.py has its text.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import Any

import sam
import sam_text

INFRASTRUCTURE = Path(__file__).parents[1] / "infrastructure"
FILE = INFRASTRUCTURE / "facts.json"
TEMPLATES = (INFRASTRUCTURE / "sam" / "template.yaml", INFRASTRUCTURE / "sam" / "data.yaml")
PART = re.compile(r"^( *)# facts: begin (\S+)\n.*?^ *# facts: end\n", re.DOTALL | re.MULTILINE)
WIDTH = 120

Facts = dict[str, Any]


def read() -> Facts:
    """Return the facts that are committed."""
    facts: Facts = json.loads(FILE.read_text())
    return facts


def generated(facts: Facts) -> dict[Path, str]:
    """Return each generated file's text."""
    parts = sam.parts(facts)

    def fill(match: re.Match[str]) -> str:
        margin, name = match.groups()
        return f"{margin}# facts: begin {name}\n{indent(parts[name], margin)}{margin}# facts: end\n"

    return {FILE: text(facts) + "\n"} | {path: PART.sub(fill, path.read_text()) for path in TEMPLATES}


def text(value: Any, margin: str = "", before: int = 0) -> str:
    """Return JSON in which whatever fits into a line stands in one; `before` characters stand in its line already."""
    line = json.dumps(value)
    if not isinstance(value, dict | list) or len(margin) + before + len(line) < WIDTH:
        return line
    inner = margin + "  "
    if isinstance(value, list):
        items = [text(item, inner) for item in value]
    else:
        names = {name: f"{json.dumps(name)}: " for name in value}
        items = [name + text(value[key], inner, len(name)) for key, name in names.items()]
    start, end = line[0], line[-1]
    return f"{start}\n" + ",\n".join(inner + item for item in items) + f"\n{margin}{end}"


def stale() -> Iterator[str]:
    """Yield the generated files that are not what the declarations say."""
    for path, content in generated(_declared()).items():
        if not path.exists() or path.read_text() != content:
            yield str(path.relative_to(INFRASTRUCTURE.parent))


def write() -> None:
    """Write the generated files anew."""
    for path, content in generated(_declared()).items():
        path.write_text(content)


def _declared() -> Facts:
    from shopkeeper.functions.facts import facts  # the other commands need nothing installed

    return facts()


def main() -> None:
    """Run a command."""
    parser = argparse.ArgumentParser(
        prog="facts.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("command", choices=["write", "check", "functions", "settings", "environment"])
    match parser.parse_args().command:
        case "write":
            write()
        case "check":
            files = ", ".join(stale())
            if files:
                sys.exit(f"facts.py: {files}: not what the declarations say; run `make facts`.")
        case "functions":
            print(*read()["functions"], sep="\n")
        case "settings":
            for variable in read()["settings"]:
                print(variable, sam_text.logical(variable))
        case "environment":
            print(json.dumps({name: os.environ[name] for name in read()["settings"] if os.environ.get(name)}))


if __name__ == "__main__":
    main()
