<%@ page session="false" contentType="application/json" trimDirectiveWhitespaces="true" %>
{"state":"RUNNING"}
