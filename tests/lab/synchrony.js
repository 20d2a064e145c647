// Synchrony nodes made of real Bayeux servers, each with clients of its own: node synchrony.js '[[HOST, PORT, FAULT], ...]'
'use strict';

const http = require('http');
const faye = require('faye');

const MOUNT = '/synchrony/v1/bayeux-sync1';

// What Synchrony answers to a token that another key has signed.
function refuse(request, response) {
  response.writeHead(401, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ type: 'jwt/unknown-iss', message: 'unknown issuer' }));
}

function start(host, port, fault) {
  const server = http.createServer((request, response) => {
    if (request.url === '/synchrony/heartbeat') {
      response.end('OK');
    } else if (fault === 'keys') {
      refuse(request, response);
    } else {
      response.writeHead(404);
      response.end('not found');
    }
  });
  // Seconds that a poll is held.
  const bayeux = new faye.NodeAdapter({ mount: MOUNT, timeout: fault === 'slow' ? 15 : 1 });
  if (fault !== 'keys') bayeux.attach(server);
  server.on('upgrade', (request, socket) => {
    if (fault === 'keys') socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
    else if (!request.url.startsWith(MOUNT)) socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
  });
  if (fault === 'cuts') server.on('upgrade', (request, socket) => setTimeout(() => socket.destroy(), 500));
  if (fault === 'unhashed') {
    server.removeAllListeners('upgrade');
    server.on('upgrade', (request, socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
        + 'Sec-WebSocket-Accept: c3R1YmJvcm4=\r\n\r\n');
    });
  }
  if (fault === 'firewall') {
    // Whatever looks like a page is taken for an attack.
    const inner = server.listeners('request');
    server.removeAllListeners('request');
    server.on('request', (request, response) => {
      request.on('data', (piece) => {
        if (!String(piece).includes('<script')) return;
        response.writeHead(403, { 'Content-Type': 'text/html' }).end('<html><body>blocked</body></html>');
        response.writeHead = response.write = response.end = () => response;
      });
      for (const listener of inner) listener.call(server, request, response);
    });
  }
  server.listen(port, host);
}

for (const [host, port, fault] of JSON.parse(process.argv[2])) start(host, port, fault);
