"""Terraform roots: where they are, what they read, what may be done to them."""
