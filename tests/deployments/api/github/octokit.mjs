// What a script with GitHub's own client does: ask, list, read, report. Prints what it was told.
import { Octokit } from "@octokit/rest";

const [url, token] = process.argv.slice(-2);
const log = { debug() {}, info() {}, warn() {}, error() {} };
const octokit = new Octokit({ auth: token, baseUrl: `${url}/api/v3`, log });
const repository = { owner: "acme", repo: "hello" };
const { repos, users } = octokit.rest;

const me = (await users.getAuthenticated()).data.login;
const made = (
  await repos.createDeployment({ ...repository, ref: "main", environment: "qa", description: "by a script" })
).data;
const statuses = (await repos.listDeploymentStatuses({ ...repository, deployment_id: made.id })).data;
const refused = await repos
  .createDeployment({ ...repository, ref: "main", environment: "moon" })
  .catch((error) => ({ status: error.status, message: error.message }));
await repos.createCommitStatus({ ...repository, sha: made.sha, state: "success", context: "ci" });
const combined = (await repos.getCombinedStatusForRef({ ...repository, ref: "main" })).data;
await repos.createDeployment({ ...repository, ref: "main", environment: "production" });
const all = await octokit.paginate(repos.listDeployments, { ...repository, per_page: 1 });

console.log(
  JSON.stringify({
    me,
    made: made.id,
    states: statuses.map((one) => one.state),
    refused,
    combined: combined.state,
    all: all.map((one) => one.environment),
  }),
);
