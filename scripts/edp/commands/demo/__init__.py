"""The demo: one version's way from a pull request to production, told as it happens."""
