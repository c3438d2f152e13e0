mock_provider "opentelekomcloud" {}

variables {
  bucket = { name = "edp-prod-eu1-backups", environment = "prod-eu1", keep_old_versions_days = 30 }
}

run "is_private_and_keeps_versions" {
  command = plan

  assert {
    condition     = opentelekomcloud_obs_bucket.this.acl == "private" && opentelekomcloud_obs_bucket.this.versioning && !opentelekomcloud_obs_bucket.this.force_destroy
    error_message = "Nobody else reads it, and what was deleted can come back."
  }

  assert {
    condition     = one(opentelekomcloud_obs_bucket.this.lifecycle_rule[0].noncurrent_version_expiration).days == 30
    error_message = "Old versions go after 30 days."
  }
}

run "keeps_old_versions_for_ever_with_0" {
  command = plan

  variables {
    bucket = { name = "edp-prod-eu1-backups", environment = "prod-eu1", keep_old_versions_days = 0 }
  }

  assert {
    condition     = length(opentelekomcloud_obs_bucket.this.lifecycle_rule) == 0
    error_message = "0 keeps them for ever."
  }
}
