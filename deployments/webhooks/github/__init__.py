"""What GitHub tells: https://docs.github.com/en/webhooks ."""
