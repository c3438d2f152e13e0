"""What an Argo CD Application says about a version, and how that is judged."""
