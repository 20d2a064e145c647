"""`python -m evenflow` is the command `evenflow`."""

from evenflow.tools.cli import main

if __name__ == "__main__":
    main()
