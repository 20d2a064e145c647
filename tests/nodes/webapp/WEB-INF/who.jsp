<%@ page contentType="application/json" trimDirectiveWhitespaces="true" %>
<%
  Integer visits = (Integer) session.getAttribute("visits");
  visits = visits == null ? 1 : visits + 1;
  session.setAttribute("visits", visits);
%>
{"node": "<%= System.getProperty("evenflow.node") %>", "session": "<%= session.getId() %>", "visits": <%= visits %>,
 "scheme": "<%= request.getScheme() %>", "server": "<%= request.getServerName() %>", "port": <%= request.getServerPort() %>,
 "secure": <%= request.isSecure() %>, "forwarded_proto": "<%= request.getHeader("X-Forwarded-Proto") %>",
 "forwarded_host": "<%= request.getHeader("X-Forwarded-Host") %>", "uri": "<%= request.getRequestURI() %>"}
