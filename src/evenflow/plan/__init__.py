"""What a request is measured against: frozen tables and the functions that read them."""
