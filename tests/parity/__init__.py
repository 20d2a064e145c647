"""The same configuration and the same requests through Apache httpd and through evenflow, compared byte by byte."""
