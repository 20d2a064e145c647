"""Minutes of everything at once."""
