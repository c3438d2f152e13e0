"""YAML files: what Kubernetes will read in them, and edits that change one value's bytes only."""
