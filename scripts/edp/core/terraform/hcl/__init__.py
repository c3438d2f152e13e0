"""Reading Terraform's two syntaxes as Terraform reads them, as far as a static look needs it."""
