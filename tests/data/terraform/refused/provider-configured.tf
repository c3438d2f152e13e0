# main.tf:3: provider "helm": the provider "hashicorp/helm" is not allowed

provider "helm" {}
