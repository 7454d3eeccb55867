// What a script with GitHub's own client gets where a merge comes first. Prints it.
import { Octokit } from "@octokit/rest";

const [url, token] = process.argv.slice(-2);
const log = { debug() {}, info() {}, warn() {}, error() {} };
const octokit = new Octokit({ auth: token, baseUrl: `${url}/api/v3`, log });
const repository = { owner: "acme", repo: "hello" };
const { repos } = octokit.rest;

const { status, data } = await repos.createDeployment({ ...repository, ref: "fix-login", environment: "qa" });
const statuses = await repos.listDeploymentStatuses({ ...repository, deployment_id: data.id });

console.log(
  JSON.stringify({ status, message: data.message, id: data.id, states: statuses.data.map((one) => one.state) }),
);
