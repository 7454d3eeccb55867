// What hubot-deploy 0.13 does with its client when somebody says "deploy hello to ENV".
const octonode = require("octonode");

const [api, token, body, ...environments] = process.argv.slice(1);
const client = octonode.client(token, { hostname: api });
const path = "/repos/acme/hello/deployments";

const told = (send) =>
  new Promise((done) =>
    send((error, status, answer) =>
      done(error ? { status: error.statusCode, message: error.message } : { status, answer }),
    ),
  );

(async () => {
  const out = [];
  for (const environment of environments) {
    out.push(await told((back) => client.post(path, { ...JSON.parse(body), environment }, back)));
  }
  out.push(await told((back) => client.get(path, { environment: environments[0] }, back)));
  out.push(await told((back) => client.get("/", back)));
  console.log(JSON.stringify(out));
})();
