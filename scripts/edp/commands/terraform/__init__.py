"""What the Terraform commands share: which Terraform roots, in what order, planned and told."""
