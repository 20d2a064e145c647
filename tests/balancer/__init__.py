"""Which member takes this request: told as stories of requests and of the members that took them."""
