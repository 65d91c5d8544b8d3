// What npm's HTTP clients get when they post to an http source: node clients.mjs FOLDER_OF_NODE_MODULES URL TOKEN MESSAGE_FILE
// Prints one JSON object: by client, the status and the body of each answer. Each sends ten messages over one connection.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import http from "node:http";
import https from "node:https";

const [folder, url, token, file] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const axios = require("axios");
const { Pool } = require("undici");
const MESSAGES = 10;
const template = readFileSync(file, "utf8");
const message = (client, number) => template.replaceAll("NUMBER", `${client}${number}`);
const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/hl7-v2" };
const { origin, pathname } = new URL(url);
const one = { keepAlive: true, maxSockets: 1 };
const agent = origin.startsWith("https") ? { httpsAgent: new https.Agent(one) } : { httpAgent: new http.Agent(one) };

const clients = {
  async axios(body) {
    const answer = await axios.post(url, body, { headers, ...agent, responseType: "text", validateStatus: () => true });
    return { status: answer.status, body: answer.data };
  },
  async undici(body) {
    clients.pool ??= new Pool(origin, { connections: 1 });
    const answer = await clients.pool.request({ path: pathname, method: "POST", headers, body });
    return { status: answer.statusCode, body: await answer.body.text() };
  },
  async fetch(body) {
    const answer = await fetch(url, { method: "POST", headers, body });
    return { status: answer.status, body: await answer.text() };
  },
};

const answers = {};
for (const name of ["axios", "undici", "fetch"]) {
  answers[name] = [];
  for (let number = 1; number <= MESSAGES; ++number) answers[name].push(await clients[name](message(name, number)));
}
const form = new FormData();
form.append("ward", "W1");
form.append("message", new Blob([message("form", 1)], { type: "text/plain" }), "order.hl7");
const posted = await fetch(url, { method: "POST", headers: { Authorization: headers.Authorization }, body: form });
answers.form = [{ status: posted.status, body: await posted.text() }];
console.log(JSON.stringify(answers));
process.exit(0);
