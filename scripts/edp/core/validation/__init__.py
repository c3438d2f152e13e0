"""Whether a work tree is well-formed and consistent: all of its problems at once."""
