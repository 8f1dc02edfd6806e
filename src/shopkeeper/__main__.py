"""`python -m shopkeeper` is the command line."""

from shopkeeper.operator.cli import main

if __name__ == "__main__":
    main()
