<%@ page session="false" %>
<%
  // to=node: the node's own address, as an application without proxyName would say it.
  String own = "http://" + request.getLocalAddr() + ":" + request.getLocalPort();
  response.sendRedirect("node".equals(request.getParameter("to")) ? own + "/who?from=login" : "/who?from=login");
%>
