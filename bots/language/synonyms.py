"""What people say in place of the verbs; two words are also looked up as one."""

from __future__ import annotations

SYNONYMS = {
    same: verb
    for verb, said in {
        "deploy": "deploy ship release push publish redeploy launch depoly deployment re-deploy "
        "rollout roll-out deploying deployen deploye deployer déploie déployer desplegar despliega",
        "rollback": "undo revert roll roll-back rollbacks undeploy unship backout",
        "retry": "restart rerun re-run again redo",
        "cancel": "stop abort kill halt",
        "approve": "lgtm accept allow +1",
        "reject": "decline deny refuse disapprove",
        "go on": "continue resume proceed goon",
        "deploys": "deploys history recent who when releases",
        "status": "what what's whats which state is",
        "where can i deploy": "where cani cani? mayi canwe",
        "lock": "claim hold reserve",
        "unlock": "release-lock free",
        "diff": "compare changes changelog",
        "plan": "dryrun dry-run preview noop simulate",
        "log": "logs tail output",
        "show": "info details open",
        "search": "find grep",
        "why": "wtf blocked",
        "who am i": "whoami",
        "forget me": "forget",
        "deploy:version": "version",
        "help": "commands ? ?? man usage hi hello hey",
    }.items()
    for same in said.split()
}
