"""Which member takes this request."""
