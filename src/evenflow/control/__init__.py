"""Processes: the supervisor, its children, and what they tell each other."""
