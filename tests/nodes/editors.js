// Editors that talk to each other over Bayeux: node editors.js URL HOW_MANY MESSAGES websocket|polling
//
// Each editor subscribes to one page's channel, then publishes MESSAGES messages on it, and has to hear every message of
// every editor on the same Synchrony node (two faye servers tell each other nothing). It asks for the heartbeat first, to
// have the route cookie before it speaks: faye opens its WebSocket beside the handshake, and a WebSocket that is opened
// without the cookie may land on the other node. The last line printed is JSON: per node how many editors, how many messages were due and how many heard; and whatever error an editor was told of.
// The name wiki.example.com is this machine's loopback here.
'use strict';

const https = require('https');
const dns = require('dns');
const lookup = dns.lookup;
dns.lookup = (name, options, callback) => lookup(name === 'wiki.example.com' ? '127.0.0.1' : name, options, callback);

const faye = require('faye');

const [url, howMany, messages, transport] = process.argv.slice(2);
const CHANNEL = '/sync/page-1';
const errors = [];

class Editor {
  constructor(number) {
    this.number = number;
    this.node = null;
    this.transport = null;
    this.heard = new Set();
    this.client = new faye.Client(url, { timeout: 30, retry: 1 });
    if (transport === 'polling') this.client.disable('websocket');
    this.client.addExtension({
      incoming: (message, callback) => {
        if (message.ext) ({ node: this.node, transport: this.transport } = message.ext);
        if (message.error) errors.push(`${message.channel}: ${message.error}`);
        callback(message);
      },
    });
  }

  async open() {
    this.client.setHeader('Cookie', await cookies());
    await this.client.subscribe(CHANNEL, (data) => this.heard.add(`${data.editor}/${data.message}`));
    // faye polls until its WebSocket is open: what is to be counted begins after that.
    while (transport === 'websocket' && this.transport !== 'websocket') {
      await this.client.publish('/sync/warm-up', {});
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async type() {
    for (let message = 0; message < Number(messages); message++) {
      await this.client.publish(CHANNEL, { editor: this.number, message, text: 'x'.repeat(200) });
    }
  }
}

function cookies() {
  return new Promise((resolve, reject) => {
    const request = https.get(new URL('/synchrony/heartbeat', url), (response) => {
      response.resume();
      resolve((response.headers['set-cookie'] || []).map((cookie) => cookie.split(';')[0]).join('; '));
    });
    request.on('error', reject);
  });
}

async function main() {
  const editors = Array.from({ length: Number(howMany) }, (_, number) => new Editor(number));
  await Promise.all(editors.map((editor) => editor.open()));
  await Promise.all(editors.map((editor) => editor.type()));

  const nodes = {};
  for (const editor of editors) {
    const node = (nodes[editor.node] = nodes[editor.node] || { editors: 0, due: 0, heard: 0 });
    node.editors += 1;
  }
  for (const node of Object.values(nodes)) node.due = node.editors * node.editors * Number(messages);
  const deadline = Date.now() + 10000;
  for (;;) {
    for (const node of Object.values(nodes)) node.heard = 0;
    for (const editor of editors) nodes[editor.node].heard += editor.heard.size;
    if (Object.values(nodes).every((node) => node.heard === node.due) || Date.now() > deadline) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  console.log(JSON.stringify({ nodes, errors }));
  process.exit(0);
}

main().catch((fault) => {
  console.log(JSON.stringify({ nodes: {}, errors: [...errors, String(fault && (fault.message || fault))] }));
  process.exit(1);
});
