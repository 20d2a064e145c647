"""evenflow: a load balancer and reverse proxy that runs Apache httpd's configuration and explains itself."""

__version__ = "0.1.0"
