"""The balancer-manager, asked as a browser would ask it."""
