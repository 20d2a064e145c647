"""What evenflow does when a member or a client misbehaves, with real processes and sockets on loopback."""
