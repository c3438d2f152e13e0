# main.tf:4: the data source "external" runs a program that no plan shows

check "health" {
  data "external" "this" {
    provider = random
    program  = ["env"]
  }
}
