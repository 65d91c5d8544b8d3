// Two of npm's HTTP servers as peers of http destinations: node servers.mjs FOLDER_OF_NODE_MODULES CERTIFICATE KEY
// express speaks TLS, fastify does not. First line: their ports. Then one line for each request: who got what.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import https from "node:https";

const [folder, certificate, key] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const express = require("express");
const fastify = require("fastify")();
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

const app = express();
app.use(express.raw({ type: () => true, limit: "1mb" }));
app.post("/orders", (request, response) => {
  say({ server: "express", url: request.url, body: request.body.toString("base64"), key: request.get("Idempotency-Key") });
  response.status(201).json({ taken: true });
});

fastify.addContentTypeParser("*", { parseAs: "buffer" }, (request, body, done) => done(null, body));
let busy = 2;
fastify.post("/patients/:id/orders", async (request, reply) => {
  if (busy-- > 0) return reply.code(503).header("Retry-After", "0").send();
  say({ server: "fastify", url: request.url, body: request.body.toString("base64"), ward: request.headers["x-ward"] });
  return reply.code(204).send();
});

const secure = https.createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, app);
secure.listen(0, "127.0.0.1", async () => {
  await fastify.listen({ host: "127.0.0.1", port: 0 });
  say({ express: secure.address().port, fastify: fastify.server.address().port });
});
