"""HTTP as bytes: heads, framing and targets; it reads no sockets and knows no configuration."""
