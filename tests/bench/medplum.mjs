// Parses one HL7 v2 message with @medplum/core for some seconds; prints the median rate of its blocks as JSON.
//   node medplum.mjs MODULES MESSAGE-FILE [BLOCKS]
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';

const [modules, file, blocks = '5'] = process.argv.slice(2);
const { Hl7Message } = createRequire(`${modules}/`)('@medplum/core');
const text = readFileSync(file, 'utf8').replace(/\r?\n/g, '\r');
const size = Buffer.byteLength(text);
const milliseconds = 400;

function rate() {
  let parsed = 0;
  const began = performance.now();
  while (performance.now() - began < milliseconds) {
    for (let i = 0; i < 50; i++) if (Hl7Message.parse(text).segments.length === 0) throw new Error('nothing parsed');
    parsed += 50;
  }
  return (parsed * size) / (performance.now() - began) / 1e3;
}

rate();
const rates = Array.from({ length: Number(blocks) }, rate).sort((a, b) => a - b);
console.log(JSON.stringify({ megabytes_per_second: rates[rates.length >> 1], bytes: size }));
