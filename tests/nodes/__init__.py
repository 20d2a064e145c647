"""Real nodes behind the balancer: Tomcat as Confluence, faye as Synchrony, Node and Chromium as editors."""
