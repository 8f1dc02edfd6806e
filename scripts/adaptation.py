"""What the emulator of AWS cannot do of the descriptions, and how a copy of them is changed for it.

adaptation.py

Prints the changes, file by file, each with its reason. scripts/local_aws.py and the tests of deployment use them.
"""

import argparse
import platform
import re
import shutil
from pathlib import Path

MACHINE = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"

WITHOUT_TLS = r"          - Effect: Deny\n(?:            .*\n)+(?=          - Effect: Allow)"
"""What a bucket's policy in a CloudFormation template says of requests without TLS."""

Change = tuple[str, str, str]
"""A reason, a pattern, and what takes its place."""

CHANGES: dict[str, tuple[Change, ...]] = {
    "sam/template.yaml": (
        ("it runs functions on this machine", r"\[arm64\]", f"[{MACHINE}]"),
        ("so the packages are this machine's", r"-arm64\.zip", f"-{MACHINE}.zip"),
        ("it knows no address in conditions", r" *Condition: \{ StringEquals: \{ ses:FromAddress.*\n", ""),
        ("it authorizes mails on every resource", r"!Sub arn\S+:ses:\S+:identity/\*", '"*"'),
        ("it has no CodeDeploy", r"    DeploymentPreference:\n(?:      .*\n)+", ""),
        ("its templates know no alarm on more than one metric", r"  (?:Throttles|Database)Alarm:\n(?:    .*\n)+", ""),
        ("its logs save no queries", r"  \w+Query:\n(?:    .*\n)+", ""),
    ),
    "sam/data.yaml": (("it speaks no TLS", WITHOUT_TLS, ""),),
    "serverless/resources/pictures.yml": (("it speaks no TLS", WITHOUT_TLS, ""),),
    "terraform/data/pictures.tf": (
        ("it speaks no TLS", r'  statement \{\n    effect    = "Deny"\n(?:(?:    .*)?\n)+?  \}\n\n(?=  statement)', ""),
    ),
    "serverless/serverless.yml": (
        ("it runs functions on this machine", r"architecture: arm64", f"architecture: {MACHINE}"),
    ),
    "serverless/facts.js": (
        ("so the packages are this machine's", r"-arm64\.zip", f"-{MACHINE}.zip"),
        ("it knows no address in conditions", r" *Condition: \{ StringEquals: \{ 'ses:FromAddress'.*\n", ""),
        ("it authorizes mails on every resource", r"arn\('ses', 'identity/\*'\)", "'*'"),
        ("its logs save no queries", r"\.\.\.queries, ", ""),
    ),
    "serverless/resources/alarms.yml": (
        ("its templates know no alarm on more than one metric", r"  (?:Throttles|Database)Alarm:\n(?:    .*\n)+", ""),
    ),
    "terraform/code/functions.tf": (
        ("it knows no address in conditions", r' *dynamic "condition" \{\n(?:        .*\n)+      \}\n', ""),
        ("it authorizes mails on every resource", r"\$\{local\.arns\.ses\}:identity/\*", "*"),
        ("it runs functions on this machine", r'\["arm64"\]', f'["{MACHINE}"]'),
        ("so the packages are this machine's", r"-arm64\.zip", f"-{MACHINE}.zip"),
    ),
    "terraform/code/queries.tf": (
        ("its logs save no queries", r'resource "aws_cloudwatch_query_definition" "this" \{\n(?:.*\n)+?\}\n', ""),
    ),
    "terraform/code/preflight.tf": (
        ("it gives a mock a method", r'= "MOCK"\n', '= "MOCK"\n  integration_http_method = "POST"\n'),
    ),
    "terraform/code/api.tf": (
        (
            "it makes no API key's value",
            r'("aws_api_gateway_api_key" "this" \{\n)',
            r'\1  value = "made-for-this-emulator"\n',
        ),
    ),
}
"""What is changed in a copy before it is deployed here, each with the reason; the rest is deployed as it stands.
All of it is checked statically, in `test_agreement.py`."""


def copy(source: Path, target: Path) -> None:
    """Copy what deploying needs of a repository into a folder, tools and packages by link."""
    for name in ("infrastructure", "scripts", "tests/api"):
        ignore = shutil.ignore_patterns("node_modules", ".terraform*", ".serverless", "*.tfstate*", "__pycache__")
        shutil.copytree(source / name, target / name, ignore=ignore)
    for name in ("dist", "node_modules", ".venv-deploy", "infrastructure/serverless/node_modules"):
        (target / name).symlink_to(source / name)


def adapt(root: Path) -> None:
    """Make the changes in a copy of the repository. Raises ValueError if one does not find its place."""
    for name, changes in CHANGES.items():
        path = root / "infrastructure" / name
        text = path.read_text()
        for reason, pattern, replacement in changes:
            text, count = re.subn(pattern, replacement, text)
            if not count:
                raise ValueError(f"{name} has nothing to change because {reason}")
        path.write_text(text)


def main() -> None:
    """Print the changes."""
    argparse.ArgumentParser(
        prog="adaptation.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter, allow_abbrev=False
    ).parse_args()
    for name, changes in CHANGES.items():
        print(name, *(f"  {reason}" for reason, _, _ in changes), sep="\n")


if __name__ == "__main__":
    main()
