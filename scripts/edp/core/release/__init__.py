"""Releases: which tag belongs to which version, and what speaks against a tag."""
