"""HTTP/2 towards clients; loaded only where a virtual host speaks it.

A `doorway` is a client's connection that may turn out to speak HTTP/2; a `connection` is one that does. Each of its
requests is a `stream`: an ordinary client connection whose bytes come in DATA frames and leave in them. What a client
says in fields becomes an HTTP/1.1 head in `fields`, and nowhere else.
"""
