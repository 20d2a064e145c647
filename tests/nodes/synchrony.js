// A Synchrony node made of a real Bayeux server: node synchrony.js HOST PORT NAME
//
// /synchrony/heartbeat says OK, /synchrony/v1/bayeux-sync1 is faye's. Beside these, for the test and not through the
// balancer: /counts tells how many messages came over which transport, and what was said on the channel /sync/report.
'use strict';

const http = require('http');
const faye = require('faye');

const [host, port, name] = process.argv.slice(2);
const counts = { websocket: {}, polling: {}, reports: [] };

// Short polls: one that waits for an editor that is gone is in flight, and the front ends only after it.
const bayeux = new faye.NodeAdapter({ mount: '/synchrony/v1/bayeux-sync1', timeout: 5 });
const overWebSocket = (request) => Boolean(request) && (request.headers.upgrade || '').toLowerCase() === 'websocket';

// Every answer says in its `ext` which node it is from and over which transport the message came.
bayeux.addExtension({
  incoming(message, request, callback) {
    const table = overWebSocket(request) ? counts.websocket : counts.polling;
    table[message.channel] = (table[message.channel] || 0) + 1;
    if (message.channel === '/sync/report') counts.reports.push(message.data);
    callback(message);
  },
  outgoing(message, request, callback) {
    if (message.successful !== undefined) {
      message.ext = { node: name, transport: overWebSocket(request) ? 'websocket' : 'polling' };
    }
    callback(message);
  },
});

const server = http.createServer((request, response) => {
  if (request.url === '/synchrony/heartbeat') {
    response.end('OK');
  } else if (request.url === '/counts') {
    response.end(JSON.stringify(counts));
  } else {
    response.writeHead(404);
    response.end('not found');
  }
});
bayeux.attach(server);
server.listen(Number(port), host);
