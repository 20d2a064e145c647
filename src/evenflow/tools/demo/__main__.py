"""`python -m evenflow.tools.demo` is `evenflow demo`."""

from evenflow.tools.demo.command import demo

if __name__ == "__main__":
    demo()
