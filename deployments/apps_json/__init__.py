"""`apps.json` of hubot-deploy: what it says, and what each of its keys becomes here. Pure."""
