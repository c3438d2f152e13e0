# What is the same with every provider. The folders beside this file turn it into resources.
locals {
  tags = merge(var.cluster.tags, {
    "edp-environment" = var.cluster.environment
    "edp-managed-by"  = "terraform"
  })

  pools = {
    for name, pool in var.cluster.node_pools : name => merge(pool, {
      nodes_max = coalesce(pool.nodes_max, pool.nodes)
      scales    = coalesce(pool.nodes_max, pool.nodes) > pool.nodes
      labels    = merge(pool.labels, { "edp.io/pool" = name })
    })
  }
}
