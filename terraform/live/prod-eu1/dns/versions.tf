terraform {
  required_version = ">= 1.11.0, < 2.0.0"

  required_providers {
    opentelekomcloud = {
      source  = "opentelekomcloud/opentelekomcloud"
      version = "1.36.23"
    }
  }

  # Keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which here are those of OBS.
  backend "s3" {
    bucket       = "edp-terraform-state-prod-eu1"
    key          = "dns/terraform.tfstate"
    region       = "eu-de"
    endpoints    = { s3 = "https://obs.eu-de.otc.t-systems.com" }
    use_lockfile = true

    skip_credentials_validation = true
    skip_metadata_api_check     = true
    skip_region_validation      = true
    skip_requesting_account_id  = true
    skip_s3_checksum            = true
  }
}
