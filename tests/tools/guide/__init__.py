"""docs/guide: what the pages show is what happens."""
