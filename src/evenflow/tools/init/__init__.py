"""`evenflow init`: a configuration to begin with, for an application that is known."""
