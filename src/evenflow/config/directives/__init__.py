"""One file per module of httpd: the rows of the directives that we act on."""
