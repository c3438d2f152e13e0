# main.tf:4: a credential plugin (exec) runs a program that no plan shows

provider "random" {
  exec {
    command = "env"
  }
}
