"""Apache's configuration language: text in, settings and diagnostics out."""
