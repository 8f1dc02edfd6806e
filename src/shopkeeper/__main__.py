"""`shopkeeper` and `python -m shopkeeper` are the command line."""

import sys

from shopkeeper.libraries import advice, missing


def main() -> None:
    """Run the command line; libraries that are missing are one sentence and exit status 2."""
    if missed := missing():
        print(f"Shopkeeper needs libraries that are missing; {advice(missed)}.", file=sys.stderr)
        raise SystemExit(2)
    from shopkeeper.operator.cli import main as run

    run()


if __name__ == "__main__":
    main()
