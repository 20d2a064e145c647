"""One exchange, told events and telling bytes; it does no I/O."""
