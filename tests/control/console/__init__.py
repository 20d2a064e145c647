"""The manager's page for people."""
