"""The forges' way in. See docs/github-webhooks.md."""
