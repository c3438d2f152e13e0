locals { one = 1 }
locals {}
resource null_resource "bare_label" {}
module "a" { source = "./a" }

// The end of a heredoc, twice in a row.
locals {
  first = [<<A
x
A
    , <<B
y
B
  ]
  nested = "a${"b${"c"}"}d"
  quoted = "{ \" } ' # // /* */"
  empty  = ""
}
