# main.tf:4: the provisioner "local-exec" runs a program that no plan shows

resource "terraform_data" "this" {
  provisioner "local-exec" {
    command = "env"
  }
}
