"""Numbers that processes share: one region of memory, fixed cells, one writer a cell."""
