"""A configuration to begin with."""
