# main.tf:4: the provisioner "remote-exec" runs a program that no plan shows

resource "random_id" "this" {
  provisioner "remote-exec" {
    inline = ["env"]
  }
}
