"""The fault laboratory: real Tomcat, faye, evenflow and httpd, each documented fault put in on purpose."""
