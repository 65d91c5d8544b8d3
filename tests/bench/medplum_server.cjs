// @medplum/hl7's own server, which acknowledges each message and stores nothing. First line: its port.
'use strict';
const { createRequire } = require('node:module');
const { createServer } = require('node:net');
const { Hl7Server } = createRequire(process.env.MYELIN_NPM + '/')('@medplum/hl7');

const probe = createServer().listen(0, '127.0.0.1', () => {
  const { port } = probe.address();
  probe.close(() => {
    const server = new Hl7Server((connection) => connection.addEventListener('message', (event) => {
      event.connection.send(event.message.buildAck());
    }));
    server.start(port);
    const say = () => process.stdout.write(port + '\n');
    if (server.server.listening) say();
    else server.server.once('listening', say);
  });
});
