mock_provider "openstack" {}

variables {
  endpoint = "https://object-store.example.net"
  bucket   = { name = "edp-test-backups", environment = "test" }
}

run "keeps_versions_and_never_empties_itself" {
  command = plan

  assert {
    condition     = openstack_objectstorage_container_v1.this.versioning && !openstack_objectstorage_container_v1.this.force_destroy
    error_message = "What was deleted can come back."
  }

  assert {
    condition     = output.bucket.endpoint == "https://object-store.example.net"
    error_message = "The bucket says where it is."
  }
}

run "refuses_an_endpoint_without_tls" {
  command = plan

  variables {
    endpoint = "http://object-store.example.net"
  }

  expect_failures = [var.endpoint]
}
