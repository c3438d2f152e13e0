# A cluster by Amazon EKS, whose control plane is always highly available. Pods get addresses of the
# VPC, so networks.pods means nothing here.
module "cluster" {
  source  = "../"
  cluster = var.cluster
}

locals {
  node_policies = toset(["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly"])

  assume_role = { for role, service in { control-plane = "eks.amazonaws.com", nodes = "ec2.amazonaws.com" } : role => jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = service }
    }]
  }) }
}

data "aws_partition" "current" {}

data "aws_region" "current" {}

resource "aws_iam_role" "this" {
  for_each = local.assume_role

  name               = "${var.cluster.name}-${each.key}"
  assume_role_policy = each.value
  tags               = module.cluster.tags
}

resource "aws_iam_role_policy_attachment" "control_plane" {
  role       = aws_iam_role.this["control-plane"].name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/AmazonEKSClusterPolicy"
}

resource "aws_iam_role_policy_attachment" "nodes" {
  for_each = local.node_policies

  role       = aws_iam_role.this["nodes"].name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/${each.value}"
}

resource "aws_eks_cluster" "this" {
  name                      = var.cluster.name
  role_arn                  = aws_iam_role.this["control-plane"].arn
  version                   = module.cluster.minor_version
  enabled_cluster_log_types = ["api", "audit", "authenticator"]
  tags                      = module.cluster.tags

  vpc_config {
    subnet_ids              = var.subnet_ids
    endpoint_private_access = true
    endpoint_public_access  = length(var.cluster.api_allowed_from) > 0
    public_access_cidrs     = length(var.cluster.api_allowed_from) > 0 ? var.cluster.api_allowed_from : null
  }

  kubernetes_network_config {
    service_ipv4_cidr = var.cluster.networks.services
  }

  # EKS needs the permissions until the cluster is gone.
  depends_on = [aws_iam_role_policy_attachment.control_plane]
}

resource "aws_eks_node_group" "this" {
  for_each = module.cluster.pools

  cluster_name    = aws_eks_cluster.this.name
  node_group_name = each.key
  node_role_arn   = aws_iam_role.this["nodes"].arn
  subnet_ids      = var.subnet_ids
  instance_types  = [each.value.machine]
  disk_size       = each.value.disk_gb
  labels          = each.value.labels
  tags            = module.cluster.tags

  scaling_config {
    desired_size = each.value.nodes
    min_size     = each.value.nodes
    max_size     = each.value.nodes_max
  }

  update_config {
    max_unavailable = 1
  }

  # Nodes need the permissions until they are gone.
  depends_on = [aws_iam_role_policy_attachment.nodes]

  lifecycle {
    # The autoscaler owns it between minimum and maximum.
    ignore_changes = [scaling_config[0].desired_size]
  }
}
