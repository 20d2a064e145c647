"""The manager's page for people: an ASGI application in the watchdog, to which children hand requests on."""
