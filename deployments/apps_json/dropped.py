"""Keys that nothing here takes over, and why: what to do instead, in a sentence."""

from __future__ import annotations

OTHER = (
    "hubot-deploy handed it on, unread, to whatever performed the deployment. What performs it "
    "here reads no such key: if a recipe needs it, set a variable or a secret of the app."
)
TASKS = (
    "A file brings no commands. Write the task down in the app's settings; “deploy:NAME” then runs "
    "it."
)
REASONS = {
    "allowed_rooms": "A room here names the apps that may be told in it: choose them in the room's "
    "own settings. Who may deploy is a matter of roles, wherever it is said.",
    "authorized_usernames": "Who may deploy is a matter of roles: give each of them “deployer” "
    "under “Who can do what” in the app's settings.",
    "check_deploy_status": "Board and pages tell at any time what an environment lacks, every ten "
    "minutes anew and for every environment; “diff” tells it in chat. There is no schedule to set.",
    "notify": "Each room that tells of the app has a thread for each deployment.",
    "robotName": "Bots are not told apart here: who asks is a person.",
    "yubikey": "People sign in with a second factor of their own; deployments take no code.",
    "task": TASKS,
    "task_name": TASKS,
    "tasks": TASKS,
    "before_deploy": TASKS,
    "after_deploy": TASKS,
    "pre_deploy": TASKS,
    "post_deploy": TASKS,
    "remote_heroku": "Heroku is given the code by its API; no git remote is pushed to.",
    "aws_access_key_id": "A secret never comes by a file: set AWS_ACCESS_KEY_ID as a secret of the "
    "app.",
    "aws_secret_access_key": "A secret never comes by a file: set AWS_SECRET_ACCESS_KEY as a "
    "secret of the app.",
    "heroku_api_key": "A secret never comes by a file: set HEROKU_API_KEY as a secret of the app.",
    "stack_id": "AWS OpsWorks is not deployed to; AWS ended it in May 2024.",
    "app_id": "AWS OpsWorks is not deployed to; AWS ended it in May 2024.",
}
# Of an environment that is written as an object.
OF_ENVIRONMENT = {
    "transient": "An environment here stays until somebody archives it.",
    "auto_inactive": "Which deployment is superseded is told by what runs.",
}
