// One stranger as a process: `node peer.cjs LIBRARY send PORT NUMBER` sends one message and prints the MSA line that
// came back; `node peer.cjs LIBRARY receive PORT` prints "ready", then the MSH-10 of each message that it answered.
// TLS where MYELIN_CA names the authority (send) or MYELIN_KEY and MYELIN_CERTIFICATE name the server's own (receive).
// The libraries are found below MYELIN_NPM. Of them only node-hl7 speaks TLS itself; the others are met as their users run
// them, behind a tunnel: plain on their side, TLS on ours.
'use strict';
const fs = require('node:fs');
const net = require('node:net');
const tls = require('node:tls');
const { createRequire } = require('node:module');
const library = createRequire(process.env.MYELIN_NPM + '/');

const [name, role, portText, number] = process.argv.slice(2);
const port = Number(portText);
const message = (id) =>
  ['MSH|^~\\&|STRANGER|WARD|MYELIN|HOUSE|20260101080000||ADT^A08^ADT_A01|' + id + '|P|2.5.1', 'EVN||20260101080000',
    'PID|1||90001^^^HOUSE^MR||TEST^PERSON||19700101|F', 'PV1|1|I'].join('\r');
const say = (line) => process.stdout.write(line + '\n');
const done = (line) => { say(line); process.exit(0); };
const msa = (answer) => answer.toString().split('\r').find((line) => line.startsWith('MSA'));
const ca = process.env.MYELIN_CA && fs.readFileSync(process.env.MYELIN_CA);
const own = process.env.MYELIN_KEY &&
  { key: fs.readFileSync(process.env.MYELIN_KEY), cert: fs.readFileSync(process.env.MYELIN_CERTIFICATE) };

// A port of this machine where plain bytes become TLS on the way to the engine; or the engine's TLS plain bytes.
const listening = (server, at) => new Promise((done) => server.listen(at, '127.0.0.1', () => done(server.address().port)));
const join = (one, other) => {
  one.pipe(other).pipe(one);
  for (const end of [one, other]) end.on('error', () => { one.destroy(); other.destroy(); });
};
const outward = () => (!ca ? port : listening(net.createServer((plain) =>
  join(plain, tls.connect({ host: '127.0.0.1', port, ca, servername: 'localhost' }))), 0));
const inward = async () => {
  if (!own) return port;
  const free = net.createServer();
  const inner = await listening(free, 0);
  await new Promise((done) => free.close(done));
  await listening(tls.createServer(own, (secured) => join(secured, net.connect(inner, '127.0.0.1'))), port);
  return inner;
};

const strangers = {
  medplum: {
    async send() {
      const { Hl7Client } = library('@medplum/hl7');
      const { Hl7Message } = library('@medplum/core');
      const client = new Hl7Client({ host: '127.0.0.1', port: await outward() });
      const answer = await client.sendAndWait(Hl7Message.parse(message(number)), { timeoutMs: 15000 });
      done(msa(answer));
    },
    async receive() {
      const { Hl7Server } = library('@medplum/hl7');
      const server = new Hl7Server((connection) => connection.addEventListener('message', (event) => {
        event.connection.send(event.message.buildAck());
        say(event.message.getSegment('MSH').getField(10).toString());
      }));
      server.start(await inward());
      if (server.server.listening) say('ready');
      else server.server.once('listening', () => say('ready'));
    },
  },
  simple: {
    async send() {
      const hl7 = library('simple-hl7');
      const client = hl7.Server.createTcpClient('127.0.0.1', await outward());
      const parsed = new hl7.Parser({ segmentSeperator: '\r' }).parse(message(number) + '\r');
      client.send(parsed, (failed, answer) => done(failed ? String(failed) : msa(answer)));
    },
    async receive() {
      const hl7 = library('simple-hl7');
      const app = hl7.tcp();
      app.use((request, response) => {
        response.end();
        say(request.msg.header.getField(8).toString());
      });
      app.start(await inward());
      setImmediate(() => say('ready'));
    },
  },
  'node-hl7': {
    send() {
      const { Client, Message } = library('node-hl7-client');
      const client = new Client({ host: '127.0.0.1', tls: ca ? { ca, servername: 'localhost' } : undefined });
      const connection = client.createConnection({ port, waitAck: true }, (response) =>
        done(msa(response.getMessage())));
      return connection.sendMessage(new Message({ text: message(number) }));
    },
    receive() {
      const { Server } = library('node-hl7-server');
      const server = new Server({ bindAddress: '127.0.0.1', tls: own || undefined });
      const listener = server.createInbound({ port }, async (request, response) => {
        await response.sendResponse('AA');
        say(request.getMessage().get('MSH.10').toString());
      });
      listener.on('listen', () => say('ready'));
    },
  },
};

Promise.resolve().then(() => strangers[name][role]()).catch((failed) => done('failed: ' + failed.stack));
