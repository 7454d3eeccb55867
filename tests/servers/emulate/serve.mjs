// GitHub as `emulate` has it, at the addresses of an Enterprise: over TLS, its API under /api/v3.
// Tells its address and the key of its App, and serves until it is ended.
import { readFileSync } from "node:fs";
import https from "node:https";
import { createEmulator } from "emulate";

const [file, seed] = process.argv.slice(-2).map((path) => readFileSync(path, "utf8"));
const github = await createEmulator({
  service: "github", port: 0, hostname: "127.0.0.1", seed: JSON.parse(seed),
});
const inner = `127.0.0.1:${new URL(github.url).port}`;
const own = new RegExp(`http://(localhost|127\\.0\\.0\\.1):${new URL(github.url).port}(?!\\d)`, "g");
const LENGTHS = ["host", "connection", "content-length", "transfer-encoding", "keep-alive"];

const front = https.createServer({ key: file, cert: file }, async (asked, answer) => {
  const api = `https://127.0.0.1:${front.address().port}/api/v3`;
  const sent = [];
  for await (const part of asked) sent.push(part);
  const headers = Object.entries(asked.headers).filter(([name]) => !LENGTHS.includes(name));
  const told = await fetch(`http://${inner}${asked.url.replace(/^\/api\/v3(?=[/?]|$)/, "")}`, {
    method: asked.method,
    headers: Object.fromEntries(headers),
    body: sent.length ? Buffer.concat(sent) : undefined,
    redirect: "manual",
  });
  answer.statusCode = told.status;
  for (const [name, text] of told.headers)
    if (!LENGTHS.includes(name)) answer.setHeader(name, text.replace(own, api));
  answer.end((await told.text()).replace(own, api));
});
front.listen(0, "127.0.0.1", () => {
  const key = github.generatedSecrets.find((one) => one.kind === "github.app_private_key")?.value;
  console.log(JSON.stringify({ address: `https://127.0.0.1:${front.address().port}`, key }));
});
