"""Sockets, TLS and timers: the only room that does I/O."""
