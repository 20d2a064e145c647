<%@ page session="false" contentType="text/html;charset=UTF-8" trimDirectiveWhitespaces="true"
    import="java.util.*, jakarta.websocket.*, jakarta.websocket.server.*" %>
<%!
  // What Confluence shows of itself to strangers. Which fault a node has, the address tells at which it was asked:
  // -Devenflow.faults=ADDRESS=NAME,ADDRESS=NAME
  static final Map<String, String> FAULTS = new HashMap<>();
  static {
    for (String one : System.getProperty("evenflow.faults", "").split(",")) {
      String[] pair = one.split("=", 2);
      if (pair.length == 2) FAULTS.put(pair[0], pair[1]);
    }
  }

  public static class Quiet extends Endpoint {
    public void onOpen(Session session, EndpointConfig config) { }
  }

  static String own(HttpServletRequest request) {
    int port = request.getServerPort();
    boolean usual = port == ("https".equals(request.getScheme()) ? 443 : 80);
    return request.getScheme() + "://" + request.getServerName() + (usual ? "" : ":" + port);
  }
%>
<%
  String fault = FAULTS.getOrDefault(request.getLocalAddr(), "");
  String path = request.getPathInfo();
  String context = request.getContextPath();
  String base = System.getProperty("evenflow.base") + context;
  response.setHeader("X-Confluence-Cluster-Node", String.format("%08x", request.getLocalAddr().hashCode()));
  response.setHeader("X-Confluence-Request-Time", String.valueOf(System.currentTimeMillis()));
  if (fault.equals("clock")) response.setDateHeader("Date", System.currentTimeMillis() + 300000);

  if (path.equals("/status")) {
    String state = fault.startsWith("state-") ? fault.substring(6) : "RUNNING";
    response.setContentType("application/json");
    response.setStatus(state.equals("MAINTENANCE") ? 503 : state.equals("ERROR") ? 500 : 200);
    out.print("{\"state\":\"" + state + "\"}");
  } else if (fault.equals("failing") && !path.startsWith("/rest/")) {
    response.setStatus(500);
    out.print("<html><title>Oops - an error has occurred</title></html>");
  } else if (path.equals("/")) {
    response.sendRedirect(context + "/login.action");
  } else if (path.equals("/login.action")) {
    request.getSession();
    if (fault.equals("base-url")) base = base.replace("wiki.", "old.");
    if (fault.equals("clear")) base = base.replace("https:", "http:");
    out.print("<!DOCTYPE html><html><head><title>Log In - Confluence</title>"
        + "<meta name=\"ajs-version-number\" content=\"9.2.1\">"
        + "<meta name=\"ajs-build-number\" content=\"" + (fault.equals("build") ? "9013" : "9012") + "\">"
        + "<meta name=\"ajs-base-url\" content=\"" + base + "\">"
        + "<meta name=\"confluence-context-path\" content=\"" + context + "\"></head><body>");
    if (fault.equals("mixed")) out.print("<script src=\"" + base.replace("https:", "http:") + "/s/batch.js\"></script>");
    out.print("<form method=\"post\" action=\"/dologin.action\"></form></body></html>");
  } else if (path.startsWith("/synchrony-proxy/") && fault.equals("internal")) {
    if (path.endsWith("/bayeux-sync1") && request.getHeader("Upgrade") != null) {
      ServerContainer container = (ServerContainer) application.getAttribute(ServerContainer.class.getName());
      ServerEndpointConfig quiet = ServerEndpointConfig.Builder.create(Quiet.class, path).build();
      container.upgradeHttpToWebSocket(request, response, quiet, Map.of());
    } else if (path.endsWith("/heartbeat")) {
      out.print("OK");
    } else {
      response.setContentType("application/json");
      out.print("{\"healthy\":true}");
    }
  } else if (path.startsWith("/rest/")) {
    String origin = request.getHeader("Origin");
    response.setContentType("application/json");
    if (request.getMethod().equals("POST") && origin != null && !origin.equals(own(request))) {
      response.setStatus(403);
      out.print("{\"statusCode\":403,\"message\":\"XSRF check failed\"}");
    } else if (path.equals("/rest/synchrony-interop/status")) {
      out.print("{\"synchronyEnabled\":true,\"sharedDraftsEnabled\":true}");
    } else {
      response.setStatus(404);
      out.print("{\"statusCode\":404,\"message\":\"null for uri\"}");
    }
  } else {
    response.setStatus(404);
    out.print("<!DOCTYPE html><html><head><title>Page Not Found - Confluence</title>"
        + "<meta name=\"ajs-build-number\" content=\"9012\"></head><body>Page Not Found</body></html>");
  }
%>
