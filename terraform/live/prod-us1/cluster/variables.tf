variable "argocd_token" {
  description = "The token of Argo CD's account in this cluster, from TF_VAR_argocd_token, once there is one."
  type        = string
  default     = null
  sensitive   = true
}
